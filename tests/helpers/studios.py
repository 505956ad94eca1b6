"""The application with a real studio whose pool renders nothing: for tests of rooms, seats and limits without a kernel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from helpers.desk import Desk, Guest, desk
from helpers.lines import RestingPool, Socket
from helpers.waiting import until

from server.app import application
from server.studio import Equipment, LiveStudio
from server.visitor import Visitor
from storage.rows import Workspace
from storage.sessions import Sessions
from streaming.live.admission import Admission
from streaming.live.clock import MonotonicClock

HELLO = {"codecs": ["pcm-f32"], "buffer_frames": 384_000}


@dataclass
class Open:
    """A house whose studio is open."""

    house: Desk
    studio: LiveStudio
    pool: RestingPool
    admission: Admission
    served: list["asyncio.Task[None]"] = field(default_factory=list)
    sockets: list[Socket] = field(default_factory=list)

    async def guest(self) -> tuple[Guest, str]:
        """A guest with a project."""
        guest = await self.house.guest()
        return guest, await guest.project()

    async def stream(self, guest: Guest, project: str) -> str:
        """An open stream."""
        return str((await guest.call("POST", "/streams", 201, json={"project_id": project}))["id"])

    def visitor(self, guest: Guest) -> Visitor:
        """A guest as routes see it."""
        return Visitor(Workspace(guest.workspace, "Ada", 1, 1))

    def connect(self, guest: Guest, stream: str, *subprotocols: str) -> Socket:
        """A socket on a stream."""
        socket = Socket(subprotocols or ("stemwire.v1",))
        self.sockets.append(socket)
        self.served.append(asyncio.create_task(self.studio.serve(socket, self.visitor(guest), stream)))  # type: ignore[arg-type]
        return socket

    async def listen(self, guest: Guest, stream: str, **more: Any) -> Socket:
        """A listener that has said hello."""
        socket = self.connect(guest, stream)
        socket.say("hello", **HELLO, **more)
        await until(lambda: socket.line.told("history"))
        return socket

    async def playing(self) -> tuple[Guest, str, Socket]:
        """A guest who listens to a stream that plays."""
        guest, project = await self.guest()
        stream = await self.stream(guest, project)
        socket = await self.listen(guest, stream)
        socket.say("play")
        await until(lambda: self.pool.jobs)
        return guest, stream, socket

    async def refused(self, socket: Socket) -> tuple[int, str]:
        """How a socket was closed."""
        await until(lambda: socket.line.closed)
        assert socket.line.closed
        return socket.line.closed

    async def tidy(self, later_s: float = 0.0, *, store: bool = False) -> None:
        """Housekeeping, as if it were later."""
        await self.studio.tidy(asyncio.get_running_loop().time() + later_s, store=store)


@asynccontextmanager
async def studio(folder: Path, cores: float = 4.0, **changed: Any) -> AsyncIterator[Open]:
    """Open it; everything is closed at the end, as the server does."""
    async with desk(folder, **changed) as house:
        context, pool, admission = house.context, RestingPool(), Admission(cores)
        sessions = Sessions(context.settings.data_path / "sessions", context.settings.streams, context.settings.resume_s)
        made = LiveStudio(
            Equipment(
                context.settings, context.database, context.blobs, sessions, pool, admission,  # type: ignore[arg-type]
                context.autosave, MonotonicClock(), ("pcm-f32",),
            )
        )  # fmt: skip
        house.context = replace(context, studio=made)
        house.app = application(house.context)
        opened = Open(house, made, pool, admission)
        await made.start()
        try:
            yield opened
        finally:
            await made.aclose()
            for task in opened.served:
                task.cancel()
            await asyncio.gather(*opened.served, return_exceptions=True)
