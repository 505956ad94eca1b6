"""A studio without rooms: every edit goes to the store, and no stream can be opened."""

from collections.abc import Sequence
from typing import Any

from starlette.websockets import WebSocket

from dsp.mix import Mix
from server.context import Visitor
from server.errors import CAPACITY, Problem
from server.seams import Edit


class ClosedStudio:
    """See the module's paragraph."""

    async def edit(self, _project: str, _author: str, _edits: Sequence[Edit], _gesture: str | None) -> Mix | None:
        """No room is open."""
        return None

    async def replace(self, _project: str, _author: str, _mix: Mix) -> bool:
        """No room is open."""
        return False

    async def open_stream(self, _workspace: str, _project: str) -> str:
        """Refuse."""
        raise Problem(CAPACITY, "This server plays no streams.")

    async def serve(self, socket: WebSocket, _visitor: Visitor, _stream: str) -> None:
        """Refuse."""
        await socket.close(1013)

    def log_of(self, _stream: str) -> Sequence[Any] | None:
        """No stream is open."""
        return None

    async def close_project(self, _project: str) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
