"""What the routes ask of the parts that play, decode and render: protocols, so that each side can change without the other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue
from starlette.websockets import WebSocket

from dsp.desk.mix import Mix
from server.visitor import Visitor
from streaming.live.log import Log


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a mix: a path and its new value."""

    path: str
    value: JsonValue


class Studio(Protocol):
    """The open rooms and streams, by project."""

    async def start(self) -> None:
        """Make ready to render."""
        ...

    async def edit(self, project: str, author: Visitor, edits: Sequence[Edit], gesture: str | None) -> Mix | None:
        """Apply edits in the project's room, all or none, and return its mix; ``None`` when no room is open.

        Raises :exc:`streaming.errors.EditRefused`.
        """
        ...

    async def replace(self, project: str, author: Visitor, mix: Mix) -> bool:
        """Make ``mix`` the desk of the project's room; false when no room is open."""
        ...

    def kept(self, project: str, revision: str) -> None:
        """The project's desk has been kept under a name, as this revision."""
        ...

    async def open_stream(self, workspace: str, project: str) -> str:
        """Make ready a stream of the project and return its id; raises a ``Problem`` when the server or the workspace is full."""
        ...

    async def serve(self, socket: WebSocket, visitor: Visitor, stream: str) -> None:
        """Serve one listener of a stream until it leaves. The visitor is known; that the stream is theirs is not yet checked,
        and the socket is not yet accepted.
        """
        ...

    def live(self) -> Collection[str]:
        """The ids of the open streams."""
        ...

    def log_of(self, stream: str) -> Log | None:
        """The event log of an open stream; ``None`` when it is not open (its log is then stored)."""
        ...

    async def close_project(self, project: str) -> None:
        """Close the project's room and streams: it is being deleted."""
        ...

    async def goodbye(self) -> None:
        """Tell every listener that the server goes, and begin to close their lines."""
        ...

    async def aclose(self) -> None:
        """Close every stream, its log stored."""
        ...


class Jobs(Protocol):
    """The durable queue of bounces and analyses."""

    async def start(self) -> None:
        """Make ready to render; the database has been migrated."""
        ...

    async def aclose(self) -> None:
        """Stop; what was being rendered goes on when the server is back."""
        ...

    async def enqueue(self, workspace: str, bounce: str, attempt: int) -> None:
        """Have a stored bounce rendered; asking twice for the same attempt is asking once."""
        ...

    async def cancel(self, workspace: str, bounce: str, attempt: int) -> None:
        """Stop rendering a bounce whose row says it is cancelled."""
        ...
