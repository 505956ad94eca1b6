"""What the shipped presets promise, held on the demo song: loudness, and peaks."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from helpers.demo_song import context_over, guest_of, play, samples

from config.presets import Preset, load_presets
from dsp.desk.intensity import at_intensity
from dsp.desk.mix import Mix
from dsp.desk.parameter import Value
from dsp.metering.loudness import Loudness, Meter

PRESETS = load_presets()
Measure = Callable[[Mix], Loudness]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def demo(demo_folder: Path) -> AsyncIterator[tuple[Mix, Measure]]:
    """The demo's mix, and what plays and measures any mix of its stems."""
    context = context_over(demo_folder)
    mix, rows = await guest_of(context, "wpresets")
    audio = samples(context, rows)

    def measured(mix: Mix) -> Loudness:
        meter = Meter()
        meter.feed(play(mix, audio))
        return meter.result()

    yield mix, measured
    await context.database.aclose()


def put(mix: Mix, strip: str, values: dict[str, Value]) -> Mix:
    """Set parameters of a strip."""
    for name, value in values.items():
        mix = mix.set(f"{strip}/{name}", value)
    return mix


def wearing(mix: Mix, preset: Preset) -> tuple[Mix, Mix]:
    """The mix without and with a preset: a strip's on the track of its role, alone and without the limiter."""
    if preset.scope == "track":
        strip = f"tracks/{next(track.id for track in mix.tracks if track.role == preset.role)}"
        mix = mix.set(f"{strip}/solo", True).set("master/limiter/on", False)
        without = put(mix, strip, at_intensity("track", {}, 1.0))
    else:
        strip = "master" if preset.scope == "master" else f"effects/{preset.scope}"
        without = mix if preset.scope == "master" else mix.set(f"{strip}/return_db", -90.0)
    scope = mix.scope_of(strip)
    return without, put(mix, strip, at_intensity(scope, preset.params, 1.0))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.id)
async def test_a_preset_keeps_its_promise(demo: tuple[Mix, Measure], preset: Preset) -> None:
    """On the demo song, loudness lies in the stated range and no true peak above the stated level."""
    mix, measured = demo
    without, worn = wearing(mix, preset)
    heard = measured(worn)
    assert heard.true_peak_dbtp <= preset.peak_dbtp
    if preset.loudness_lufs is not None:
        assert preset.loudness_lufs[0] <= heard.integrated_lufs <= preset.loudness_lufs[1]
    if preset.change_lu is not None:
        change = heard.integrated_lufs - measured(without).integrated_lufs
        assert preset.change_lu[0] <= change <= preset.change_lu[1]
