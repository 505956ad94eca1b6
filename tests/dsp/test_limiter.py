"""The limiter: never above the ceiling, true peaks too, and nothing where nothing is needed."""

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dsp.grid import RATE
from dsp.layout import bus_meter
from dsp.limiter import BETWEEN

FRAMES = 9600
ON = {"master/limiter/on": 1.0, "master/limiter/ceiling_db": -1.0}
CEILING = np.float32(10 ** (-1 / 20))


def spikes(seed: int, level: float) -> Audio:
    """Noise with sudden peaks and steps."""
    random = np.random.default_rng(seed)
    stem = noise(FRAMES, seed, 0.2)
    stem[random.integers(0, FRAMES, 30)] *= level
    start = int(random.integers(0, FRAMES - 500))
    stem[start : start + 400] = level * random.choice([-1.0, 1.0], (400, 2))
    return np.clip(stem, -60, 60)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.floats(0.1, 60.0), ceiling=st.floats(-12.0, 0.0), release=st.floats(10.0, 1000.0))
def test_no_sample_is_above_the_ceiling(seed: int, level: float, ceiling: float, release: float) -> None:
    """Whatever comes in, no sample leaves above the ceiling."""
    desk = {**ON, "master/limiter/ceiling_db": ceiling, "master/limiter/release_ms": release}
    out = Console([spikes(seed, level)], desk).render(FRAMES)
    assert np.abs(out).max() <= np.float32(10 ** (ceiling / 20)) * (1 + 2e-7)


def test_the_gain_comes_down_before_the_peak_not_at_it() -> None:
    """The final clamp does no work: what leaves a lone peak is its neighbourhood turned down smoothly."""
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(FRAMES) / RATE)
    tone[5000] = 3.0
    out = Console([stereo(tone)], ON).play(FRAMES)[:, 0]
    near = np.r_[4900:5000, 5001:5100]
    gain = out[near] / tone[near]
    assert out[5000] == pytest.approx(CEILING, abs=0.03)
    assert gain[95:105].max() < 0.33
    assert np.abs(np.diff(gain[np.abs(tone[near]) > 0.05])).max() < 0.1


def test_peaks_between_the_samples_are_held_too() -> None:
    """A sine at a quarter of the rate whose samples miss its peaks by 3 dB stays below the ceiling when oversampled."""
    sine = stereo(1.2 * np.sin(np.pi / 2 * np.arange(FRAMES) + np.pi / 4))
    out = Console([sine], ON).play(FRAMES)
    over = signal.resample_poly(out[2000:-200, 0].astype(float), 8, 1)
    assert np.abs(over[400:-400]).max() < CEILING * 1.01
    assert np.abs(sine).max() < 0.86


def test_below_the_ceiling_nothing_happens() -> None:
    """Audio that never comes near the ceiling passes bit by bit, and so does audio long after a peak."""
    stem = noise(4 * FRAMES, level=0.05)
    assert np.array_equal(Console([stem], ON).play(4 * FRAMES), stem)
    stem[1000] = 2.0
    out = Console([stem], {**ON, "master/limiter/release_ms": 10.0}).play(4 * FRAMES)
    assert np.array_equal(out[-FRAMES:], stem[-FRAMES:])


def test_it_lets_go_with_its_release() -> None:
    """A release time after the hold, the reduction has fallen to 1/e."""
    level = np.full(FRAMES, 0.1)
    level[1000] = 4.0
    out = Console([stereo(level)], {**ON, "master/limiter/release_ms": 40.0}).play(FRAMES)[:, 0]
    less = 1 - out / level
    at = 1300
    assert less[at + 1920] / less[at] == pytest.approx(np.exp(-1), rel=0.02)


def test_its_meter_shows_the_reduction() -> None:
    """A steady level 6 dB above the ceiling reads 6 dB."""
    console = Console([stereo(np.full(FRAMES, 2 * CEILING))], {**ON, "master/limiter/release_ms": 10.0})
    console.play(FRAMES)
    assert console.meters[6, bus_meter("master/gain_reduction_db", 8)] == pytest.approx(6.02, abs=0.15)


def test_switching_and_moving_the_ceiling_make_no_click() -> None:
    """Switched off, on and to another ceiling in a loud tone, the level glides."""
    rows = [
        (1920, "master/limiter/on", 0.0, 15),
        (3840, "master/limiter/on", 1.0, 15),
        (6400, "master/limiter/ceiling_db", -6.0, 15),
    ]
    out = Console([stereo(np.full(FRAMES, 1.5))], ON, events=events(rows)).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out[200:])).max() < 0.02
    assert np.array_equal(out[2500:3600], np.full(1100, 1.5, np.float32))
    assert out[8000:].max() <= np.float32(10 ** (-6 / 20)) * (1 + 2e-7)


def test_the_detector_cannot_see_more_than_its_bound() -> None:
    """The shortcut for quiet tiles rests on the taps' sum staying below 2.2."""
    assert np.abs(BETWEEN).sum(axis=1).max() < 2.2
    assert np.allclose(BETWEEN.sum(axis=1), 1.0, atol=1e-4)
