"""What is remembered of open streams, so that they outlive their process, and how it is read back.

The log goes to the database as it grows; the standing (a few numbers and who listens) and a bookmark (the console's state) go to
small files, from a thread. All of it is bounded in size and age; what is missing or does not fit costs the stream its life, and
nothing else: its listeners open another one.
"""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from config.settings import Settings
from dsp.desk.mix import MixError
from dsp.grid import RATE
from dsp.slot.layout import ring_floats
from server import heard
from server.auth import token_hash
from server.context import wall_ms
from server.opened import Opened
from storage import streams
from storage.database import Database
from storage.errors import NotFound
from storage.sessions import Sessions
from streaming.live import logbook
from streaming.live.bookmark import Bookmark
from streaming.live.lead import Limits
from streaming.live.log import Log
from streaming.live.logbook import total
from streaming.live.past import STANDING_S, Past, Standing, recall
from streaming.live.resumed import standing_of

BOOKMARK_S = 15.0
"""A bookmark is never older than this, and what it takes to write it: so much is rendered again."""

STANDING, BOOKMARK = "standing", "bookmark"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose stream of which project another process has left, and what it last wrote of it."""

    workspace: str
    project: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Returning:
    """A listener that may come back to a stream whose process died; known by the hash of its token."""

    id: str
    token_hash: str
    meters_hz: int
    scope_hz: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stream as it was left, the revision that its desk followed then, its listeners, and where its sources are numbered."""

    project: str
    revision: str
    past: Past
    returning: Sequence[Returning]
    sources: Mapping[str, int]


class _Numbers(dict[str, int]):
    """Numbers assets in the order in which they are asked for."""

    def __missing__(self, asset: str) -> int:
        self[asset] = len(self)
        return self[asset]


class Memory:
    """Keeps and recalls streams. ``stamp`` tells the kernels of today from others."""

    def __init__(self, database: Database, settings: Settings, sessions: Sessions, limits: Limits) -> None:
        self._database, self._settings, self._sessions = database, settings, sessions
        self._longest = ring_floats(limits.ahead_frames)

    async def keep(self, stream: str, opened: Opened, revision: str, stamp: bytes, now: float, *, last: bool = False) -> None:
        """Store what is new of a stream; ``last`` when nothing will be any more. What could not be stored is tried again."""
        player, log = opened.player, opened.player.stream.log
        told = _told(opened, revision)
        bookmark = None
        is_due = last or now - opened.marked_at >= BOOKMARK_S or opened.tracks != player.tracks
        if is_due and player.stream.transport.is_running:
            bookmark = player.bookmark()
        new = total(log)
        if new != opened.stored and await self._store(stream, opened, log):
            opened.stored = new
        if last or bookmark or _is_news(opened, told, now):
            content = json.dumps({**told, "written_ms": wall_ms()}).encode()
            await asyncio.to_thread(self._write, stream, content, bookmark, stamp)
            opened.told, opened.told_at = told, now
            if bookmark:
                opened.marked_at, opened.tracks = now, bookmark.tracks

    def _write(self, stream: str, standing: bytes, bookmark: Bookmark | None, stamp: bytes) -> None:
        if bookmark is not None:
            self._sessions.save(stream, BOOKMARK, bookmark.pack(stamp))
        self._sessions.save(stream, STANDING, standing)

    async def _store(self, stream: str, opened: Opened, log: Log) -> bool:
        """Store what is new in the log; false when nobody has begun one in the database, or its project is gone."""
        try:
            await heard.store(self._database, self._settings, opened.workspace, stream, log)
        except NotFound:
            return False
        return True

    async def forget(self, stream: str) -> None:
        """The stream is over."""
        await asyncio.to_thread(self._sessions.forget, stream)

    async def tidy(self, live: Collection[str] = ()) -> None:
        """Drop what nobody will come back to."""
        await asyncio.to_thread(self._sessions.sweep, live)

    async def whose(self, stream: str) -> Whose | None:
        """Whose stream it was, if any of that id is remembered."""
        content = await asyncio.to_thread(self._sessions.load, stream, STANDING)
        told: dict[str, Any] = json.loads(content) if content else {}
        return Whose(told["workspace"], told["project"], told) if told.get("schema") == SCHEMA else None

    async def recall(self, stream: str, whose: Whose, stamp: bytes) -> Remembered | None:
        """Read a stream back that another process has played; nothing where it cannot go on."""
        try:
            async with self._database.read() as db:
                entries = (await streams.get(db, whose.workspace, stream)).entries
                rows = await streams.entries(db, whose.workspace, stream)
        except NotFound:
            return None
        return await asyncio.to_thread(self._recall, stream, whose.told, rows, entries, stamp)

    def _recall(self, stream: str, told: Mapping[str, Any], rows: list[Any], entries: int, stamp: bytes) -> Remembered | None:
        log = logbook.take_up(rows, entries, self._settings.log_entries)
        content = self._sessions.load(stream, BOOKMARK)
        bookmark = Bookmark.unpack(content, stamp, self._longest) if content else None
        elapsed = max(0, wall_ms() - told["written_ms"]) * RATE // 1000
        sources = _Numbers()
        try:
            past = recall(log, Standing.from_json(told["standing"]), bookmark, sources, elapsed)
        except MixError:
            structlog.get_logger("server.memory").exception("a stream's log cannot be read", stream=stream)
            return None
        if past is None:
            return None
        return Remembered(told["project"], told["revision"], past, [Returning(**row) for row in told["returning"]], dict(sources))


def _told(opened: Opened, revision: str) -> dict[str, Any]:
    player = opened.player
    seated = [
        {"id": seat.id, "token_hash": token_hash(seat.token), "meters_hz": seat.meters_hz, "scope_hz": seat.scope_hz}
        for seat in player.seats
    ]
    return {
        "schema": SCHEMA, "workspace": opened.workspace, "project": opened.project, "revision": revision,
        "standing": standing_of(player.stream, player.now_us()).to_json(),
        "returning": seated or opened.told.get("returning", []),
    }  # fmt: skip


def _is_news(opened: Opened, told: dict[str, Any], now: float) -> bool:
    """Whether more has changed than where the playhead is, or that was told long ago."""
    moving = ("playhead", "ready_to")
    before, after = (
        {**one, "standing": {name: value for name, value in one.get("standing", {}).items() if name not in moving}}
        for one in (opened.told, told)
    )
    return before != after or (told["standing"]["state"] == "playing" and now - opened.told_at >= STANDING_S)
