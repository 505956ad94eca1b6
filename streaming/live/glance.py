"""A stream at a glance, for programs that have no line of their own: where it is, where it goes, and what was heard of it.

Rows of telemetry end at the room's playhead: what lies before it is final, so whoever asks again from ``next`` on gets every row
once and in order, as long as the rings still hold it (a second behind the playhead).
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from dsp.grid import QUANTUM
from streaming.listening.scope import FRAMES
from streaming.listening.telemetry import MOST_SCOPES, Row, every
from streaming.live.feed import Epoch, Shown
from streaming.live.player import Player
from streaming.live.telling import standing as standing_of
from streaming.protocol.messages import ScopeRow
from streaming.protocol.notices import Changed

MOST_ROWS = 100
"""Rows of meters in one answer: two seconds of the finest."""

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Outlook:
    """How stream time maps to the song from the playhead to the end of what is rendered, and which splices came after an epoch.

    ``turns`` begin with what is heard now; nothing is heard while no run goes on.
    """

    standing: Changed
    now_us: int
    rendered_to: int
    ends_at: int | None
    turns: list[Shown]
    epochs: list[Epoch]
    listeners: int


@dataclass(frozen=True, slots=True)
class Heard(Generic[RowT]):
    """Rows of what was heard up to stream frame ``frame``; the next one begins at ``following``."""

    frame: int
    epoch: int
    rows: list[RowT]
    following: int


def outlook(player: Player, after: int | None) -> Outlook:
    """Look at the transport and ahead; without ``after`` only the newest splice is told."""
    standing, stream, feed = standing_of(player.stream, player.now_us()), player.stream, player.stream.feed
    frame = standing.frame
    turns = feed.shown(frame) + feed.turns(frame, feed.ready_to) if stream.transport.is_running else []
    newest = [feed.epoch] if feed.epoch else []
    epochs = newest if after is None else feed.after(after)
    return Outlook(standing, player.now_us(), feed.ready_to, feed.end, turns, epochs, len(player.seats))


def meters(player: Player, since: int | None, hz: int) -> Heard[Row]:
    """Rows of meters from frame ``since`` on (without it the last one that was heard), ``hz`` a second."""
    standing, step = standing_of(player.stream, player.now_us()), every(hz)
    oldest = -(-player.stream.feed.oldest // QUANTUM)
    first, stop = _span(since, standing.frame // QUANTUM, step, oldest, MOST_ROWS)
    return Heard(standing.frame, standing.epoch, player.telemetry.meters(first, stop, step), stop * QUANTUM)


def scopes(player: Player, since: int | None, hz: int) -> Heard[ScopeRow]:
    """Rows of the scope, each of what was heard up to its frame, which is later than ``since``."""
    standing, step, oldest = standing_of(player.stream, player.now_us()), every(hz), player.stream.feed.oldest
    held_from = -(-(oldest + FRAMES) // QUANTUM) - step if oldest else 0
    first, stop = _span(since, standing.frame // QUANTUM, step, max(0, held_from), MOST_SCOPES)
    return Heard(standing.frame, standing.epoch, player.telemetry.scopes(first, stop, step), stop * QUANTUM)


def _span(since: int | None, heard: int, step: int, oldest: int, most: int) -> tuple[int, int]:
    """The quanta from which rows of ``step`` quanta are made: whole rows that were heard and are held, no more than ``most``."""
    first = heard - step if since is None else -(-since // QUANTUM)
    first = max(first, oldest, 0)
    rows = min(most, max(0, heard - first) // step)
    return first, first + rows * step
