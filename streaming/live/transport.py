"""Play, pause and stop as a table: which command means what in which state. It knows no audio."""

from dataclasses import dataclass, replace
from typing import Literal

from streaming.errors import OutOfRange
from streaming.live.timeline import MIN_LOOP, Loop

State = Literal["stopped", "playing", "paused", "ended"]
Command = Literal["play", "pause", "stop", "end"]
Action = Literal["start", "resume", "pause", "stop", "end"]

_TABLE: dict[tuple[State, Command], tuple[State, Action]] = {
    ("stopped", "play"): ("playing", "start"),
    ("ended", "play"): ("playing", "start"),
    ("paused", "play"): ("playing", "resume"),
    ("playing", "pause"): ("paused", "pause"),
    ("playing", "stop"): ("stopped", "stop"),
    ("paused", "stop"): ("stopped", "stop"),
    ("ended", "stop"): ("stopped", "stop"),
    ("playing", "end"): ("ended", "end"),
}


@dataclass(slots=True)
class Transport:
    """The state, the loop, the place where the next start begins, and the stream frame from which the state holds."""

    state: State = "stopped"
    frame: int = 0
    position: int = 0
    loop: Loop | None = None

    def take(self, command: Command) -> Action | None:
        """Do what a command means here, or answer nothing where it means nothing."""
        found = _TABLE.get((self.state, command))
        if found is None:
            return None
        self.state, action = found
        return action

    def copy(self) -> "Transport":
        """As it is now."""
        return replace(self)

    @property
    def is_running(self) -> bool:
        """Whether there is a run that goes on, now or after a pause."""
        return self.state in ("playing", "paused")


def checked_loop(loop: Loop | None) -> Loop | None:
    """Return a loop that can be played, or raise :class:`OutOfRange`."""
    if loop is not None and (loop[0] < 0 or loop[1] - loop[0] < MIN_LOOP):
        raise OutOfRange(f"a loop goes from 0 or later over at least {MIN_LOOP} frames, got {loop[0]} to {loop[1]}")
    return loop
