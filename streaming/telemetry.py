"""What is told of a stream besides its audio: its figures, and its meters.

Meter rows are in decibels, thinned to what a listener asked for, stamped with the frame they belong to.
"""

from dataclasses import dataclass

import numpy as np

from dsp.grid import QUANTUM, RATE
from dsp.layout import meter_columns, meter_names
from streaming.arena import Arena

FLOOR_DB = -120.0
"""What silence reads."""

_ROWS_PER_S = RATE // QUANTUM

Row = tuple[int, list[float]]


def every(hz: int) -> int:
    """How many quanta go into one row for a listener who asked for ``hz`` rows a second (at least 1)."""
    return max(1, round(_ROWS_PER_S / hz))


@dataclass(slots=True)
class Figures:
    """What a stream has cost and seen."""

    audio_frames: int = 0
    render_us: int = 0
    encode_us: int = 0
    nonfinite: int = 0
    drops: int = 0


class Meters:
    """The meter ring of one arena, read as decibels."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        names = meter_names(arena.tracks)
        self._is_level = np.array(["gain_reduction" not in name for name in names])
        self.columns = meter_columns(arena.tracks)

    def rows(self, first: int, stop: int, step: int) -> list[Row]:
        """One row for every ``step`` quanta from quantum ``first`` to ``stop``: the highest of each value among them."""
        return [(k * QUANTUM, self._row(k, min(k + step, stop))) for k in range(first, stop, step)]

    def _row(self, first: int, stop: int) -> list[float]:
        values = np.max([self._arena.meters(k) for k in range(first, stop)], axis=0)
        floor = 10.0 ** (FLOOR_DB / 20.0)
        levels = 20.0 * np.log10(np.maximum(values, floor))
        decibels: list[float] = np.round(np.where(self._is_level, levels, values).astype(np.float64), 1).tolist()
        return decibels
