"""From a class to a wider one: what a console of few tracks knows takes its place in a console of many.

A track keeps its lane. New lanes stand as they would after a silent beginning (:class:`Rest`), so a console that was widened goes
on, bit for bit, like one that was wide from its first frame.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.desk.params import TRACK, engine_size
from dsp.slot.columns import meter_columns
from dsp.slot.layout import HEAD, precise_at

_METERS = meter_columns(1) - meter_columns(0)


@dataclass(frozen=True, slots=True)
class Rest:
    """A slot of an untouched console without tracks after one tile: laws are applied, and what stages derive is there."""

    tracks: int
    state64: NDArray[np.float64]
    state32: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Widening:
    """From a class of ``narrow`` tracks to one of ``wide``."""

    narrow: int
    wide: int

    def __post_init__(self) -> None:
        if self.narrow > self.wide:
            raise ValueError(f"expected a wider class, got {self.wide} after {self.narrow} tracks")

    def index(self, index: int) -> int:
        """Where an engine parameter lies in the wide vector."""
        row, lane = divmod(index, self.narrow)
        past = index - len(TRACK) * self.narrow
        return row * self.wide + lane if past < 0 else len(TRACK) * self.wide + past

    def values(self, values: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """A wide engine vector, whose new lanes are those of ``rest``."""
        wide = np.array(rest)
        self._spread(values, wide, len(TRACK))
        return wide

    def state(
        self,
        state64: NDArray[np.float64],
        state32: NDArray[np.float32],
        rest: Rest,
        to64: NDArray[np.float64],
        to32: NDArray[np.float32],
    ) -> None:
        """Fill a wide slot (``to64``, ``to32``) from a narrow one that has rendered a tile at least."""
        narrow, wide = engine_size(self.narrow), engine_size(self.wide)
        to64[:], to32[:] = rest.state64, rest.state32
        to64[:HEAD] = state64[:HEAD]
        for block in range(3):  # what parameters are, where they glide, and for how long
            self._spread(
                state64[HEAD + block * narrow : HEAD + (block + 1) * narrow],
                to64[HEAD + block * wide : HEAD + (block + 1) * wide], len(TRACK),
            )  # fmt: skip
        filters = state64[precise_at(self.narrow, 0) :]
        to64[precise_at(self.wide, 0) :][: len(filters)] = filters
        to32[: len(state32)] = state32  # the buses, then one block for every eight tracks

    def meters(self, rows: NDArray[np.float32], to: NDArray[np.float32]) -> None:
        """Fill wide meter rows from narrow ones; new lanes read silence."""
        to[:] = 0.0
        self._spread(rows, to, _METERS)

    def _spread(self, narrow: NDArray[Any], wide: NDArray[Any], rows: int) -> None:
        """Copy ``rows`` rows of lanes, and what follows them, along the last axis."""
        for row in range(rows):
            lanes = narrow[..., row * self.narrow : (row + 1) * self.narrow]
            wide[..., row * self.wide : row * self.wide + self.narrow] = lanes
        wide[..., rows * self.wide :] = narrow[..., rows * self.narrow :]
