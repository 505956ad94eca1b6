"""The event logs of streams on their way to the store: what was heard, so that it can be bounced again."""

from dataclasses import dataclass

import structlog

from config.settings import Settings
from server.context import Context, wall_ms
from server.visitor import Visitor
from storage import streams
from storage.database import Database
from storage.errors import NotFound
from storage.rows import StreamLog
from streaming import logbook
from streaming.log import Log


async def begin(context: Context, visitor: Visitor, project: str, stream: str) -> None:
    """Make room for the log of a new stream."""
    keep = context.settings.logs_per_project
    async with context.database.write() as db:
        await streams.begin(db, visitor.id, project, stream, wall_ms(), keep, context.studio.live())


async def store(database: Database, settings: Settings, workspace: str, stream: str, log: Log) -> None:
    """Store what is new in a log, and drop what the log has dropped. May be called as often as one likes."""
    async with database.write() as db:
        before = (await streams.get(db, workspace, stream)).entries
        dropped = await streams.forget(db, workspace, stream, log.dropped) if log.dropped else 0
        pages = logbook.pages(log, before)
        for page in pages:
            # A log that is full has one entry more: its end.
            await streams.append(db, workspace, stream, page.first, page.stop, page.rows, settings.log_entries + 1)
    lost = pages[0].first - before if pages else 0
    if dropped or lost:
        structlog.get_logger("server.heard").warning(
            "the log of a stream is cut", stream=stream, kept_from=log.dropped, never_stored=lost
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """Frames ``start`` to before ``stop`` of a stream, in which a listener heard something else: a splice reached it late."""

    listener: str
    start: int
    stop: int


async def missed(context: Context, visitor: Visitor, stream: str, start: int, stop: int) -> list[Missed]:
    """What listeners of a stream have reported late between two frames; nothing when its log is gone."""
    try:
        async with context.database.read() as db:
            rows = await streams.entries(db, visitor.id, stream)
    except NotFound:
        return []
    told = [Missed(row["author"], *row["span"]) for row in rows if row.get("kind") == "late"]
    return [each for each in told if each.start < stop and start < each.stop]


async def settle(context: Context, visitor: Visitor, stream: str) -> StreamLog:
    """Store what an open stream has logged so far; raises ``NotFound``."""
    async with context.database.read() as db:
        stored = await streams.get(db, visitor.id, stream)
    log = context.studio.log_of(stream)
    if log is not None:
        await store(context.database, context.settings, visitor.id, stream, log)
    return stored
