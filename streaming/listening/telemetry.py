"""What is told of a stream besides its audio: its figures, its meters and its scope.

Rows are in decibels (loudness in LUFS), thinned to what a listener asked for, stamped with the frame they belong to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dsp.desk.units import LUFS_OF_ONE, SILENT_LUFS
from dsp.grid import QUANTUM, RATE
from dsp.slot.columns import meter_columns, meter_names
from streaming.listening.scope import Scope
from streaming.listening.seats import Seat
from streaming.protocol.messages import Meters as MetersMessage
from streaming.protocol.messages import Scope as ScopeMessage
from streaming.protocol.messages import ScopeRow
from streaming.render.arena import Arena

FLOOR_DB = -120.0
"""What silence reads."""

MOST_SCOPES = 10
"""Scopes computed in one go: each costs a third of a millisecond, and whoever has just come is owed many."""

_ROWS_PER_S = RATE // QUANTUM
_AS_THEY_ARE = ("gain_reduction_db", "range_lu", "correlation")
_POWERS = ("momentary", "short_term", "integrated", "max_momentary", "max_short_term")
_LATEST = ("short_term", "integrated", "range_lu", "correlation", "max_momentary", "max_short_term", "max_true_peak")

Row = tuple[int, list[float]]


def every(hz: int) -> int:
    """How many quanta go into one row for a listener who asked for ``hz`` rows a second (at least 1)."""
    return max(1, round(_ROWS_PER_S / hz))


@dataclass(slots=True)
class Figures:
    """What a stream has cost and seen."""

    audio_frames: int = 0
    encoded_frames: int = 0
    render_us: int = 0
    encode_us: int = 0
    nonfinite: int = 0
    drops: int = 0


class Meters:
    """The meter ring of one arena, read as decibels and LUFS."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        kinds = [
            next((part for part in reversed(name.split("/")) if not part.isdigit()), "") for name in meter_names(arena.tracks)
        ]
        self._as_it_is, self._is_power, self._is_latest = (np.isin(kinds, group) for group in (_AS_THEY_ARE, _POWERS, _LATEST))
        self._decimals = np.where(np.isin(kinds, "correlation"), 100.0, 10.0)
        self.columns = meter_columns(arena.tracks)

    def rows(self, first: int, stop: int, step: int) -> list[Row]:
        """One row for every ``step`` quanta from quantum ``first`` to ``stop``: of levels the highest, of the rest the last."""
        return [(k * QUANTUM, self._row(k, min(k + step, stop))) for k in range(first, stop, step)]

    def _row(self, first: int, stop: int) -> list[float]:
        rows = np.array([self._arena.meters(k) for k in range(first, stop)], np.float64)
        values = np.where(self._is_latest, rows[-1], rows.max(axis=0))
        levels = 20.0 * np.log10(np.maximum(values, 10.0 ** (FLOOR_DB / 20.0)))
        lufs = np.maximum(LUFS_OF_ONE + 10.0 * np.log10(np.maximum(values, 1e-30)), SILENT_LUFS)
        told = np.where(self._as_it_is, values, np.where(self._is_power, lufs, levels))
        rounded: list[float] = (np.round(told * self._decimals) / self._decimals).tolist()
        return rounded


class Telemetry:
    """What listeners are told of one arena, in step with the audio that they are sent."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._meters, self._scope = Meters(arena), Scope(arena)
        self.columns = self._meters.columns

    def due(self, seat: Seat, sent_to: int, said: dict[str, str]) -> Iterator[str]:
        """Yield the lines that a listener is owed who has been sent audio up to ``sent_to``; ``said`` shares them with others."""
        quanta = sent_to // QUANTUM
        if seat.meters_hz:
            step = every(seat.meters_hz)
            first, stop = self._span(seat.metered_to, quanta, step)
            if stop > first:
                seat.metered_to = stop
                yield _once(said, f"meters {first} {stop} {step}", lambda: self._meter_line(first, stop, step))
        if seat.scope_hz:
            step = every(seat.scope_hz)
            begin, end = self._span(seat.scoped_to, quanta, step)
            end = min(end, begin + MOST_SCOPES * step)
            if end > begin:
                seat.scoped_to = end
                yield _once(said, f"scope {begin} {end} {step}", lambda: self._scope_line(begin, end, step))

    def _span(self, first: int, stop: int, step: int) -> tuple[int, int]:
        """Whole rows that the rings still hold."""
        stop -= (stop - first) % step
        return max(first, stop - self._arena.quanta), stop

    def meters(self, first: int, stop: int, step: int) -> list[Row]:
        """One row of meters for every ``step`` quanta from quantum ``first`` to ``stop``."""
        return self._meters.rows(first, stop, step)

    def scopes(self, first: int, stop: int, step: int) -> list[ScopeRow]:
        """One row of the scope at the end of every ``step`` quanta from quantum ``first`` to ``stop``."""
        return [(frame, *self._scope.row(frame)) for frame in (k * QUANTUM for k in range(first + step, stop + 1, step))]

    def _meter_line(self, first: int, stop: int, step: int) -> str:
        return MetersMessage(self._arena.tracks, self.meters(first, stop, step)).to_json()

    def _scope_line(self, first: int, stop: int, step: int) -> str:
        return ScopeMessage(self.scopes(first, stop, step)).to_json()


def _once(said: dict[str, str], key: str, line: Callable[[], str]) -> str:
    if key not in said:
        said[key] = line()
    return said[key]
