"""The studio: every open project's stage and its streams, from the first listener to the last.

It is where streams meet the database: it opens a stage with the project's newest revision, hands what changes to autosave, stores
event logs, and closes what nobody listens to. What a stream does is ``streaming``'s matter.
"""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket

from config.settings import Settings
from dsp.desk.mix import Mix
from dsp.grid import RATE
from server.autosave import Autosave
from server.company import Company
from server.context import new_id
from server.doorkeeper import Doorkeeper, Entry
from server.errors import Problem
from server.gate import FULL_S, RETRY_S, UNHEARD_S, Gate
from server.hardened import LINK
from server.live import Live, Place
from server.memory import Memory, Remembered
from server.opened import Opened, Parts
from server.players import Players
from server.seams import Edit
from server.stages import Stages
from server.troubles import trouble_of
from server.visitor import Visitor
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import NotFound, StorageError
from storage.sessions import Sessions
from streaming.live.admission import Admission
from streaming.live.clock import Clock
from streaming.live.lead import Limits
from streaming.live.log import Log
from streaming.live.logbook import total
from streaming.live.player import Rendered
from streaming.protocol import messages
from streaming.protocol.wire import SUBPROTOCOL, Close
from streaming.render.pool import Pool

TICK_S = 1.0
SWEEP_TICKS = 60
"""What is remembered of streams that nobody came back to is looked through once in so many ticks."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the studio works with."""

    settings: Settings
    database: Database
    blobs: LocalBlobs
    sessions: Sessions
    pool: Pool
    admission: Admission
    autosave: Autosave
    clock: Clock
    codecs: tuple[messages.Codec, ...]


class LiveStudio:
    """The open projects and streams of this server."""

    def __init__(self, equipment: Equipment) -> None:
        self._with = equipment
        self._open = Parts()
        self.company = Company(self._open.stages, self._open.streams)
        settings = equipment.settings
        self._limits = Limits(lead_frames=settings.lead_ms * RATE // 1000, log_entries=settings.log_entries)
        self.gate = Gate(settings, equipment.admission, equipment.clock)
        self._door = Doorkeeper(settings, equipment.database, self._limits.ring_frames)
        self._memory = Memory(equipment.database, settings, equipment.sessions, self._limits)
        parts = self._open.stages, equipment.database, equipment.blobs, equipment.clock, equipment.autosave
        self._stages = Stages(*parts, settings.autosave_ms * 1000)
        self._players = Players(equipment.pool, equipment.clock, self._limits, self._cost, equipment.blobs.address)
        self._log = structlog.get_logger("server.studio")
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the render pool and the housekeeping."""
        await self._memory.tidy()
        await self._with.pool.start()
        self._keeper = asyncio.create_task(self._keep(), name="studio")

    async def aclose(self) -> None:
        """Say goodbye to every listener, store the logs and stop the pool."""
        if not self.gate.is_closed:
            await self.goodbye()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for stream in list(self._open.streams):
            await self._close(stream, Close.GOING_AWAY, forget=False)
        await self._with.pool.aclose()

    async def goodbye(self) -> None:
        """Take no more streams, tell every listener that the server goes, remember where they are, and close the lines."""
        self.gate.is_closed = True
        streams = list(self._open.streams.items())
        for _, opened in streams:
            opened.player.broadcast(messages.Bye("draining", RETRY_S))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._with.settings.drain_s / 4):
                for stream, opened in streams:
                    await self._keep_stream(stream, opened, asyncio.get_running_loop().time(), last=True)
        for _, opened in streams:
            for seat in opened.player.seats:
                seat.outlet.close(Close.GOING_AWAY, "draining")

    # What routes ask

    async def edit(self, project: str, author: Visitor, edits: Sequence[Edit], gesture: str | None) -> Mix | None:
        """Apply edits in the project's room, all or none, and return its mix; ``None`` when no room is open."""
        stage = await self._stages.met(project, author)
        if stage is None:
            return None
        return stage.edit(author.person, [(edit.path, edit.value) for edit in edits], gesture)

    async def replace(self, project: str, author: Visitor, mix: Mix) -> bool:
        """Make ``mix`` the desk of the project's room; false when no room is open."""
        stage = await self._stages.met(project, author)
        if stage is None:
            return False
        stage.switch(mix, author.person)
        return True

    def kept(self, project: str, revision: str) -> None:
        """The project's desk has been kept under a name, as this revision."""
        stage = self._open.stages.get(project)
        if stage is not None:
            stage.kept(revision)

    async def open_stream(self, workspace: str, project: str) -> str:
        """Make ready a stream of the project; raises a ``Problem`` when the server or the workspace is full."""
        async with self._open.opening:
            stream = new_id("s")
            self.gate.admit(workspace, stream)
            try:
                stage = await self._stages.get(workspace, project)
                player = self._players.new(stream, stage)
            except BaseException:
                self.gate.release(stream)
                raise
            stage.players[stream] = player
            now = asyncio.get_running_loop().time()
            self._open.streams[stream] = Opened(workspace, project, player, now)
            return stream

    async def serve(self, socket: WebSocket, visitor: Visitor, stream: str) -> None:
        """Serve one listener of a stream until it leaves."""
        offered = SUBPROTOCOL in socket.scope["subprotocols"]
        await socket.accept(SUBPROTOCOL if offered else None)
        opened = await self._found(stream, visitor) if offered and not self.gate.is_closed else None
        if not offered:
            await socket.close(Close.PROTOCOL_ERROR, f"sub-protocol {SUBPROTOCOL} expected")
        elif self.gate.is_closed or isinstance(opened, Problem):
            await socket.close(Close.TRY_LATER, "no room for the stream just now")
        elif opened is None or (entry := await self._door.entry(visitor, opened)) is None:
            await socket.close(Close.UNKNOWN_STREAM, "unknown stream")
        elif (seat := self.seat(stream)) is None:
            socket.scope["extensions"][LINK].write_text(messages.Bye("full", FULL_S).to_json())
            await socket.close(Close.TRY_LATER, "the stream is full")
        else:
            with seat:
                await entry.lasting(Live(socket, self._placed(opened, entry), self._door, self._with.clock))

    async def place(self, visitor: Visitor, stream: str) -> Place | None:
        """Where a stream is, and as what a visitor is there; ``None`` when there is none of that id for them."""
        opened = self._open.streams.get(stream)
        entry = await self._door.entry(visitor, opened) if opened else None
        return self._placed(opened, entry) if opened and entry else None

    def _placed(self, opened: Opened, entry: Entry) -> Place:
        return Place(self._open.stages[opened.project], opened.player, entry.person, self._with.codecs)

    def seat(self, stream: str) -> AbstractContextManager[None] | None:
        """A listener's seat at an open stream, counted while it is held; ``None`` when they are all taken."""
        opened = self._open.streams[stream]
        return None if opened.sockets >= self._with.settings.listeners_per_stream else opened.seated()

    def live(self) -> Collection[str]:
        """The ids of the open streams."""
        return tuple(self._open.streams)

    def log_of(self, stream: str) -> Log | None:
        """An open stream's log."""
        opened = self._open.streams.get(stream)
        return None if opened is None else opened.player.stream.log

    async def close_project(self, project: str) -> None:
        """Close the project's room and streams: it is being deleted."""
        for stream in [stream for stream, opened in self._open.streams.items() if opened.project == project]:
            await self._close(stream, Close.GOING_AWAY, store=False)
        self._open.stages.pop(project, None)

    # Opening and closing

    async def _found(self, stream: str, visitor: Visitor) -> Opened | Problem | None:
        """An open stream, or one that a process before this one has left; a ``Problem`` where there is no room for it."""
        if stream in self._open.streams:
            return self._open.streams[stream]
        whose = await self._memory.whose(stream)
        if whose is None or await self._door.entry(visitor, whose) is None:
            return None
        left = await self._memory.recall(stream, whose, self._with.pool.stamp)
        async with self._open.opening:
            if left is None or stream in self._open.streams:
                return self._open.streams.get(stream)
            try:
                return await self._reopen(stream, whose.workspace, visitor, left)
            except Problem as problem:
                return problem
            except NotFound:
                return None  # its project was deleted

    async def _reopen(self, stream: str, workspace: str, visitor: Visitor, left: Remembered) -> Opened:
        self.gate.admit(workspace, stream)
        try:
            is_first = left.project not in self._open.stages
            stage = await self._stages.get(workspace, left.project)
            if is_first:
                self._stages.restore(stage, visitor, left)
            player = self._players.again(stream, stage, left)
        except BaseException:
            self.gate.release(stream)
            raise
        stage.players[stream] = player
        self._door.expect(stream, left.returning)
        self._open.streams[stream] = opened = Opened(workspace, left.project, player, asyncio.get_running_loop().time())
        opened.stored = total(left.past.log)
        self._log.info("a stream goes on", stream=stream)
        return opened

    def _cost(self, stream: str) -> Rendered:
        return lambda frames, cpu_us: self._with.admission.measured(stream, frames / RATE, cpu_us / 1e6)

    async def _close(self, stream: str, code: Close, *, store: bool = True, forget: bool = True) -> None:
        opened = self._open.streams.pop(stream)
        try:
            if store:
                await self._keep_stream(stream, opened, asyncio.get_running_loop().time())
            if forget:
                await self._memory.forget(stream)
        finally:  # a log that cannot be stored holds no memory and no place
            opened.player.close(code, "the stream has ended")
            self.gate.release(stream)
            if stage := self._open.stages.get(opened.project):
                stage.players.pop(stream, None)

    # Housekeeping

    async def _keep(self) -> None:
        tick = 0
        while True:
            await asyncio.sleep(TICK_S)
            tick += 1
            await self.tidy(asyncio.get_running_loop().time(), store=True)
            if tick % SWEEP_TICKS == 0:
                await self._memory.tidy(self.live())

    async def tidy(self, now: float, *, store: bool = False) -> None:
        """Give up what nobody came back to, tell how streams are doing, and, if asked, store what must outlive this process."""
        self._door.tidy(now)
        self.company.tell()
        for stream, opened in list(self._open.streams.items()):
            await self._look_after(stream, opened, now, store=store)
        for project, stage in list(self._open.stages.items()):
            # A desk that could not be stored yet stays open, so that whoever comes back finds it.
            if not stage.players and not self._with.autosave.pending(project):
                del self._open.stages[project]

    async def _look_after(self, stream: str, opened: Opened, now: float, *, store: bool) -> None:
        if opened.player.seats or self._door.expects(stream):
            opened.unheard_since = now
            opened.player.broadcast(opened.player.stats())
        try:
            if now - opened.unheard_since > UNHEARD_S:
                await self._close(stream, Close.DONE)
            elif store:
                await self._keep_stream(stream, opened, now)
        except Exception:  # noqa: BLE001 - the keeper must outlive one stream's trouble
            self._log.exception("stream not looked after", stream=stream)

    async def _keep_stream(self, stream: str, opened: Opened, now: float, *, last: bool = False) -> None:
        """Store what is new of a stream; where that cannot be, its listeners are told, and it is tried again."""
        stage = self._open.stages.get(opened.project)
        try:
            revision = stage.revision if stage else ""
            await self._memory.keep(stream, opened, revision, self._with.pool.stamp, now, last=last)
        except (OSError, SQLAlchemyError, StorageError) as error:
            self._log.error("a stream could not be stored", stream=stream, reason=str(error)[:200])
            opened.player.alarm.sound(trouble_of(error))
