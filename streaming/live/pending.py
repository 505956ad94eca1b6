"""What waits for the next splice: edits, and the last jump and loop in the order in which they came."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsp.grid import LATENCY
from streaming.live.feed import Reason
from streaming.live.log import Edit, Entry
from streaming.live.timeline import Loop, Timeline

_MAX_EDITS = 4_096
"""More than any request carries: listeners must hear of every edit."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on at ``position``."""

    position: int

    def commit(self, timeline: Timeline, frame: int, splice: int) -> Entry:
        """Have it heard from stream frame ``frame`` on; answers its line of the log."""
        timeline.jump(frame + LATENCY, self.position)
        return Entry("jump", frame, splice, position=self.position)


@dataclass(frozen=True, slots=True)
class SetLoop:
    """Loop from now on, or no longer."""

    loop: Loop | None

    def commit(self, timeline: Timeline, frame: int, splice: int) -> Entry:
        """Have it heard from stream frame ``frame`` on; answers its line of the log."""
        timeline.set_loop(frame + LATENCY, self.loop)
        return Entry("loop", frame, splice, loop=self.loop)


@dataclass(slots=True)
class Pending:
    """Everything that is committed together; asking for a splice with nothing in it renders the same again."""

    edits: list[Edit] = field(default_factory=list)
    moves: list[Jump | SetLoop] = field(default_factory=list)
    reasons: set[Reason] = field(default_factory=set)
    resets_loudness: bool = False

    def __bool__(self) -> bool:
        return bool(self.reasons)

    @property
    def reason(self) -> Reason:
        """What listeners are told: the one that changes most."""
        order: tuple[Reason, ...] = ("seek", "loop", "revision", "edit", "resume")
        return next(reason for reason in order if reason in self.reasons)

    def edit(self, edits: Sequence[Edit], reason: Reason) -> None:
        """Edits of the desk; of a value that is turned on and on only the last one counts."""
        for edit in edits:
            if self.edits and self.edits[-1].path == edit.path:
                self.edits[-1] = edit
            else:
                self.edits.append(edit)
        # Beyond the bound the log takes the whole mix instead of them.
        del self.edits[:-_MAX_EDITS]
        self.reasons.add(reason)

    def reset_loudness(self) -> None:
        """Meters are part of what is rendered: to begin anew is an edit that nobody hears."""
        self.resets_loudness = True
        self.reasons.add("edit")

    def commit(self, timeline: Timeline, frame: int, splice: int) -> list[Entry]:
        """Have all but the edits take effect at stream frame ``frame``; answers lines of the log (a reset needs none)."""
        if self.resets_loudness:
            timeline.reset_loudness(frame + LATENCY)
        return [move.commit(timeline, frame, splice) for move in self.moves]

    def new_place(self, end: int) -> int | None:
        """Where a new run begins when the song is over at position ``end``; nothing if none does."""
        place = None
        for move in self.moves:
            if isinstance(move, Jump):
                place = move.position
            elif move.loop and move.loop[1] <= (end if place is None else place):
                place = move.loop[0]
        return place

    def move(self, move: Jump | SetLoop, reason: Reason) -> None:
        """A jump or a loop, in place of the last one of its kind."""
        self.moves = [*(kept for kept in self.moves if type(kept) is not type(move)), move]
        self.reasons.add(reason)
