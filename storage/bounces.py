"""Bounces: what was asked for, how far it is, and the file that came of it.

A bounce goes ``queued -> running -> done | failed | cancelled``. The functions that move it say in their query which state they
move it from, so that a cancelled bounce can never be finished by a job that has not heard of it.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects
from storage.errors import Full, NotFound
from storage.rows import Bounce, columns, record
from storage.tables import bounces

OPEN = ("queued", "running")
"""The states of a bounce that is not over."""


async def create(connection: AsyncConnection, workspace: str, bounce: Bounce, kept: int, queued: int) -> None:
    """Store a new bounce; raises :class:`Full` when the project keeps ``kept`` or the workspace waits for ``queued`` already."""
    await projects.get(connection, workspace, bounce.project_id)
    owned = bounces.c.workspace_id == workspace
    await _room(connection, owned & (bounces.c.project_id == bounce.project_id), "bounces", kept)
    await _room(connection, owned & bounces.c.status.in_(OPEN), "waiting bounces", queued)
    await connection.execute(insert(bounces).values(workspace_id=workspace, **asdict(bounce)))


async def get(connection: AsyncConnection, workspace: str, bounce: str) -> Bounce:
    """One bounce; raises :class:`NotFound`."""
    row = (await connection.execute(select(*columns(Bounce, bounces)).where(*_owned(workspace, bounce)))).one_or_none()
    if row is None:
        raise NotFound("bounce")
    return record(Bounce, row)


async def listing(connection: AsyncConnection, workspace: str, project: str) -> list[Bounce]:
    """The project's bounces, newest first."""
    await projects.get(connection, workspace, project)
    owned = (bounces.c.workspace_id == workspace) & (bounces.c.project_id == project)
    query = select(*columns(Bounce, bounces)).where(owned).order_by(bounces.c.created_at.desc(), bounces.c.id)
    return [record(Bounce, row) for row in await connection.execute(query)]


async def unfinished(connection: AsyncConnection) -> list[tuple[str, Bounce]]:
    """Every workspace's bounces that are not over, oldest first, each with its workspace: for those who render them."""
    query = (
        select(bounces.c.workspace_id, *columns(Bounce, bounces)).where(bounces.c.status.in_(OPEN)).order_by(bounces.c.created_at)
    )
    return [(row[0], Bounce(*row[1:])) for row in await connection.execute(query)]


async def start(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """A job has taken it up (again, after a crash); false when it was cancelled or is over."""
    return await _move(connection, workspace, bounce, OPEN, now, status="running")


async def advance(connection: AsyncConnection, workspace: str, bounce: str, progress: float, now: int) -> bool:
    """Note how far it is (0 to 1); false when it should stop."""
    return await _move(connection, workspace, bounce, ("running",), now, progress=progress)


async def finish(connection: AsyncConnection, workspace: str, bounce: str, blob: str, size: int, now: int) -> bool:
    """The file is in the blob store."""
    return await _move(connection, workspace, bounce, ("running",), now, status="done", progress=1.0, blob=blob, size=size)


async def fail(connection: AsyncConnection, workspace: str, bounce: str, code: str, detail: str, now: int) -> bool:
    """It cannot be rendered; ``detail`` is a sentence for the musician."""
    return await _move(connection, workspace, bounce, OPEN, now, status="failed", problem_code=code, problem_detail=detail)


async def cancel(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """Give it up; false when it was over already."""
    return await _move(connection, workspace, bounce, OPEN, now, status="cancelled")


async def requeue(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """Try a failed or cancelled bounce once more; false when it is neither."""
    values = {"status": "queued", "progress": 0.0, "problem_code": None, "problem_detail": None}
    return await _move(connection, workspace, bounce, ("failed", "cancelled"), now, attempt=bounces.c.attempt + 1, **values)


async def remove(connection: AsyncConnection, workspace: str, bounce: str) -> None:
    """Forget a bounce; its file goes with the next sweep."""
    if not (await connection.execute(delete(bounces).where(*_owned(workspace, bounce)))).rowcount:
        raise NotFound("bounce")


def _owned(workspace: str, bounce: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return bounces.c.workspace_id == workspace, bounces.c.id == bounce


async def _move(
    connection: AsyncConnection, workspace: str, bounce: str, states: tuple[str, ...], now: int, **values: Any
) -> bool:
    moving = update(bounces).where(*_owned(workspace, bounce), bounces.c.status.in_(states))
    return bool((await connection.execute(moving.values(updated_at=now, **values))).rowcount)


async def _room(connection: AsyncConnection, where: ColumnElement[bool], kind: str, limit: int) -> None:
    if (await connection.scalar(select(func.count()).select_from(bounces).where(where)) or 0) >= limit:
        raise Full(kind, limit)
