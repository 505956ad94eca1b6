"""The event logs of live streams, stored in batches as they grow; bounded a log and a project."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects
from storage.errors import Full, NotFound
from storage.rows import StreamLog, columns, record
from storage.tables import stream_entries, streams


async def begin(
    connection: AsyncConnection, workspace: str, project: str, stream: str, now: int, keep: int, live: Collection[str] = ()
) -> None:
    """Start the log of a stream; the project's oldest logs beyond ``keep`` go, except those of streams that still ``live``."""
    await projects.get(connection, workspace, project)
    row = {"id": stream, "workspace_id": workspace, "project_id": project, "started_at": now, "entries": 0}
    await connection.execute(insert(streams).values(**row))
    owned = (streams.c.workspace_id == workspace) & (streams.c.project_id == project)
    newest = select(streams.c.id).where(owned).order_by(streams.c.started_at.desc(), streams.c.id).limit(keep)
    await connection.execute(delete(streams).where(owned, streams.c.id.not_in(newest), streams.c.id.not_in(live)))


async def append(connection: AsyncConnection, workspace: str, stream: str, entries: Sequence[Any], limit: int) -> int:
    """Add entries (JSON values) to a log and return how many it has; raises :class:`Full` beyond ``limit``."""
    log = await get(connection, workspace, stream)
    if log.entries + len(entries) > limit:
        raise Full("entries of a stream's log", limit)
    if not entries:
        return log.entries
    row = {"stream_id": stream, "first": log.entries, "workspace_id": workspace, "entries": json.dumps(list(entries))}
    await connection.execute(insert(stream_entries).values(**row))
    total = log.entries + len(entries)
    await connection.execute(update(streams).where(*_owned(workspace, stream)).values(entries=total))
    return total


async def get(connection: AsyncConnection, workspace: str, stream: str) -> StreamLog:
    """A stream's log without its entries; raises :class:`NotFound`."""
    query = select(*columns(StreamLog, streams)).where(*_owned(workspace, stream))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("stream")
    return record(StreamLog, row)


async def entries(connection: AsyncConnection, workspace: str, stream: str) -> list[Any]:
    """All entries of a log, in order."""
    await get(connection, workspace, stream)
    owned = (stream_entries.c.workspace_id == workspace) & (stream_entries.c.stream_id == stream)
    batches = await connection.scalars(select(stream_entries.c.entries).where(owned).order_by(stream_entries.c.first))
    return [entry for batch in batches for entry in json.loads(batch)]


def _owned(workspace: str, stream: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return streams.c.workspace_id == workspace, streams.c.id == stream
