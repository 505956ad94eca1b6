"""The event logs of streams on their way to the store: what was heard, so that it can be bounced again."""

from collections.abc import Sequence
from typing import Any

from config.settings import Settings
from server.context import Context, Visitor, wall_ms
from storage import streams
from storage.database import Database
from storage.rows import StreamLog


async def begin(context: Context, visitor: Visitor, project: str, stream: str) -> None:
    """Make room for the log of a new stream."""
    keep = context.settings.logs_per_project
    async with context.database.write() as db:
        await streams.begin(db, visitor.id, project, stream, wall_ms(), keep, context.studio.live())


async def store(database: Database, settings: Settings, workspace: str, stream: str, entries: Sequence[Any]) -> None:
    """Store what is new in a log, of which ``entries`` are all so far. May be called as often as one likes."""
    async with database.write() as db:
        log = await streams.get(db, workspace, stream)
        await streams.append(db, workspace, stream, entries[log.entries :], settings.log_entries)


async def settle(context: Context, visitor: Visitor, stream: str) -> StreamLog:
    """Store what an open stream has logged so far; raises ``NotFound``."""
    async with context.database.read() as db:
        log = await streams.get(db, visitor.id, stream)
    entries = context.studio.log_of(stream)
    if entries is not None:
        await store(context.database, context.settings, visitor.id, stream, entries)
    return log
