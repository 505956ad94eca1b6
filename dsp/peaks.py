"""The waveform pyramid: minimum, maximum and RMS of a stem at three zoom levels, gathered block by block in one pass.

A bin is six little-endian int16 (``min, max, rms`` of the left, then of the right channel) with full scale at 32767. A level is
its bins one after the other, with no header.
"""

import numpy as np
from numpy.typing import NDArray

FRAMES_PER_BIN = (256, 2_048, 16_384)
"""Frames of one bin at each level; each level is a whole multiple of the one before."""

BIN_BYTES = 12
_FULL_SCALE = 32_767

Bins = NDArray[np.float64]
"""``[bin, channel, (min, max, sum of squares)]``."""


def bins(frames: int, level: int) -> int:
    """How many bins a level of a stem has; the last one may cover fewer frames."""
    return -(-frames // FRAMES_PER_BIN[level])


class Pyramid:
    """Takes a stem in blocks of any size and leaves the bytes of its levels."""

    def __init__(self) -> None:
        self._frames = 0
        self._rest = np.empty((2, 0), np.float32)
        self._pending = [np.empty((0, 2, 3)) for _ in FRAMES_PER_BIN]
        self._done = [bytearray() for _ in FRAMES_PER_BIN]

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next block, float32 of shape ``(2, frames)``, finite."""
        self._frames += block.shape[1]
        samples = np.concatenate((self._rest, block), axis=1)
        whole = samples.shape[1] // FRAMES_PER_BIN[0] * FRAMES_PER_BIN[0]
        self._rest = samples[:, whole:].copy()
        if whole:
            self._climb(0, _measure(samples[:, :whole], FRAMES_PER_BIN[0]))

    def finish(self) -> tuple[bytes, ...]:
        """Close the last bins and return the levels, finest first."""
        if self._rest.shape[1]:
            self._climb(0, _measure(self._rest, self._rest.shape[1]))
        for level in range(1, len(FRAMES_PER_BIN)):
            self._keep_last(level)
        return tuple(bytes(level) for level in self._done)

    def _climb(self, level: int, measured: Bins) -> None:
        """Keep the bins of a level and hand whole groups of them to the level above."""
        self._done[level] += _quantise(measured, self._frames_of(level, len(measured)))
        if level + 1 == len(FRAMES_PER_BIN):
            return
        group = FRAMES_PER_BIN[level + 1] // FRAMES_PER_BIN[level]
        waiting = np.concatenate((self._pending[level + 1], measured))
        whole = len(waiting) // group
        self._pending[level + 1] = waiting[whole * group :]
        if whole:
            self._climb(level + 1, _merge(waiting[: whole * group].reshape(whole, group, 2, 3)))

    def _keep_last(self, level: int) -> None:
        waiting = self._pending[level]
        if len(waiting):
            self._pending[level] = waiting[:0]
            self._climb(level, _merge(waiting[np.newaxis]))

    def _frames_of(self, level: int, count: int) -> NDArray[np.float64]:
        """Frames in each of the next ``count`` bins: all whole, but for the stem's very last."""
        before = len(self._done[level]) // BIN_BYTES
        left = self._frames - (before + np.arange(count)) * FRAMES_PER_BIN[level]
        return np.minimum(left, FRAMES_PER_BIN[level]).astype(np.float64)


def _measure(samples: NDArray[np.float32], per_bin: int) -> Bins:
    cut = samples.reshape(2, -1, per_bin)
    squares = np.einsum("cbf,cbf->cb", cut, cut, dtype=np.float64)
    return np.stack((cut.min(axis=2), cut.max(axis=2), squares), axis=-1).transpose(1, 0, 2)


def _merge(groups: Bins) -> Bins:
    """Merge groups of bins, ``[group, bin, channel, 3]``, into one bin each."""
    return np.stack((groups[..., 0].min(axis=1), groups[..., 1].max(axis=1), groups[..., 2].sum(axis=1)), axis=-1)


def _quantise(measured: Bins, frames: NDArray[np.float64]) -> bytes:
    """Round outwards, so that a drawn waveform never hides a peak."""
    rows = np.empty(measured.shape)
    rows[..., 0] = np.floor(measured[..., 0] * _FULL_SCALE)
    rows[..., 1] = np.ceil(measured[..., 1] * _FULL_SCALE)
    rows[..., 2] = np.rint(np.sqrt(measured[..., 2] / frames[:, np.newaxis]) * _FULL_SCALE)
    return np.clip(rows, -_FULL_SCALE, _FULL_SCALE).astype("<i2").tobytes()
