"""Long audio looked at through short windows, a few at a time: what every analysis of spectra reads, in bounded memory.

Audio is float32 of shape ``(frames, 2)``: an array, or a file of which only what is looked at is read.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]
Line = NDArray[np.float64]


class Audio(Protocol):
    """Frames that can be counted and cut."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, frames: slice, /) -> Block:
        """Some of them, ``(frames, 2)``; no steps."""
        ...


HOP = 480
"""Frames of one step of an envelope: 10 ms."""

_STEPS = 4_096


def powers(audio: Audio, hop: int = HOP) -> Line:
    """Mean power of both channels in each step of ``hop`` frames; the last one may be shorter and counts as whole."""
    found = [np.zeros(0)]
    for at in range(0, len(audio), hop * _STEPS):
        piece = np.asarray(audio[at : at + hop * _STEPS], np.float64)
        square = np.einsum("fc,fc->f", piece, piece) / 2
        missing = -len(square) % hop
        found.append(np.pad(square, (0, missing)).reshape(-1, hop).mean(axis=1))
    return np.concatenate(found)


def framed(audio: Audio, starts: NDArray[np.int64], size: int) -> Iterator[Line]:
    """Windows of ``size`` frames from each start, shape ``(2, size)``; what lies outside the audio is silence."""
    for start in starts:
        low, high = max(0, int(start)), min(len(audio), int(start) + size)
        window = np.zeros((2, size))
        if high > low:
            window[:, low - start : high - start] = audio[low:high].T
        yield window


def loud_starts(power: Line, size: int, hop: int, most: int, quieter_db: float = 50.0) -> NDArray[np.int64]:
    """Where windows of ``size`` frames begin that hold something (within ``quieter_db`` of the loudest), at most ``most``.

    ``power`` is that of steps of ``HOP`` frames; windows begin ``hop`` frames apart, or evenly farther where there are too many.
    """
    sums = np.concatenate(([0.0], np.cumsum(power)))
    firsts = np.arange(0, max(1, len(power) - size // HOP + 1), max(1, hop // HOP))
    held = sums[np.minimum(firsts + size // HOP, len(power))] - sums[firsts]
    firsts = firsts[held > held.max(initial=0.0) * 10 ** (-quieter_db / 10)]
    if len(firsts) > most:
        firsts = firsts[np.linspace(0, len(firsts) - 1, most).round().astype(int)]
    return np.asarray(firsts * HOP, np.int64)
