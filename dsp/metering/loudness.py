"""Loudness and true peak of finished audio, block by block: the console's own meters, for any rate and in bounded memory."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math
from dataclasses import dataclass

import numpy as np
from numba import float32, float64, int64
from numpy.typing import NDArray

from dsp.cache import kernel
from dsp.desk.units import LUFS_OF_ONE
from dsp.grid import RATE, TILE
from dsp.metering.gating import end_step
from dsp.metering.truepeak import LAG, find_true_peak
from dsp.metering.weighting import k_weighting, weigh
from dsp.simd.lanes import flush_denormals, restore_mode
from dsp.slot.layout import (
    BUS_SIZE,
    HEAD,
    INTEGRATED,
    LOUDNESS_RANGE,
    MAX_MOMENTARY,
    MAX_SHORT,
    STEP_AT,
    STEP_FRAMES,
    TRUE_PEAK,
)

MOST_RATE = 192_000


@kernel(int64(float64[::1], float32[::1], float64[::1], float32[::1], int64, int64))
def measure(state64, state32, weights, audio, frames, step):
    """Take ``frames`` (even) of interleaved stereo in steps of ``step``; ``audio`` holds them and what fills the last tile."""
    mode = flush_denormals()
    done = 0
    while done < frames:
        # Frames are weighed in pairs: where a step is an odd number, every other one is a frame shorter, the rest one longer.
        length = step + step % 2 * (2 * (int(state64[STEP_AT]) % 2) - 1)
        run = min(frames - done, length - int(state64[STEP_FRAMES]))
        weigh(state64, weights, audio, 2 * done, run)
        state64[STEP_FRAMES] += run
        done += run
        if state64[STEP_FRAMES] == length:
            end_step(state64, length, weights[48] / length)
    for at in range(0, len(audio), 2 * TILE):
        find_true_peak(state32, audio, at)
    restore_mode(mode)
    return done


@dataclass(frozen=True, slots=True)
class Loudness:
    """What was measured. Levels of silence, and of less than one window (400 ms, or 3 s), are -inf; the range is 0 then."""

    integrated_lufs: float
    range_lu: float
    max_momentary_lufs: float
    max_short_term_lufs: float
    true_peak_dbtp: float


class Meter:
    """Measures one stereo programme: feed it blocks of any length, ask for the result at any time.

    ``rate`` is a multiple of 100 from 8,000 to 192,000, else ``ValueError``. Blocks are float32 of shape ``(frames, 2)``; what is
    no number counts as silence.
    """

    def __init__(self, rate: int = RATE) -> None:
        if rate % 100 or not 8_000 <= rate <= MOST_RATE:
            raise ValueError(f"expected a rate of whole hundreds from 8000 to {MOST_RATE}, got {rate}")
        self._step = rate // 100
        self._weights = k_weighting(rate)
        self._state64, self._state32 = np.zeros(HEAD), np.zeros(BUS_SIZE, np.float32)
        self._rest = np.empty((0, 2), np.float32)

    def feed(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, or raise ``ValueError`` for another shape or type."""
        if block.ndim != 2 or block.shape[1] != 2 or block.dtype != np.float32:
            raise ValueError(f"expected float32 of shape (frames, 2), got {block.dtype} of shape {block.shape}")
        audio = np.concatenate((self._rest, np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)))
        whole = len(audio) // TILE * TILE
        self._rest = audio[whole:].copy()
        measure(self._state64, self._state32, self._weights, audio[:whole].reshape(-1), whole, self._step)

    def result(self) -> Loudness:
        """Return what has been measured so far; more may be fed afterwards."""
        state64, state32 = self._state64.copy(), self._state32.copy()
        end = np.zeros((-(-(len(self._rest) + LAG) // TILE) * TILE, 2), np.float32)
        end[: len(self._rest)] = self._rest
        measure(state64, state32, self._weights, end.reshape(-1), len(self._rest) // 2 * 2, self._step)
        peak = float(state32[TRUE_PEAK : TRUE_PEAK + 2].max())
        return Loudness(
            _level(state64[INTEGRATED]),
            float(state64[LOUDNESS_RANGE]),
            _level(state64[MAX_MOMENTARY]),
            _level(state64[MAX_SHORT]),
            20.0 * math.log10(peak) if peak > 0.0 else -math.inf,
        )


def _level(power: float) -> float:
    return LUFS_OF_ONE + 10.0 * math.log10(power) if power > 0.0 else -math.inf
