"""Bounces: what was asked for, how far it is, and the file that came of it.

How it moves from state to state is ``storage/work.py``.
"""

from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects, work
from storage.errors import NotFound
from storage.rows import Bounce, columns, record
from storage.tables import bounces
from storage.work import OPEN, owned


async def create(connection: AsyncConnection, workspace: str, bounce: Bounce, kept: int, queued: int) -> None:
    """Store a new bounce; raises :class:`Full` when the project keeps ``kept`` or the workspace waits for ``queued`` already."""
    await projects.get(connection, workspace, bounce.project_id)
    mine = bounces.c.workspace_id == workspace
    await work.require_room(connection, bounces, mine & (bounces.c.project_id == bounce.project_id), "bounces", kept)
    await work.require_room(connection, bounces, mine & bounces.c.status.in_(OPEN), "waiting bounces", queued)
    await connection.execute(insert(bounces).values(workspace_id=workspace, **asdict(bounce)))


async def get(connection: AsyncConnection, workspace: str, bounce: str) -> Bounce:
    """One bounce; raises :class:`NotFound`."""
    row = (await connection.execute(select(*columns(Bounce, bounces)).where(*owned(bounces, workspace, bounce)))).one_or_none()
    if row is None:
        raise NotFound("bounce")
    return record(Bounce, row)


async def listing(connection: AsyncConnection, workspace: str, project: str) -> list[Bounce]:
    """The project's bounces, newest first."""
    await projects.get(connection, workspace, project)
    mine = (bounces.c.workspace_id == workspace) & (bounces.c.project_id == project)
    query = select(*columns(Bounce, bounces)).where(mine).order_by(bounces.c.created_at.desc(), bounces.c.id)
    return [record(Bounce, row) for row in await connection.execute(query)]


async def unfinished(connection: AsyncConnection) -> list[tuple[str, Bounce]]:
    """Every workspace's bounces that are not over, oldest first, each with its workspace: for those who render them."""
    query = (
        select(bounces.c.workspace_id, *columns(Bounce, bounces)).where(bounces.c.status.in_(OPEN)).order_by(bounces.c.created_at)
    )
    return [(row[0], Bounce(*row[1:])) for row in await connection.execute(query)]


async def start(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """A job has taken it up (again, after a crash); false when it was cancelled or is over."""
    return await work.move(connection, bounces, workspace, bounce, OPEN, now, status="running")


async def advance(connection: AsyncConnection, workspace: str, bounce: str, progress: float, now: int) -> bool:
    """Note how far it is (0 to 1); false when it should stop."""
    return await work.move(connection, bounces, workspace, bounce, ("running",), now, progress=progress)


async def finish(
    connection: AsyncConnection, workspace: str, bounce: str, blob: str, size: int, result: str, now: int
) -> bool:  # fmt: skip
    """The file is in the blob store; ``result`` (JSON) is what was measured of it."""
    made = {"status": "done", "progress": 1.0, "blob": blob, "size": size, "result": result}
    return await work.move(connection, bounces, workspace, bounce, ("running",), now, **made)


async def fail(connection: AsyncConnection, workspace: str, bounce: str, code: str, detail: str, now: int) -> bool:
    """It cannot be rendered; ``detail`` is a sentence for the musician."""
    return await work.move(
        connection, bounces, workspace, bounce, OPEN, now, status="failed", problem_code=code, problem_detail=detail
    )


async def cancel(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """Give it up; false when it was over already."""
    return await work.move(connection, bounces, workspace, bounce, OPEN, now, status="cancelled")


async def requeue(connection: AsyncConnection, workspace: str, bounce: str, now: int) -> bool:
    """Try a failed or cancelled bounce once more; false when it is neither."""
    return await work.requeue(connection, bounces, workspace, bounce, now)


async def remove(connection: AsyncConnection, workspace: str, bounce: str) -> None:
    """Forget a bounce; its file goes with the next sweep."""
    if not (await connection.execute(delete(bounces).where(*owned(bounces, workspace, bounce)))).rowcount:
        raise NotFound("bounce")
