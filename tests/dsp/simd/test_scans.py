"""Scans through time against loops."""

import numba
import numpy as np

from dsp.simd import scans
from dsp.simd.lanes import splat16
from dsp.simd.memory import load16, store


@numba.njit
def windows(before, x, widest, sums):
    """Both windows of sixteen over 32 frames."""
    old, a, b = load16(before, 0), load16(x, 0), load16(x, 16)
    c, d = scans.widest_16(old, a, b)
    store(widest, 0, c)
    store(widest, 16, d)
    c, d = scans.sum_16(old, a, b)
    store(sums, 0, c)
    store(sums, 16, d)


@numba.njit
def decays(x, base, last, powers, sums, peaks, way):
    """Both decays over sixteen frames, and a ramp from 1 to 2."""
    scans.powers_of(powers, 0, base)
    store(sums, 0, scans.decay_sum(load16(x, 0), splat16(last), load16(powers, 0), powers, 0))
    store(peaks, 0, scans.decay_peak(load16(x, 0), splat16(last), powers, 0))
    store(way, 0, scans.ramp(np.float32(1.0), np.float32(2.0), 16))


def test_windows_span_sixteen_frames() -> None:
    """The widest and the sum of the last sixteen, from the frames before on."""
    x = np.random.default_rng(5).random(48).astype(np.float32)
    widest, sums = np.empty((2, 32), np.float32)
    windows(x[:16].copy(), x[16:].copy(), widest, sums)
    spans = np.lib.stride_tricks.sliding_window_view(x, 16)[1:]
    assert np.array_equal(widest, spans.max(axis=1))
    assert np.allclose(sums, spans.sum(axis=1), rtol=1e-6)


def test_decays_are_recursions() -> None:
    """Y = x + b y[-1] and y = max(x, b y[-1]), frame by frame."""
    x = np.random.default_rng(6).random(16).astype(np.float32)
    powers, sums, peaks, way = np.empty((4, 16), np.float32)
    decays(x, 0.8, np.float32(3.0), powers, sums, peaks, way)
    total = peak = 3.0
    for k, value in enumerate(x):
        total, peak = value + 0.8 * total, max(value, 0.8 * peak)
        assert np.allclose((sums[k], peaks[k]), (total, peak), rtol=1e-6)
    assert np.allclose(way, 1.0 + np.arange(17, 33) / 32, atol=1e-7)


def test_neighbours_come_from_the_frames_before() -> None:
    """Each step back fills its first lanes from the block before."""

    @numba.njit
    def back(x, before, out):
        store(out, 0, scans.back_1(load16(x, 0), load16(before, 0)))
        store(out, 16, scans.back_4(load16(x, 0), load16(before, 0)))

    x = np.arange(32, dtype=np.float32)
    out = np.empty(32, np.float32)
    back(x[16:].copy(), x[:16].copy(), out)
    assert np.array_equal(out, np.r_[x[15:31], x[12:28]])
