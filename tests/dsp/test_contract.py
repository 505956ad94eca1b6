"""What every processor of the catalogue must keep, whoever wrote it; the list comes from the catalogue."""

import copy
import hashlib
import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from helpers.stages import ENGINE, LANES, PROCESSORS, SWITCHED, glide_tiles, path_of, stage
from scipy import signal

from dsp.desk.parameter import Parameter
from dsp.desk.params import engine_size
from dsp.grid import LATENCY, QUANTUM, RATE, TILE
from dsp.slot.layout import HEAD, fresh

FRAMES = 10 * QUANTUM
STEMS = [noise(FRAMES, seed, 0.3) for seed in range(8)]
SILENCE = np.zeros((FRAMES, 2), np.float32)
each = pytest.mark.parametrize("name", PROCESSORS)


def console(name: str, stems: list[Audio] = STEMS) -> Console:
    """A desk on which only this processor is at work."""
    return Console(stems, PROCESSORS[name])


def cuts() -> list[list[int]]:
    """The span in equal pieces of several lengths (the last one shorter), and in random ones."""
    equal = [[min(size, FRAMES - at) for at in range(0, FRAMES, size)] for size in (32, 64, 96, 480, 960, 8192)]
    edges = np.sort(np.random.default_rng(5).choice(np.arange(1, FRAMES // TILE), 25, replace=False)) * TILE
    return [*equal, [int(b - a) for a, b in itertools.pairwise([0, *edges, FRAMES])]]


@each
def test_any_split_at_tiles_gives_identical_bits(name: str) -> None:
    """Audio, meters and slot are the same in one call and in calls of 32, 64, 96, 480, 960, 8192 or random frames."""
    whole = console(name)
    out = whole.render(FRAMES)
    for pieces in cuts():
        cut = console(name)
        assert np.array_equal(cut.render_in(pieces), out)
        assert np.array_equal(cut.meters, whole.meters)
        assert np.array_equal(cut.state64, whole.state64)
        assert np.array_equal(cut.state32, whole.state32)


@each
def test_silence_in_is_silence_out(name: str) -> None:
    """Nothing makes a sound of its own."""
    assert not console(name, [SILENCE] * 8).render(FRAMES).any()


@each
def test_reset_equals_fresh(name: str) -> None:
    """A used slot that is made fresh plays like a new one."""
    new, used = console(name), console(name)
    values = used.state64[HEAD : HEAD + engine_size(8)].copy()
    used.render(FRAMES)
    fresh(8, used.state64, used.state32, values)
    used.frame = 0
    assert np.array_equal(used.render(FRAMES), new.render(FRAMES))


@each
def test_a_slot_copied_equals_the_original_s_future(name: str) -> None:
    """From a copy of the slot the future is the same bits, audio and meters, and does not disturb the original."""
    one = console(name)
    one.render(4 * QUANTUM + TILE)
    other = copy.deepcopy(one)
    future = other.render(5 * QUANTUM)
    assert np.array_equal(one.render(5 * QUANTUM), future)
    assert np.array_equal(one.meters, other.meters)


@each
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_survive_a_chunk(name: str, bad: float) -> None:
    """Stems that are no numbers here and there leave no trace: neither in the audio nor in the slot."""
    broken = [stem.copy() for stem in STEMS]
    for stem in broken:
        stem[200:1200:3] = bad
    desk = console(name, broken)
    assert np.isfinite(desk.render(QUANTUM)).all()
    assert np.isfinite(desk.state64).all()
    assert np.isfinite(desk.state32).all()
    assert np.isfinite(desk.render(FRAMES - QUANTUM)).all()


@each
def test_no_denormal_is_left_after_a_tail(name: str) -> None:
    """Two seconds after the last sound nothing in the slot is so small that a CPU would stumble over it."""
    desk = console(name)
    desk.render(FRAMES + 2 * RATE)
    for state in (desk.state32, desk.state64):
        assert not ((state != 0) & (np.abs(state) < np.finfo(state.dtype).tiny)).any()


def measured_delay(settings: dict[str, float]) -> float:
    """Frames from input to output: the peak of the cross-correlation of noise from 10 to 14 kHz, to a fraction."""
    band = signal.sosfiltfilt(signal.butter(4, (10_000, 14_000), "band", fs=RATE, output="sos"), noise(FRAMES, 3, 0.2)[:, 0])
    stem = stereo(band)
    both = signal.correlate(Console([stem], settings).render(FRAMES)[:, 0].astype(float), stem[:, 0].astype(float), method="fft")
    peak = int(np.argmax(both))
    before, top, after = both[peak - 1 : peak + 2]
    return float(peak - (FRAMES - 1) + (before - after) / (2 * (before - 2 * top + after)))


CLEAR = {
    "highpass/frequency_hz": 20.0, "lowpass/frequency_hz": 20_000.0,
    "multiband/crossover/1_hz": 40.0, "multiband/crossover/2_hz": 400.0, "multiband/crossover/3_hz": 2000.0,
}  # fmt: skip
"""A filter turns phases where it cuts: its delay is measured far from there."""


@pytest.mark.parametrize(("scope", "name"), SWITCHED)
def test_the_latency_is_the_declared_one_on_and_off(scope: str, name: str) -> None:
    """With a stage on (at rest otherwise) and off, the output lags the input by LATENCY, to half a frame."""
    settings = {path: CLEAR.get(path.split("/", 1)[1], value) for path, value in stage(scope, name, at_work=False).items()}
    off = {path: 0.0 if path.endswith(f"{name}/on") else value for path, value in settings.items()}
    assert measured_delay(settings) == pytest.approx(LATENCY, abs=0.5)
    assert measured_delay(off) == pytest.approx(LATENCY, abs=0.02)


def bends(plane: Audio) -> float:
    """The largest second difference: what a click sticks out of."""
    return float(np.abs(np.diff(plane.astype(float), 2, axis=0)).max())


CHOSEN = [row for row in ENGINE if row.is_switch or row.choices]


@pytest.mark.parametrize("row", CHOSEN, ids=lambda row: f"{row.scope} {row.name}")
def test_switching_anything_makes_no_click(row: Parameter) -> None:
    """There and back during a steady tone, no second difference exceeds five times the steady ones (a compressor's make-up before
    its attack comes to 3.5, a band that passes through all shapes to 4.2; a step of a tenth of the tone would be 15).
    """
    name = row.name.split("/")[0] if "/" in row.name else ""
    settings = stage(row.scope, name) if name else {}
    there, back = float(len(row.choices) - 1 if row.choices else 1), 0.0
    tone, length = stereo(0.25 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)), glide_tiles(row)
    stems = [tone if lane in LANES else np.zeros_like(tone) for lane in range(8)]
    rows = [(at, path_of(row, lane), value, length) for at, value in ((QUANTUM * 20, there), (QUANTUM * 35, back))
            for lane in (LANES if row.scope == "track" else LANES[:1])]  # fmt: skip
    first = {path: back for _, path, value, _ in rows if value == there}
    out = Console(stems, {**settings, **first}, events=events(rows)).play(RATE - LATENCY)
    steady = max(bends(out[QUANTUM * start : QUANTUM * (start + 4)]) for start in (15, 30, 44))
    assert bends(out[QUANTUM * 15 :]) < 5 * steady


def digests() -> dict[str, str]:
    """A hash of the audio, the meters and the slot of every processor."""
    found = {}
    for name in PROCESSORS:
        desk = console(name)
        parts = (desk.render(FRAMES), desk.meters, desk.state32, desk.state64)
        found[name] = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    return found


def test_another_cpu_gives_identical_bits() -> None:
    """Machine code for AVX2 and this machine's own agree for every processor."""
    code = (
        "import json, sys; sys.path[:0] = ['.', 'tests', 'tests/dsp']; import test_contract as t; print(json.dumps(t.digests()))"
    )
    environment = {**os.environ, "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+popcnt,+sse4.2"}
    child = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, timeout=900)
    assert json.loads(child.stdout) == digests()
