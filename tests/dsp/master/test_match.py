"""The match stage against scipy's filters in float64."""

import itertools

import numpy as np
from helpers.console import Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dsp.desk.catalogue import MATCH_HZ
from dsp.grid import RATE, TILE
from dsp.master.match import Q

FRAMES = 9600
ON = {"master/match/on": 1.0}
GAINS = st.lists(st.floats(-12.0, 12.0), min_size=len(MATCH_HZ), max_size=len(MATCH_HZ))


def of_gains(gains: list[float]) -> dict[str, float]:
    """The stage's bells."""
    return {f"master/match/gain/{bell}": gain for bell, gain in enumerate(gains, 1)}


def bells(gains: list[float]) -> np.ndarray:
    """RBJ's bells in their own form, float64."""
    w, gain = 2 * np.pi * np.array(MATCH_HZ) / RATE, 10 ** (np.array(gains) / 40)
    alpha, c = np.sin(w) / (2 * Q), np.cos(w)
    rows = np.array([1 + alpha * gain, -2 * c, 1 - alpha * gain, 1 + alpha / gain, -2 * c, 1 - alpha / gain]).T
    return np.ascontiguousarray(rows / rows[:, 3:4])


@settings(max_examples=40, deadline=None)
@given(gains=GAINS, strength=st.floats(0.0, 1.0), width=st.floats(0.5, 2.0), level=st.floats(-12.0, 12.0))
def test_it_is_twelve_bells_a_width_and_a_level(gains: list[float], strength: float, width: float, level: float) -> None:
    """Whatever it is set to, it errs below -100 dB of what it puts out; strength scales decibels, and the width's exponent."""
    stem = noise(FRAMES)
    desk = {
        **ON,
        **of_gains(gains),
        "master/match/strength": strength,
        "master/match/width": width,
        "master/match/level_db": level,
    }
    y = signal.sosfilt(bells([strength * gain for gain in gains]), stem.astype(float), axis=0)
    middle, side = y.mean(axis=1, keepdims=True), (y[:, :1] - y[:, 1:]) / 2 * width**strength
    reference = 10 ** (level * strength / 20) * np.concatenate([middle + side, middle - side], axis=1)
    out = Console([stem], desk).play(FRAMES)
    assert np.abs(out - reference).max() < 1e-5 * np.abs(reference).max()


def test_a_low_tone_keeps_its_precision() -> None:
    """A sine at 30 Hz through bells at full lift and cut errs below -100 dB."""
    stem = stereo(0.2 * np.sin(2 * np.pi * 30 * np.arange(2 * RATE) / RATE))
    gains = [12.0, -12.0] * 6
    reference = signal.sosfilt(bells(gains), stem.astype(float), axis=0)
    out = Console([stem], {**ON, **of_gains(gains)}).play(2 * RATE)
    assert np.abs(out - reference).max() < 1e-5 * np.abs(reference).max()


@settings(max_examples=10, deadline=None)
@given(cuts=st.sets(st.integers(1, FRAMES // TILE - 1), max_size=40))
def test_nothing_is_in_flight_between_tiles(cuts: set[int]) -> None:
    """Rendered in pieces, while gains glide, it is the same bits."""
    desk = {**ON, **of_gains([6.0, -6.0] * 6)}
    moves = events([(TILE * k, f"master/match/gain/{k % 12 + 1}", 0.5 * k - 9, 30) for k in range(0, 60, 7)])
    whole = Console([noise(FRAMES)], desk, events=moves).render(FRAMES)
    edges = [0, *sorted(cuts), FRAMES // TILE]
    pieces = ((b - a) * TILE for a, b in itertools.pairwise(edges))
    assert np.array_equal(whole, Console([noise(FRAMES)], desk, events=moves).render_in(pieces))


def test_off_it_leaves_every_bit_alone() -> None:
    """Off, or on at no strength, nothing changes (on: but for rounding)."""
    stem, gains = noise(FRAMES), of_gains([9.0] * 12)
    assert np.array_equal(Console([stem], gains).play(FRAMES), stem)
    assert np.allclose(Console([stem], {**ON, **gains, "master/match/strength": 0.0}).play(FRAMES), stem, rtol=0, atol=1e-6)


def test_moving_its_gains_and_its_strength_makes_no_click() -> None:
    """While a gain goes from one end to the other, or the strength, a tone's second difference stays near the steady one."""
    tone = stereo(0.25 * np.sin(2 * np.pi * 1000 * np.arange(2 * FRAMES) / RATE))
    for path, value, tiles in (("master/match/gain/6", 12.0, 30), ("master/match/strength", 1.0, 15)):
        desk = {**ON, **of_gains([-12.0 if "gain" in path else 6.0] * 12), "master/match/strength": float("gain" in path)}
        bend = np.abs(np.diff(Console([tone], desk, events=events([(FRAMES, path, value, tiles)])).play(2 * FRAMES), 2, axis=0))
        assert bend[480:].max() < 3 * max(bend[480:4800].max(), bend[-4800:-480].max())


def test_switched_off_it_forgets() -> None:
    """Switched off and on again, it plays like one that was never on."""
    stem, gains = noise(FRAMES), of_gains([9.0, -9.0] * 6)
    twice = [(0, "master/match/on", 1.0, 15), (1920, "master/match/on", 0.0, 15), (4800, "master/match/on", 1.0, 15)]
    again = Console([stem], gains, events=events(twice)).render(FRAMES)
    once = Console([stem], gains, events=events(twice[2:])).render(FRAMES)
    assert np.array_equal(again[4800:], once[4800:])
