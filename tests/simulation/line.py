"""What a listener knows of its connection and of what was announced on it."""

from dataclasses import dataclass

from simulation.peer import Peer


@dataclass(slots=True)
class Epoch:
    """What was announced last; ``at`` is the frame that its next media begins with."""

    number: int = 0
    starts_at: int = 0
    reason: str = ""
    at: int = 0
    is_fresh: bool = False
    is_last: bool = False


@dataclass(slots=True)
class Line:
    """The connection, and what is known on it."""

    peer: Peer | None = None
    token: str | None = None
    credit: int = 0
    epoch: int = 0
    is_welcome: bool = False
    ended: tuple[int, str] | None = None
    down_since: int | None = None
