"""The event logs of live streams, stored in batches as they grow, and dropped in batches from the front; bounded a log and a
project. Entries are numbered from the stream's beginning; a batch is known by the number of its first one.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
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


async def append(
    connection: AsyncConnection, workspace: str, stream: str, first: int, stop: int, rows: Sequence[Any], limit: int
) -> None:
    """Add the entries numbered ``first`` to before ``stop``, as ``rows`` (JSON values); raises :class:`Full` beyond ``limit``."""
    log = await get(connection, workspace, stream)
    if not log.entries <= first < stop:
        raise ValueError(f"expected entries from {log.entries} on, got {first} to {stop}")
    oldest = await connection.scalar(select(func.min(stream_entries.c.first)).where(*_batches(workspace, stream)))
    if stop - (first if oldest is None else oldest) > limit:
        raise Full("entries of a stream's log", limit)
    row = {"stream_id": stream, "first": first, "workspace_id": workspace, "entries": json.dumps(list(rows))}
    await connection.execute(insert(stream_entries).values(**row))
    await connection.execute(update(streams).where(*_owned(workspace, stream)).values(entries=stop))


async def forget(connection: AsyncConnection, workspace: str, stream: str, first: int) -> int:
    """Drop the batches that begin before entry ``first``, and return how many those were."""
    old = delete(stream_entries).where(*_batches(workspace, stream), stream_entries.c.first < first)
    return (await connection.execute(old)).rowcount


async def get(connection: AsyncConnection, workspace: str, stream: str) -> StreamLog:
    """A stream's log without its entries; raises :class:`NotFound`."""
    query = select(*columns(StreamLog, streams)).where(*_owned(workspace, stream))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("stream")
    return record(StreamLog, row)


async def entries(connection: AsyncConnection, workspace: str, stream: str) -> list[Any]:
    """All rows of a log that are kept, in order."""
    await get(connection, workspace, stream)
    query = select(stream_entries.c.entries).where(*_batches(workspace, stream)).order_by(stream_entries.c.first)
    batches = await connection.scalars(query)
    return [entry for batch in batches for entry in json.loads(batch)]


def _owned(workspace: str, stream: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return streams.c.workspace_id == workspace, streams.c.id == stream


def _batches(workspace: str, stream: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return stream_entries.c.workspace_id == workspace, stream_entries.c.stream_id == stream
