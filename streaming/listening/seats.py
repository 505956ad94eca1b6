"""A listener's place at a stream, and the way out to it, as the stream's player sees them."""

from dataclasses import dataclass
from typing import Protocol

from streaming.desk.presence import Person
from streaming.listening.pacer import Codec


class Outlet(Protocol):
    """The way out to one listener: writes never wait, a full line says so."""

    @property
    def writable(self) -> bool:
        """Whether more may be written now."""
        ...

    def write_text(self, text: str) -> None:
        """Write one text message."""
        ...

    def write_binary(self, payload: bytes) -> None:
        """Write one binary message."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """End the line."""
        ...


@dataclass(eq=False, slots=True)
class Seat:
    """A listener's place at a stream."""

    id: str
    person: Person
    codec: Codec
    outlet: Outlet
    token: str
    meters_hz: int = 0
    metered_to: int = 0
    lagging: bool = False
    scope_hz: int = 0
    scoped_to: int = 0
