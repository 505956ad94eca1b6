"""Shuffles of stereo pairs against numpy."""

import numba
import numpy as np

from dsp.routing import pairs
from dsp.simd.memory import load16, store


@numba.njit
def turned(tracks, frames):
    """Transpose eight tracks' sixteen floats."""
    rows = pairs.transposed(
        load16(tracks, 0), load16(tracks, 16), load16(tracks, 32), load16(tracks, 48),
        load16(tracks, 64), load16(tracks, 80), load16(tracks, 96), load16(tracks, 112),
    )  # fmt: skip
    k = 0
    for row in rows:
        store(frames, k, row)
        k += 16


@numba.njit
def totals(frames, total, other):
    """Sum eight frames of eight tracks; and swap the sides of the first."""
    store(total, 0, pairs.summed(
        load16(frames, 0), load16(frames, 16), load16(frames, 32), load16(frames, 48),
        load16(frames, 64), load16(frames, 80), load16(frames, 96), load16(frames, 112),
    ))  # fmt: skip
    store(other, 0, pairs.swapped(load16(frames, 0), load16(frames, 0)))


def test_tracks_become_frames() -> None:
    """Frame k holds the k-th pair of every track, in the order of the tracks."""
    tracks, frames = np.arange(128, dtype=np.float32), np.empty(128, np.float32)
    turned(tracks, frames)
    assert np.array_equal(frames.reshape(8, 8, 2), tracks.reshape(8, 8, 2).transpose(1, 0, 2))


def test_frames_are_summed_in_one_order_and_sides_change_places() -> None:
    """Every frame's tracks add up, by the same tree of additions: equal frames have equal sums, bit for bit."""
    frames = np.random.default_rng(1).standard_normal(128).astype(np.float32)
    total, other = np.empty((2, 16), np.float32)
    totals(frames, total, other)
    assert np.allclose(total.reshape(8, 2), frames.reshape(8, 8, 2).sum(axis=1), rtol=0, atol=1e-5)
    assert np.array_equal(other.reshape(8, 2), frames[:16].reshape(8, 2)[:, ::-1])
    totals(np.tile(frames[:16], 8), total, other)
    assert np.array_equal(total.reshape(8, 2), np.tile(total[:2], (8, 1)))
