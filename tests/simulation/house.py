"""The server in simulated time: the real studio, doors, sockets' protocol, pool and autosave, over stand-ins for database and
processes.

Only what reads or writes the database is overridden: a project's newest mix, its stems, stored revisions and logs.
"""

import asyncio
from collections.abc import Collection
from random import Random
from types import SimpleNamespace
from typing import Any

import uvicorn
from simulation.book import Book
from simulation.loop import SimulatedLoop
from simulation.workers import FakeNursery, Health
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from config.settings import Settings
from dsp.desk.mix import Mix
from dsp.desk.params import CLASSES
from server.autosave import Autosave
from server.doorkeeper import Doorkeeper
from server.hardened import HardenedProtocol
from server.live import Place
from server.memory import Memory
from server.opened import Opened
from server.studio import Equipment, LiveStudio
from server.tickets import Tickets
from server.visitor import Visitor
from storage.rows import Workspace
from streaming.desk.revisions import Draft
from streaming.desk.stage import Stage
from streaming.errors import StreamingError
from streaming.live.admission import Admission
from streaming.live.logbook import total
from streaming.live.player import Player
from streaming.render.pool import Pool

LIMIT_S = 2.0
"""A chunk that takes longer kills its worker."""


class Shelf:
    """What the database would hold: the revisions of every project, and how many entries of each log were stored."""

    def __init__(self) -> None:
        self.revisions: dict[str, list[tuple[str, Mix]]] = {}
        self.logs: dict[str, int] = {}

    def newest(self, project: str) -> tuple[str, Mix]:
        """Id and mix of a project's newest revision."""
        return self.revisions[project][-1]

    def add(self, project: str, mix: Mix) -> str:
        """Store one more."""
        kept = self.revisions.setdefault(project, [])
        kept.append((f"r{len(kept)}", mix))
        return kept[-1][0]


class Door(Doorkeeper):
    """The doorkeeper, with revisions from the shelf."""

    def __init__(self, settings: Settings, ring_frames: int, shelf: Shelf) -> None:
        super().__init__(settings, None, ring_frames)  # type: ignore[arg-type]
        self._shelf = shelf

    async def revision(self, place: Place, revision: str) -> Mix:
        """A stored revision of the project."""
        await asyncio.sleep(0.003)
        for kept, mix in self._shelf.revisions[place.stage.project]:
            if kept == revision:
                return mix
        raise StreamingError("the project has no such revision", "not_found")

    @property
    def away(self) -> int:
        """How many seats it keeps."""
        return len(self._away)


class Desks:
    """The stages of projects on the shelf, for :class:`server.stages.Stages`."""

    def __init__(self, equipment: Equipment, stages: dict[str, Stage], shelf: Shelf, assets: dict[str, str]) -> None:
        self._with, self._open, self._shelf, self._assets = equipment, stages, shelf, assets

    async def get(self, workspace: str, project: str) -> Stage:
        """The project's stage, opened if it is not."""
        if project not in self._open:
            revision, mix = self._shelf.newest(project)
            stage = Stage(workspace, project, mix, revision, self._with.clock, self._with.autosave.changed)
            stage.learn(self._assets)
            self._open[project] = stage
        return self._open[project]


class Shelved(Memory):
    """Remembers how much of each log was stored, and nothing that would outlive the process."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def keep(self, stream: str, opened: Opened, *_: object, last: bool = False) -> None:
        """Store what is new in a log."""
        new = total(opened.player.stream.log)
        if new != opened.stored:
            await asyncio.sleep(0.005)
            self._shelf.logs[stream] = opened.stored = new

    async def whose(self, _stream: str) -> None:
        """No other process was there before."""

    async def forget(self, _stream: str) -> None:
        """There is nothing to forget."""

    async def tidy(self, _live: Collection[str] = ()) -> None:
        """There is nothing to drop."""


class Studio(LiveStudio):
    """The studio, with projects and logs on the shelf."""

    def __init__(self, equipment: Equipment, shelf: Shelf, assets: dict[str, str]) -> None:
        super().__init__(equipment)
        self._door = self.door = Door(equipment.settings, self._limits.ring_frames, shelf)
        self._stages: Any = Desks(equipment, self._open.stages, shelf, assets)
        self._memory = Shelved(shelf)

    def player(self, stream: str) -> Player | None:
        """An open stream's player."""
        opened = self._open.streams.get(stream)
        return None if opened is None else opened.player

    def stages(self) -> dict[str, Stage]:
        """The open rooms."""
        return self._open.stages

    def sockets(self) -> int:
        """Permits that connections hold."""
        return sum(opened.sockets for opened in self._open.streams.values())


class House:
    """A server that nothing leaves and nothing enters but through :meth:`protocol`."""

    def __init__(self, loop: SimulatedLoop, seed: str, book: Book, health: Health, workers: int, lead_ms: int,
                 assets: dict[str, str]) -> None:  # fmt: skip
        self.loop, self.book, self.shelf = loop, book, Shelf()
        self.settings = Settings(lead_ms=lead_ms, log_entries=100_000, streams_per_workspace=4, listeners_per_stream=32)
        self.admission = Admission(workers, expected=0.012)
        self.pool = Pool(workers, limit_s=LIMIT_S, classes=CLASSES[1:], nursery=self._hire)  # type: ignore[arg-type]
        self._health, self._chance = health, Random(f"{seed}/workers")
        self.autosave = Autosave(self._save, loop, lambda _: None)
        equipment = Equipment(
            self.settings, None, SimpleNamespace(address=str), None, self.pool, self.admission, self.autosave, loop,  # type: ignore[arg-type]
            ("pcm-f32", "pcm-s16", "opus"),
        )  # fmt: skip
        self.studio = Studio(equipment, self.shelf, assets)
        self.tickets = Tickets(loop, self.settings.ticket_s, iter(f"ticket{n}" for n in range(1 << 30)).__next__)
        limits = {"ws_max_size": self.settings.socket_bytes, "ws_per_message_deflate": False}
        self._config = uvicorn.Config(self._app, interface="asgi3", log_config=None, **limits)
        self._config.loaded, self._config.loaded_app = True, self._app
        self.state = ServerState()
        self._protocol = type("SimulatedProtocol", (HardenedProtocol,), {"clock": loop})

    def _hire(self, _arguments: list[str], _standby: bool) -> FakeNursery:
        self.nursery = FakeNursery(self.loop, self._chance, self._health, self.book)
        return self.nursery

    async def _save(self, _workspace: str, project: str, draft: Draft) -> str:
        await asyncio.sleep(self._chance.uniform(0.002, 0.02))
        return self.shelf.add(project, draft.mix)

    def protocol(self) -> HardenedProtocol:
        """A new connection."""
        made: HardenedProtocol = self._protocol(self._config, self.state, {}, self.loop)
        return made

    async def open(self, workspace: str, project: str) -> tuple[str, str]:
        """Open a stream; answers its id and where its first listener connects. May raise a ``Problem``."""
        stream = await self.studio.open_stream(workspace, project)
        return stream, self.target(workspace, stream)

    def target(self, workspace: str, stream: str) -> str:
        """Where one more listener connects."""
        return f"/api/v1/streams/{stream}/ws?ticket={self.tickets.issue(workspace, stream)}"

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        """What the route does: let in whoever has a ticket."""
        socket = WebSocket(scope, receive, send)
        stream = scope["path"].split("/")[4]
        workspace = self.tickets.redeem(socket.query_params.get("ticket", ""), stream)
        if workspace is None:
            await socket.accept("stemwire.v1")
            await socket.send_json({"type": "error", "code": "no_session", "message": "no such ticket", "fatal": True})
            await socket.close(1008)
            return
        await self.studio.serve(socket, Visitor(Workspace(workspace, workspace.title(), 1, 1)), stream)

    async def aclose(self) -> None:
        """Stop as the server does."""
        await self.studio.aclose()
        await self.autosave.aclose()
