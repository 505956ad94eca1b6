"""Projects: one row a song. Its mixes are in ``mixes.py``, its audio in ``stems.py``."""

from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import Full, NotFound
from storage.rows import Project, ProjectSummary, columns, record
from storage.tables import projects, revisions


async def create(connection: AsyncConnection, workspace: str, project: str, name: str, now: int, limit: int) -> None:
    """Store a new project; it needs a first revision (:func:`storage.mixes.append`) in the same transaction."""
    count = await connection.scalar(select(func.count()).select_from(projects).where(projects.c.workspace_id == workspace))
    if (count or 0) >= limit:
        raise Full("projects", limit)
    row = {"id": project, "workspace_id": workspace, "name": name, "created_at": now, "updated_at": now}
    await connection.execute(insert(projects).values(**row))


async def listing(connection: AsyncConnection, workspace: str) -> list[ProjectSummary]:
    """The workspace's projects, the one worked on last first."""
    rows = await connection.execute(summaries().where(projects.c.workspace_id == workspace))
    return [record(ProjectSummary, row) for row in rows]


def summaries() -> "Select[tuple[Any, ...]]":
    """The query for lines in a list of songs, the one worked on last first; the caller says of whom."""
    same = (projects.c[name] for name in ("id", "name", "created_at", "updated_at"))
    query = select(*same, revisions.c.end_frames, revisions.c.tracks).join(revisions, revisions.c.id == projects.c.head_id)
    return query.order_by(projects.c.updated_at.desc(), projects.c.id)


async def get(connection: AsyncConnection, workspace: str, project: str, *, lock: bool = False) -> Project:
    """One project; raises :class:`NotFound`. ``lock`` keeps other writers off it until the transaction ends (PostgreSQL)."""
    query = select(*columns(Project, projects)).where(projects.c.workspace_id == workspace, projects.c.id == project)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound("project")
    return record(Project, row)


async def rename(connection: AsyncConnection, workspace: str, project: str, name: str, now: int) -> None:
    """Give a project another name."""
    owned = (projects.c.workspace_id == workspace) & (projects.c.id == project)
    changed = await connection.execute(update(projects).where(owned).values(name=name, updated_at=now))
    if not changed.rowcount:
        raise NotFound("project")


async def remove(connection: AsyncConnection, workspace: str, project: str) -> None:
    """Delete a project with its revisions, stems, logs and bounces."""
    owned = (projects.c.workspace_id == workspace) & (projects.c.id == project)
    if not (await connection.execute(delete(projects).where(owned))).rowcount:
        raise NotFound("project")
