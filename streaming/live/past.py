"""What a stream was when its process died, and the place at which another goes on with it: its log, a few numbers, a bookmark.

The log tells the desk and the timeline, the numbers where listeners were, the bookmark spares rendering all of it again. What
listeners hear from then on is what they would have heard: the same samples, from the same state, by the same log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dsp.grid import LATENCY, RATE, ceil_tile
from streaming.live.bookmark import Bookmark
from streaming.live.log import Entry, Log, last_run
from streaming.live.timeline import SourceOf, Timeline
from streaming.live.transport import State, Transport

STANDING_S = 10
"""The numbers of a stream that plays are never older than this (and what it takes to write them)."""

FORWARD = 60 * RATE
"""A run without a bookmark is rendered again from its beginning, if that is not longer ago than this."""

EPOCHS = 1 << 16
"""More epochs than are opened between two writings of a stream's numbers: a listener must see them rise."""

_GRACE = 2 * RATE
_STATES: dict[str, State] = {"start": "playing", "resume": "playing", "pause": "paused", "stop": "stopped", "end": "ended"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the log does not tell: how far the furthest listener was, and how far it was rendered."""

    transport: Transport
    playhead: int
    ready_to: int
    epoch: int
    splices: int

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        moving = self.transport
        return {
            "state": moving.state, "frame": moving.frame, "position": moving.position, "loop": moving.loop,
            "playhead": self.playhead, "ready_to": self.ready_to, "epoch": self.epoch, "splices": self.splices,
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Standing":
        """Read :meth:`to_json` back."""
        loop = tuple(values["loop"]) if values["loop"] else None
        transport = Transport(values["state"], values["frame"], values["position"], loop)
        return cls(transport, values["playhead"], values["ready_to"], values["epoch"], values["splices"])


@dataclass(frozen=True, slots=True)
class Past:
    """A stream to go on with. ``timeline`` is its run, if one goes on; ``bookmark`` a state of that run.

    ``elapsed`` frames could have been played since the standing was written.
    """

    log: Log
    standing: Standing
    timeline: Timeline | None = None
    bookmark: Bookmark | None = None
    elapsed: int = 0

    @property
    def first(self) -> int:
        """The first stream frame that can be rendered again."""
        if self.timeline is None:
            return self.standing.transport.frame
        return self.timeline.start if self.bookmark is None else self.bookmark.frame - LATENCY

    @property
    def furthest(self) -> int:
        """No listener was ever sent anything beyond this stream frame."""
        return self.standing.ready_to + STANDING_S * RATE + _GRACE

    @property
    def epoch(self) -> int:
        """No listener has seen a higher epoch."""
        return self.standing.epoch + EPOCHS

    @property
    def splices(self) -> int:
        """The number of the last splice, of which the log may know more than the standing."""
        return max(self.standing.splices, max((entry.splice for entry in self.log.entries), default=0))

    @property
    def committed(self) -> int:
        """Nothing may be spliced before this stream frame: the log has entries up to there."""
        return ceil_tile(max((entry.frame for entry in self.log.entries[-1:]), default=0))

    def playhead(self, played_to: int | None) -> int:
        """Where the stream goes on for a listener that has come back and says where it is; it may be wrong, or silent."""
        standing = self.standing
        if standing.transport.state != "playing":
            return standing.transport.frame
        guess = min(standing.playhead + self.elapsed, max(standing.playhead, standing.ready_to))
        return max(self.first, min(guess if played_to is None else played_to, self.furthest))


def recall(log: Log, standing: Standing, bookmark: Bookmark | None, source_of: SourceOf, elapsed: int) -> Past | None:
    """Put together what was kept of a stream; nothing where it cannot go on as if nothing had happened."""
    states = [entry for entry in log.entries if entry.kind in _STATES]
    state = _STATES[states[-1].kind] if states else "stopped"
    if state not in ("playing", "paused"):
        if standing.transport.is_running and log.is_full:
            return None  # it played on, but nobody knows how
        return Past(log, _resting(standing, states[-1:]))
    timeline = last_run(log, source_of, bookmark.frame if bookmark else 0)
    if bookmark and (bookmark.frame <= timeline.start or bookmark.tracks < timeline.tracks):
        bookmark = None
    if bookmark is None and standing.playhead - timeline.start > FORWARD:
        return None
    if bookmark:
        timeline.widen(bookmark.tracks)
        timeline.forget(bookmark.frame)
    frame = states[-1].frame if state == "paused" else standing.transport.frame
    moving = replace(standing.transport, state=state, frame=frame, loop=timeline.loop)
    return Past(log, replace(standing, transport=moving), timeline, bookmark, elapsed)


def _resting(standing: Standing, last: Sequence[Entry]) -> Standing:
    """The standing of a stream whose run is over, whatever was written of it before that."""
    if not standing.transport.is_running or not last:
        return standing
    transport = Transport(_STATES[last[0].kind], last[0].frame, 0, standing.transport.loop)
    return replace(standing, transport=transport)
