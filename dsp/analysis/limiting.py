"""A look-ahead limiter for files: it knows the true peaks beforehand, at any sample rate, and takes as long as it needs.

The reduction that each frame needs is held for a window, let go exponentially and averaged by two boxes that together span the
window less its edges: so all of it has arrived when the peak does. Where nothing is to be reduced, samples pass unchanged.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from collections.abc import Iterable, Iterator

import numpy as np
from numba import float64, void
from numpy.typing import NDArray

from dsp.cache import kernel

ATTACK_S = 0.003
RELEASE_S = 0.08

Block = NDArray[np.float32]
Line = NDArray[np.float64]


@kernel(void(float64[::1], float64, float64[::1]))
def let_go(held, decay, last):
    """Let reductions fall no faster than by ``decay`` a frame, in place; ``last[0]`` is the one before the first."""
    now = last[0]
    for n in range(len(held)):
        now = max(held[n], now * decay)
        held[n] = now if now > 1e-9 else 0.0
    last[0] = now if now > 1e-9 else 0.0


class Limiter:
    """Brings stereo audio times ``drive`` below ``ceiling`` (both linear)."""

    def __init__(self, rate: int, drive: float, ceiling: float) -> None:
        self._drive, self._ceiling = drive, ceiling
        self._box = max(1, round(ATTACK_S * rate / 2))
        self.delay = 2 * self._box - 1
        self._decay = float(np.exp(-1 / (RELEASE_S * rate)))
        self._last = np.zeros(1)
        self._wanted: Line = np.zeros(self.delay + 1)
        self._first: Line = np.zeros(self._box - 1)
        self._second: Line = np.zeros(self._box - 1)
        self._audio: Block = np.zeros((0, 2), np.float32)
        self._skip = self.delay

    def run(self, blocks: Iterable[tuple[Block, Block]]) -> Iterator[Block]:
        """Limit blocks ``(frames, 2)`` that come with the peak around each of their frames; as many frames come out."""
        for audio, heights in blocks:
            yield self._next(audio, heights)
        yield self._next(np.zeros((self.delay, 2), np.float32), np.zeros(self.delay, np.float32))

    def _next(self, audio: Block, heights: Block) -> Block:
        reductions = self._reductions(heights)
        skipped = min(self._skip, len(reductions))
        self._skip -= skipped
        gains = self._drive * (1 - reductions[skipped:])
        self._audio = np.concatenate((self._audio, audio))
        now, self._audio = self._audio[: len(gains)], self._audio[len(gains) :]
        return (now * gains[:, None]).astype(np.float32)

    def _reductions(self, heights: Block) -> Line:
        """By which share each frame, ``delay`` frames ago, is reduced."""
        loud = np.maximum(heights.astype(np.float64) * self._drive, 1e-12)
        wanted = np.concatenate((self._wanted, np.maximum(0.0, 1 - self._ceiling / loud)))
        self._wanted = wanted[len(heights) :]
        held = _widest(wanted, self.delay + 2)
        let_go(held, self._decay, self._last)
        first = np.concatenate((self._first, held))
        self._first = first[len(held) :]
        second = np.concatenate((self._second, _mean(first, self._box)))
        self._second = second[len(held) :]
        return _mean(second, self._box)


def _widest(values: Line, window: int) -> Line:
    """The largest of each ``window`` values in a row (``len(values) - window + 1`` of them), by doubling."""
    span, widest = 1, values
    while 2 * span <= window:
        widest = np.maximum(widest[span:], widest[:-span])
        span *= 2
    more = window - span
    return np.maximum(widest[more:], widest[: len(widest) - more]) if more else widest.copy()


def _mean(values: Line, window: int) -> Line:
    """The mean of each ``window`` values in a row."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.maximum(0.0, (sums[window:] - sums[:-window]) / window)
