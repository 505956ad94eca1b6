"""The gate against a plain float64 one that follows its definition step by step."""

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from helpers.dynamics import gating, peak_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import RATE

FRAMES = 19_200
NAMES = ("threshold_db", "ratio", "range_db", "attack_ms", "hold_ms", "release_ms")


def gated(*values: float, **more: float) -> dict[str, float]:
    """A desk with a gate on track 0: threshold, ratio, range, attack, hold, release."""
    rows = {"on": 1.0, **dict(zip(NAMES, values, strict=False)), **more}
    return {f"0/gate/{name}": value for name, value in rows.items()}


def stairs(seed: int) -> Audio:
    """Spans of 1 to 100 ms at whole decibels between -70 and 0, with signs of noise: no level lies close to a threshold."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(24, 2400, 200) * 2
    decibels = np.repeat(rng.integers(-70, 1, 200), lengths)[:FRAMES]
    return (10.0 ** (decibels[:, None] / 20) * rng.choice([-1.0, 1.0], (FRAMES, 2))).astype(np.float32)


def steps(loud: float, quiet: float, at: int) -> Audio:
    """A level in dB, and another one from a frame on."""
    return stereo(10.0 ** (np.where(np.arange(FRAMES) < at, loud, quiet) / 20))


def decibels(out: Audio, stem: Audio) -> np.ndarray:
    """By how much every frame was turned down."""
    return -20 * np.log10(np.abs(out[:, 0].astype(float)) / np.abs(stem[:, 0]))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000), threshold=st.integers(-80, -1).map(lambda whole: whole + 0.5), ratio=st.floats(1.0, 20.0),
    most=st.floats(0.0, 80.0), attack=st.floats(0.05, 100.0), hold=st.integers(0, 1000), release=st.floats(5.0, 2000.0),
)  # fmt: skip
def test_it_follows_its_definition(
    seed: int, threshold: float, ratio: float, most: float, attack: float, hold: int, release: float
) -> None:
    """Over the whole range of its parameters the gain is within 0.01 dB, and the error below -80 dB of the input."""
    stem, rows = stairs(seed), (threshold, ratio, most, attack, float(hold), release)
    want = stem * 10 ** (-gating(peak_levels(stem), *rows)[:, None] / 20)
    out = Console([stem], gated(*rows)).play(FRAMES)
    assert np.allclose(out, want, rtol=1.2e-3, atol=1e-7)
    assert np.abs(out - want).max() < 1e-4 * np.abs(stem).max()


@pytest.mark.parametrize(("level", "less"), [(-30.0, 0.0), (-40.0, 0.0), (-42.0, 6.0), (-50.0, 30.0), (-60.0, 36.0)])
def test_a_steady_level_ends_at_the_static_curve(level: float, less: float) -> None:
    """4:1 below -40 dB: every dB that is missing costs three more, 36 at most."""
    stem = steps(level + 1e-3, level + 1e-3, 0)
    out = Console([stem], gated(-40.0, 4.0, 36.0, 1.0, 0.0, 5.0)).play(FRAMES)
    assert decibels(out, stem)[-1] == pytest.approx(less, abs=0.01)


def test_release_is_the_time_constant_of_closing() -> None:
    """After one release time 63.2 % of the range is reached, in dB."""
    stem = steps(-20.0, -60.0, 4800)
    less = decibels(Console([stem], gated(-40.0, 20.0, 40.0, 1.0, 0.0, 50.0)).play(FRAMES), stem)
    assert less[4799] == 0.0
    assert less[4800 + 2400 - 1] == pytest.approx(40 * (1 - np.exp(-1)), abs=0.1)


def test_attack_is_the_time_constant_of_opening() -> None:
    """After one attack time 36.8 % of the range is left."""
    stem = steps(-60.0, -20.0, 9600)
    less = decibels(Console([stem], gated(-40.0, 20.0, 40.0, 5.0, 0.0, 5.0)).play(FRAMES), stem)
    assert less[9599] == pytest.approx(40.0, abs=0.01)
    assert less[9600 + 240 - 1] == pytest.approx(40 * np.exp(-1), abs=0.1)


@pytest.mark.parametrize("hold_ms", [0.0, 10.0, 100.0])
def test_hold_keeps_it_open(hold_ms: float) -> None:
    """Not a bit changes until the hold has run from the last loud frame; then it closes."""
    stem = steps(-20.0, -60.0, 4800)
    out = Console([stem], gated(-40.0, 10.0, 40.0, 1.0, hold_ms, 5.0)).play(FRAMES)
    closes = 4800 + round(hold_ms * RATE / 1000)
    assert np.array_equal(out[:closes], stem[:closes])
    assert np.all(np.abs(out[closes : closes + 240]) < np.abs(stem[closes : closes + 240]))


def test_left_and_right_are_turned_down_together() -> None:
    """A loud left channel keeps the gate open for a quiet right one."""
    stem = np.stack([np.full(FRAMES, 0.5), np.full(FRAMES, 0.0001)], axis=1).astype(np.float32)
    assert np.array_equal(Console([stem], gated(-40.0)).play(FRAMES), stem)


def test_no_ratio_and_no_range_leave_the_samples_alone() -> None:
    """At 1:1, and with a range of 0 dB, not a bit changes."""
    stem = noise(FRAMES, level=0.01)
    for desk in (gated(-10.0, 1.0), gated(-10.0, 10.0, 0.0)):
        assert np.array_equal(Console([stem], desk).play(FRAMES), stem)


def test_switching_makes_no_click() -> None:
    """Switched on and off during a quiet tone the level glides, and off it is the input again."""
    level = stereo(np.full(FRAMES, 0.001))
    switch = events([(4800, "0/gate/on", 1.0, 15), (12_800, "0/gate/on", 0.0, 15)])
    out = Console([level], gated(-20.0, attack_ms=0.05, hold_ms=0.0, release_ms=50.0, on=0.0), events=switch).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 0.00001
    assert out[12_000] < 0.00002
    assert np.array_equal(out[:4600], level[:4600, 0])
    assert np.array_equal(out[13_600:], level[13_600:, 0])


def test_switched_off_it_forgets_its_hold() -> None:
    """Off and on again it starts closed for what is quiet: the hold of before is gone."""
    stem = steps(-20.0, -60.0, 2400)
    switch = events([(4800, "0/gate/on", 0.0, 1), (6400, "0/gate/on", 1.0, 1)])
    out = Console([stem], gated(-40.0, 10.0, 40.0, 1.0, 1000.0, 5.0), events=switch).play(FRAMES)
    assert np.array_equal(out[:6000], stem[:6000])
    assert decibels(out, stem)[9600] > 39


def test_it_hears_what_the_high_pass_leaves() -> None:
    """Rumble alone does not open it, though it is above the threshold before the high-pass."""
    rumble = stereo(0.1 * np.sin(2 * np.pi * 20 * np.arange(FRAMES) / RATE))
    cut = {"0/highpass/on": 1.0, "0/highpass/frequency_hz": 500.0}
    plain = Console([rumble], cut).play(FRAMES)
    out = Console([rumble], {**cut, **gated(-40.0, 10.0, 40.0, 1.0, 0.0, 5.0)}).play(FRAMES)
    assert np.abs(out[4800:]).max() < 0.02 * np.abs(plain[4800:]).max()
