"""Analyses: what was asked about a project's stems or mix, how far it is, and what was found.

How one moves from state to state is ``storage/work.py``.
"""

from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects, work
from storage.errors import NotFound
from storage.rows import Analysis, columns, record
from storage.tables import analyses
from storage.work import OPEN, owned


async def create(connection: AsyncConnection, workspace: str, analysis: Analysis, kept: int, queued: int) -> None:
    """Store a new analysis; raises :class:`Full` when the project keeps ``kept`` or the workspace waits for ``queued``."""
    await projects.get(connection, workspace, analysis.project_id)
    mine = analyses.c.workspace_id == workspace
    await work.require_room(connection, analyses, mine & (analyses.c.project_id == analysis.project_id), "analyses", kept)
    await work.require_room(connection, analyses, mine & analyses.c.status.in_(OPEN), "waiting analyses", queued)
    await connection.execute(insert(analyses).values(workspace_id=workspace, **asdict(analysis)))


async def get(connection: AsyncConnection, workspace: str, analysis: str) -> Analysis:
    """One analysis; raises :class:`NotFound`."""
    query = select(*columns(Analysis, analyses)).where(*owned(analyses, workspace, analysis))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("analysis")
    return record(Analysis, row)


async def listing(connection: AsyncConnection, workspace: str, project: str) -> list[Analysis]:
    """The project's analyses, newest first."""
    await projects.get(connection, workspace, project)
    mine = (analyses.c.workspace_id == workspace) & (analyses.c.project_id == project)
    query = select(*columns(Analysis, analyses)).where(mine).order_by(analyses.c.created_at.desc(), analyses.c.id)
    return [record(Analysis, row) for row in await connection.execute(query)]


async def unfinished(connection: AsyncConnection) -> list[tuple[str, Analysis]]:
    """Every workspace's analyses that are not over, oldest first, each with its workspace: for those who carry them out."""
    kept = (analyses.c.workspace_id, *columns(Analysis, analyses))
    query = select(*kept).where(analyses.c.status.in_(OPEN)).order_by(analyses.c.created_at)
    return [(row[0], Analysis(*row[1:])) for row in await connection.execute(query)]


async def start(connection: AsyncConnection, workspace: str, analysis: str, now: int) -> bool:
    """A job has taken it up (again, after a crash); false when it was cancelled or is over."""
    return await work.move(connection, analyses, workspace, analysis, OPEN, now, status="running")


async def advance(connection: AsyncConnection, workspace: str, analysis: str, progress: float, now: int) -> bool:
    """Note how far it is (0 to 1); false when it should stop."""
    return await work.move(connection, analyses, workspace, analysis, ("running",), now, progress=progress)


async def finish(connection: AsyncConnection, workspace: str, analysis: str, result: str, now: int) -> bool:
    """``result`` (JSON) has been found."""
    found = {"status": "done", "progress": 1.0, "result": result}
    return await work.move(connection, analyses, workspace, analysis, ("running",), now, **found)


async def fail(connection: AsyncConnection, workspace: str, analysis: str, code: str, detail: str, now: int) -> bool:
    """It cannot be found out; ``detail`` is a sentence for the musician."""
    why = {"status": "failed", "problem_code": code, "problem_detail": detail}
    return await work.move(connection, analyses, workspace, analysis, OPEN, now, **why)


async def cancel(connection: AsyncConnection, workspace: str, analysis: str, now: int) -> bool:
    """Give it up; false when it was over already."""
    return await work.move(connection, analyses, workspace, analysis, OPEN, now, status="cancelled")


async def requeue(connection: AsyncConnection, workspace: str, analysis: str, now: int) -> bool:
    """Try a failed or cancelled analysis once more; false when it is neither."""
    return await work.requeue(connection, analyses, workspace, analysis, now)


async def remove(connection: AsyncConnection, workspace: str, analysis: str) -> None:
    """Forget an analysis."""
    if not (await connection.execute(delete(analyses).where(*owned(analyses, workspace, analysis)))).rowcount:
        raise NotFound("analysis")
