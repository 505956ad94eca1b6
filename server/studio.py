"""The studio: every open project's stage and its streams, from the first listener to the last.

It is where streams meet the database: it opens a stage with the project's newest revision, hands what changes to autosave, stores
event logs, and closes what nobody listens to. What a stream does is ``streaming``'s matter.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from starlette.websockets import WebSocket

from config.settings import Settings
from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import RATE
from server import desks, heard
from server.autosave import Autosave
from server.context import new_id
from server.doorkeeper import Doorkeeper
from server.errors import CAPACITY, STREAMS_FULL, Problem, retry_after
from server.live import Live, Place
from server.seams import Edit
from server.visitor import Visitor
from storage import mixes, stems
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import NotFound
from streaming.desk.room import Person
from streaming.desk.stage import Stage
from streaming.live.admission import Admission
from streaming.live.clock import Clock
from streaming.live.engine import Engine
from streaming.live.lead import Limits
from streaming.live.log import Log
from streaming.live.logbook import total
from streaming.live.player import Player
from streaming.live.stream import Stream
from streaming.protocol import messages
from streaming.protocol.wire import SUBPROTOCOL, Close
from streaming.render.pool import Pool

"""Audio that a stream's ring holds (5 s): its lead, what lies behind the playhead, and some to spare."""
UNHEARD_S = 30.0
"""A stream that nobody has listened to for this long is closed (a ticket lives as long)."""
TICK_S = 1.0
STORE_TICKS = 10
"""Logs are stored once in so many ticks."""
RETRY_S = 2
"""When listeners are told to come back after the server has said goodbye."""


@dataclass(slots=True)
class _Open:
    workspace: str
    project: str
    player: Player
    unheard_since: float
    sockets: int = 0
    stored: int = 0


@dataclass(slots=True)
class _Parts:
    stages: dict[str, Stage] = field(default_factory=dict)
    streams: dict[str, _Open] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the studio works with."""

    settings: Settings
    database: Database
    blobs: LocalBlobs
    pool: Pool
    admission: Admission
    autosave: Autosave
    clock: Clock
    codecs: tuple[messages.Codec, ...]


class LiveStudio:
    """The open projects and streams of this server."""

    def __init__(self, equipment: Equipment) -> None:
        self._with = equipment
        self._open = _Parts()
        settings = equipment.settings
        self._limits = Limits(lead_frames=settings.lead_ms * RATE // 1000, log_entries=settings.log_entries)
        self._door = Doorkeeper(settings, equipment.database, self._limits.ring_frames)
        self._log = structlog.get_logger("server.studio")
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the render pool and the housekeeping."""
        await self._with.pool.start()
        self._keeper = asyncio.create_task(self._keep(), name="studio")

    async def aclose(self) -> None:
        """Say goodbye to every listener, store the logs and stop the pool."""
        await self.goodbye()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for stream in list(self._open.streams):
            await self._close(stream, Close.GOING_AWAY)
        await self._with.pool.aclose()

    async def goodbye(self) -> None:
        """Tell every listener that the server goes, and close the lines."""
        for opened in self._open.streams.values():
            opened.player.broadcast(messages.Bye("draining", RETRY_S))
            for seat in opened.player.seats:
                seat.outlet.close(Close.GOING_AWAY, "draining")

    # What routes ask

    async def edit(self, project: str, author: Visitor, edits: Sequence[Edit], gesture: str | None) -> Mix | None:
        """Apply edits in the project's room, all or none, and return its mix; ``None`` when no room is open."""
        stage = await self._met(project, author)
        if stage is None:
            return None
        return stage.edit(author.id, [(edit.path, edit.value) for edit in edits], gesture)

    async def replace(self, project: str, author: Visitor, mix: Mix) -> bool:
        """Make ``mix`` the desk of the project's room; false when no room is open."""
        stage = await self._met(project, author)
        if stage is None:
            return False
        stage.switch(mix, author.id)
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
            self._admit(workspace, stream)
            try:
                stage = await self._stage(workspace, project)
                player = self._player(stream, stage)
            except BaseException:
                self._with.admission.release(stream)
                raise
            stage.players[stream] = player
            now = asyncio.get_running_loop().time()
            self._open.streams[stream] = _Open(workspace, project, player, now)
            return stream

    async def serve(self, socket: WebSocket, visitor: Visitor, stream: str) -> None:
        """Serve one listener of a stream until it leaves."""
        offered = SUBPROTOCOL in socket.scope["subprotocols"]
        await socket.accept(SUBPROTOCOL if offered else None)
        opened = self._open.streams.get(stream)
        if not offered:
            await socket.close(Close.PROTOCOL_ERROR, f"sub-protocol {SUBPROTOCOL} expected")
        elif opened is None or opened.workspace != visitor.id:
            await socket.close(Close.UNKNOWN_STREAM, "unknown stream")
        elif opened.sockets >= self._with.settings.listeners_per_stream:
            await socket.close(Close.TRY_LATER, "the stream is full")
        else:
            stage = self._open.stages[opened.project]
            person = Person(visitor.id, visitor.workspace.name, "controller")
            opened.sockets += 1
            try:
                await Live(socket, Place(stage, opened.player, person, self._with.codecs), self._door, self._with.clock).run()
            finally:
                opened.sockets -= 1

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

    def _admit(self, workspace: str, stream: str) -> None:
        settings, streams = self._with.settings, self._open.streams
        if sum(opened.workspace == workspace for opened in streams.values()) >= settings.streams_per_workspace:
            sentence = f"The workspace has {settings.streams_per_workspace} streams open; close one."
            raise Problem(STREAMS_FULL, sentence, headers=retry_after(UNHEARD_S))
        if len(streams) >= settings.streams:
            raise Problem(CAPACITY, "The server has as many streams open as it may.", headers=retry_after(10))
        refusal = self._with.admission.admit(stream)
        if refusal is not None:
            raise Problem(CAPACITY, f"{refusal}.", headers=retry_after(refusal.retry_after_s))

    async def _met(self, project: str, author: Visitor) -> Stage | None:
        """The project's stage, if it is open, which has heard of the author and of all stems."""
        stage = self._open.stages.get(project)
        if stage is not None:
            await self._learn(stage)
            stage.room.meet(author.id, author.workspace.name)
        return stage

    async def _stage(self, workspace: str, project: str) -> Stage:
        stage = self._open.stages.get(project)
        if stage is None:
            async with self._with.database.read() as db:
                head = await mixes.head(db, workspace, project)
            clock, changed, least_us = self._with.clock, self._with.autosave.changed, self._with.settings.autosave_ms * 1000
            stage = Stage(workspace, project, desks.mix_of(head), head.id, clock, changed, least_us)
            await self._learn(stage)
            self._open.stages[project] = stage
        return stage

    async def _learn(self, stage: Stage) -> None:
        """Let a stage know of the project's stems."""
        async with self._with.database.read() as db:
            assets = await stems.assets(db, stage.workspace, stage.project)
        blobs = self._with.blobs
        new = [asset for asset in assets if asset not in stage.paths]
        stage.learn(await asyncio.to_thread(lambda: {asset: str(blobs.path(asset)) for asset in new}))

    def _player(self, identity: str, stage: Stage) -> Player:
        mix, limits = stage.room.mix, self._limits
        paths = {asset: stage.paths[asset] for asset in sorted(mix.assets)}
        engine = Engine(self._with.pool, tracks_class(mix), limits.slots, limits.ring_frames, paths, limits.ahead_frames)
        stream = Stream(
            mix, arena=engine.number, generation=engine.arena, tracks=engine.tracks, slots=limits.slots,
            ring_frames=limits.ring_frames,
            sources=engine.sources, limits=limits,
        )  # fmt: skip
        cost = partial(self._cost, identity)
        return Player(identity, stream, engine, self._with.clock, lambda: stage.revision, cost)

    def _cost(self, stream: str, frames: int, cpu_us: int) -> None:
        self._with.admission.measured(stream, frames / RATE, cpu_us / 1e6)

    async def _close(self, stream: str, code: Close, *, store: bool = True) -> None:
        opened = self._open.streams.pop(stream)
        if store:
            await self._store(stream, opened)
        opened.player.close(code, "the stream has ended")
        self._with.admission.release(stream)
        stage = self._open.stages.get(opened.project)
        if stage is not None:
            stage.players.pop(stream, None)

    # Housekeeping

    async def _keep(self) -> None:
        tick = 0
        while True:
            await asyncio.sleep(TICK_S)
            tick += 1
            await self.tidy(asyncio.get_running_loop().time(), store=tick % STORE_TICKS == 0)

    async def tidy(self, now: float, *, store: bool = False) -> None:
        """Give up what nobody came back to, tell how streams are doing, and, if asked, store their logs."""
        self._door.tidy(now)
        for stream, opened in list(self._open.streams.items()):
            await self._look_after(stream, opened, now, store=store)
        for project, stage in list(self._open.stages.items()):
            # A desk that could not be stored yet stays open, so that whoever comes back finds it.
            if not stage.players and not self._with.autosave.pending(project):
                del self._open.stages[project]

    async def _look_after(self, stream: str, opened: _Open, now: float, *, store: bool) -> None:
        if opened.player.seats or self._door.expects(stream):
            opened.unheard_since = now
            opened.player.broadcast(opened.player.stats())
        try:
            if now - opened.unheard_since > UNHEARD_S:
                await self._close(stream, Close.DONE)
            elif store:
                await self._store(stream, opened)
        except Exception:  # noqa: BLE001 - the keeper must outlive one stream's trouble
            self._log.exception("stream not looked after", stream=stream)

    async def _store(self, stream: str, opened: _Open) -> None:
        log = opened.player.stream.log
        new = total(log)
        if new == opened.stored:
            return
        try:
            await heard.store(self._with.database, self._with.settings, opened.workspace, stream, log)
            opened.stored = new
        except NotFound:
            self._log.info("log of a deleted project not stored", stream=stream)
