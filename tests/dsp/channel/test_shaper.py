"""The waveshaper's curve and filters."""

import numba
import numpy as np
from scipy import signal

from dsp.channel.shaper import END, HALF, HISTORY, LOWPASS, SCALE, SOFT, bent, difference, point
from dsp.grid import TILE
from dsp.simd.lanes import splat16
from dsp.simd.memory import store


@numba.njit
def differences(a, b, out):
    """The difference between each of two arrays' points, in units of the curve."""
    for i in range(len(a)):
        store(out, 16 * i, difference(point(splat16(a[i]), True), point(splat16(b[i]), True)))


@numba.njit
def bent_both_ways(z, out):
    """The differences of two tiles, with clamps and without."""
    bent(z, out[0], out[1], 1, True)
    bent(z, out[2], out[3], 1, False)


def curve(z: np.ndarray) -> np.ndarray:
    """The curve as its docstring has it."""
    z = np.clip(z, -1.0, 1.0)
    return z - z**3 + 0.6 * z**5 - z**7 / 7


def test_a_chord_is_the_mean_of_the_curve_between_its_ends() -> None:
    """Against 2,000 points along the way, from rest to far beyond the flat part, where clamped ends are what is meant."""
    rng = np.random.default_rng(1)
    a, b = rng.uniform(-1.5, 1.5, (2, 200)).astype(np.float32)
    out = np.empty(16 * 200, np.float32)
    differences(a * np.float32(END), b * np.float32(END), out)
    c, d = np.clip(a, -1, 1).astype(float), np.clip(b, -1, 1).astype(float)
    mean = curve(c + (d - c) * (np.arange(2000)[:, None] + 0.5) / 2000).mean(axis=0)
    assert np.allclose(out[::16] / SCALE, mean - (a.astype(float) + b) / 2, rtol=0, atol=2e-7)


def test_the_slope_is_one_at_rest_and_nothing_where_it_is_flat() -> None:
    """Two equal points give the curve itself."""
    z = np.array([0.0, 1e-3, 0.5, 1.0, 7.0], np.float32)
    out = np.empty(16 * len(z), np.float32)
    differences(z * np.float32(END), z * np.float32(END), out)
    assert np.allclose(out[::16] / SCALE, curve(z.astype(float)) - z, rtol=1e-6, atol=1e-9)
    assert abs(out[16] / SCALE) < 1.1e-9


def decibels(taps: np.ndarray, hertz: np.ndarray, rate: float) -> np.ndarray:
    """What pairs of taps, nearest first, do to a frequency."""
    _, response = signal.freqz(np.r_[taps[::-1], taps].astype(float), worN=hertz, fs=rate)
    return 20 * np.log10(np.abs(response) + 1e-12)


def test_points_between_frames_are_exact_to_16_khz() -> None:
    """Within 0.02 dB; at DC nothing is lost."""
    assert np.abs(decibels(HALF, np.linspace(0, 16_000, 200), 48_000.0)).max() < 0.02
    assert abs(2 * HALF.astype(float).sum() - 1) < 1e-6


def test_the_way_back_keeps_what_is_heard_and_nothing_else() -> None:
    """With the chords' own fall flat to 16 kHz within 0.25 dB, and below -59 dB from 25 kHz on."""
    passed, stopped = np.linspace(0, 16_000, 200), np.linspace(25_000, 47_900, 400)
    fall = 20 * np.log10(np.cos(np.pi * passed / 96_000))
    assert np.abs(decibels(LOWPASS, passed, 96_000.0) + fall).max() < 0.25
    assert decibels(LOWPASS, stopped, 96_000.0).max() < -59
    assert abs(2 * LOWPASS.astype(float).sum() - 1) < 1e-6


def test_soft_signals_need_no_clamps() -> None:
    """Within ``SOFT`` of rest nothing lies beyond the end, even between the worst of frames: the same bits without clamps."""
    assert 2 * np.abs(HALF).sum() * SOFT < END
    z = (SOFT * np.random.default_rng(2).choice([-1.0, -0.7, 0.1, 1.0], 2 * TILE)).astype(np.float32)
    out = np.zeros((4, TILE + HISTORY), np.float32)
    bent_both_ways(z, out)
    assert np.array_equal(out[:2], out[2:])
    assert np.abs(out[:2, HISTORY:]).max() > 0.01
