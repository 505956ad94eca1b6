"""K-weighting against the recommendation's own coefficients and a plain float64 filter."""

import numpy as np
import pytest
from numba import float32, float64, int64, njit, void
from scipy.signal import lfilter

from dsp.metering.weighting import k_weighting, weigh
from dsp.slot.layout import HEAD, STEP_POWER

SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
HIGHPASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)
"""BS.1770-5, Annex 1, tables 1 and 2: b and a for 48 kHz."""
LATE = 8
"""Frames by which what leaves the lanes is late."""


@njit(void(float64[::1], float64[::1], float32[::1], int64, int64))
def run(state64, weights, audio, at, frames):
    """Weigh some frames."""
    weigh(state64, weights, audio, at, frames)


def power(audio, pieces, rate=48_000):
    """Weighted power of left and right together, weighed in pieces of so many frames."""
    state64, weights = np.zeros(HEAD), k_weighting(rate)
    audio = np.ascontiguousarray(np.concatenate((audio, np.zeros((LATE, 2)))), np.float32).reshape(-1)
    at = 0
    while at < len(audio):
        frames = min(pieces, (len(audio) - at) // 2)
        run(state64, weights, audio, at, frames)
        at += 2 * frames
    return state64[STEP_POWER + 4 : STEP_POWER + 8].sum() * weights[-1]


def expected(audio):
    """The same by two plain filters."""
    weighted = audio.astype(np.float32).astype(np.float64)
    for b, a in (SHELF, HIGHPASS):
        weighted = lfilter(b, a, weighted, axis=0)
    return (weighted**2).sum()


@pytest.mark.parametrize("hz", [10.0, 25.0, 100.0, 997.0, 3_000.0, 12_000.0, 21_000.0])
def test_the_response_is_the_recommendations(hz: float) -> None:
    """Sines across the band and below it weigh what the tables' filters make of them, within 1e-7."""
    n = np.arange(24_000)
    audio = np.stack([np.sin(2 * np.pi * hz * n / 48_000), 0.3 * np.cos(2 * np.pi * hz * n / 48_000)], axis=1)
    assert power(audio, 32) == pytest.approx(expected(audio), rel=1e-7)


def test_a_constant_weighs_nothing_after_a_while() -> None:
    """The high-pass takes an offset away, to the last digits of float64."""
    offset = np.full((96_000, 2), 0.5)
    assert power(offset, 32) == pytest.approx(expected(offset), rel=1e-6)


@pytest.mark.parametrize("pieces", [2, 30, 32, 96, 442, 4_800])
def test_pieces_weigh_the_same(pieces: int) -> None:
    """However the frames come, the power is the same number."""
    audio = np.random.default_rng(3).standard_normal((4_800, 2))
    assert power(audio, pieces) == power(audio, 4_808)


@pytest.mark.parametrize("rate", [44_100, 88_200, 96_000, 192_000])
def test_other_rates_have_the_same_response(rate: int) -> None:
    """Within 0.02 dB up to 5 kHz of the response at 48 kHz."""
    for hz in (30.0, 100.0, 1_000.0, 5_000.0):
        there, here = (
            power(np.tile(np.sin(2 * np.pi * hz * np.arange(r) / r)[:, None], 2), 4_000, r) / r for r in (rate, 48_000)
        )
        assert 10.0 * np.log10(there / here) == pytest.approx(0.0, abs=0.02)
