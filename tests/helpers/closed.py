"""The seams with nothing behind them: no rooms, no job worker. The routes work as far as they can without."""

from collections.abc import Collection, Sequence

from starlette.websockets import WebSocket

from dsp.desk.mix import Mix
from server.errors import CAPACITY, Problem
from server.seams import Edit
from server.visitor import Visitor
from streaming.live.log import Log


class ClosedStudio:
    """Has no rooms: every edit goes to the store, and no stream can be opened."""

    async def edit(self, _project: str, _author: Visitor, _edits: Sequence[Edit], _gesture: str | None) -> Mix | None:
        """No room is open."""
        return None

    async def replace(self, _project: str, _author: Visitor, _mix: Mix) -> bool:
        """No room is open."""
        return False

    def kept(self, _project: str, _revision: str) -> None:
        """No room is open."""

    async def open_stream(self, _workspace: str, _project: str) -> str:
        """Refuse."""
        raise Problem(CAPACITY, "This server plays no streams.")

    async def serve(self, socket: WebSocket, _visitor: Visitor, _stream: str) -> None:
        """Refuse."""
        await socket.close(1013)

    def live(self) -> Collection[str]:
        """No stream is open."""
        return ()

    def log_of(self, _stream: str) -> Log | None:
        """No stream is open."""
        return None

    async def close_project(self, _project: str) -> None:
        """Nothing is open."""

    async def goodbye(self) -> None:
        """Nobody listens."""

    async def aclose(self) -> None:
        """Nothing is open."""


class ClosedJobs:
    """Renders nothing."""

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to stop."""

    async def enqueue(self, _workspace: str, _bounce: str, _attempt: int) -> None:
        """Leave it queued."""

    async def cancel(self, _workspace: str, _bounce: str, _attempt: int) -> None:
        """Nothing runs."""
