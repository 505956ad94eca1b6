"""What waits for the next splice: edits, and the last jump and loop in the order in which they came."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from streaming.feed import Reason
from streaming.log import Edit
from streaming.timeline import Loop

_MAX_EDITS = 4_096
"""More than any request carries: listeners must hear of every edit."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on at ``position``."""

    position: int


@dataclass(frozen=True, slots=True)
class SetLoop:
    """Loop from now on, or no longer."""

    loop: Loop | None


@dataclass(slots=True)
class Pending:
    """Everything that is committed together; asking for a splice with nothing in it renders the same again."""

    edits: list[Edit] = field(default_factory=list)
    moves: list[Jump | SetLoop] = field(default_factory=list)
    reasons: set[Reason] = field(default_factory=set)

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

    def move(self, move: Jump | SetLoop, reason: Reason) -> None:
        """A jump or a loop, in place of the last one of its kind."""
        self.moves = [*(kept for kept in self.moves if type(kept) is not type(move)), move]
        self.reasons.add(reason)
