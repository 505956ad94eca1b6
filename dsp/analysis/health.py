"""What is wrong with a recording: DC, clipping, a dead or inverted side, what is lost in mono. One pass, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dsp.analysis.windows import Audio, Line

WINDOW = 4_800
"""Frames (100 ms) of which each has a correlation of its own."""

_BLOCK = 100 * WINDOW
_FULL = 0.9999
_RUN = 3
"""So many frames in a row at full scale are a clipped peak, not a high one."""
_SILENT = 1e-7
"""Mean power (-70 dB) below which a window says nothing about phase."""


@dataclass(frozen=True, slots=True)
class Health:
    """Levels are linear where no unit is named.

    ``correlation`` of left and right over all, from -1 to 1 (0 where one side is silent); ``negative``: the share of the time
    (where there is sound) in which it is below 0; ``mono_db``: by how much the level falls when both sides are added and halved
    (0 for mono, -3 for two strangers); ``clipped``: frames in runs at full scale; ``powers``: mean power of each side.
    """

    peak: float
    powers: tuple[float, float]
    dc: tuple[float, float]
    correlation: float
    negative: float
    mono_db: float
    clipped: int


class _Sums:
    """Sums over all blocks."""

    def __init__(self) -> None:
        self.frames, self.peak, self.clipped = 0, 0.0, 0
        self.total, self.square = np.zeros(2), np.zeros(2)
        self.product = 0.0
        self.sounding, self.negative = 0, 0
        self._run = np.zeros(2, int)

    def add(self, block: Line) -> None:
        """Take a block ``(frames, 2)``."""
        self.frames += len(block)
        self.peak = max(self.peak, float(np.abs(block).max()))
        self.total += block.sum(axis=0)
        self.square += np.einsum("fc,fc->c", block, block)
        products = block[:, 0] * block[:, 1]
        self.product += float(products.sum())
        self._windows(products, np.einsum("fc,fc->f", block, block))
        for side in range(2):
            self._clipped(np.abs(block[:, side]) >= _FULL, side)

    def _windows(self, products: Line, squares: Line) -> None:
        whole = len(products) // WINDOW * WINDOW
        sums = products[:whole].reshape(-1, WINDOW).sum(axis=1)
        loud = squares[:whole].reshape(-1, WINDOW).mean(axis=1) > _SILENT
        self.sounding += int(loud.sum())
        self.negative += int((loud & (sums < 0)).sum())

    def _clipped(self, full: "np.typing.NDArray[np.bool_]", side: int) -> None:
        """Count runs of full scale; one may go on from the block before."""
        edges = np.flatnonzero(np.diff(np.concatenate(([False], full, [False])).astype(np.int8)))
        runs = edges[1::2] - edges[::2]
        if len(runs) and edges[0] == 0:
            before = int(self._run[side])
            if before >= _RUN:
                self.clipped -= before
            runs[0] += before
        self.clipped += int(runs[runs >= _RUN].sum())
        self._run[side] = int(runs[-1]) if len(runs) and edges[-1] == len(full) else 0


def examine(audio: Audio) -> Health:
    """Examine a recording, float32 of shape ``(frames, 2)``."""
    sums = _Sums()
    for block in _blocks(audio):
        sums.add(block)
    frames = max(1, sums.frames)
    left, right = sums.square
    both = np.sqrt(left * right)
    mono, mean = (left + right + 2 * sums.product) / 4, (left + right) / 2
    return Health(
        sums.peak, (float(left / frames), float(right / frames)), (float(sums.total[0] / frames), float(sums.total[1] / frames)),
        float(sums.product / both) if both > 0 else 0.0, sums.negative / sums.sounding if sums.sounding else 0.0,
        float(10 * np.log10(max(mono, 1e-12 * mean) / mean)) if mean > 0 else 0.0, sums.clipped,
    )  # fmt: skip


def _blocks(audio: Audio) -> Iterator[Line]:
    for at in range(0, len(audio), _BLOCK):
        yield np.asarray(audio[at : at + _BLOCK], np.float64)
