"""Stems: the audio of a project, and which blobs rows still refer to."""

from dataclasses import asdict

from sqlalchemy import func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects
from storage.errors import Full, NotFound
from storage.rows import Stem, columns, record
from storage.tables import bounces, stems


async def add(connection: AsyncConnection, workspace: str, stem: Stem, limit: int) -> None:
    """Store a stem; raises :class:`Full` when the project holds ``limit`` already."""
    await projects.get(connection, workspace, stem.project_id)
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == stem.project_id)
    if (await connection.scalar(select(func.count()).select_from(stems).where(owned)) or 0) >= limit:
        raise Full("stems", limit)
    await connection.execute(insert(stems).values(workspace_id=workspace, **asdict(stem)))


async def listing(connection: AsyncConnection, workspace: str, project: str) -> list[Stem]:
    """The project's stems in the order they came."""
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == project)
    query = select(*columns(Stem, stems)).where(owned).order_by(stems.c.created_at, stems.c.id)
    return [record(Stem, row) for row in await connection.execute(query)]


async def get(connection: AsyncConnection, workspace: str, project: str, stem: str) -> Stem:
    """One stem; raises :class:`NotFound`."""
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == project) & (stems.c.id == stem)
    row = (await connection.execute(select(*columns(Stem, stems)).where(owned))).one_or_none()
    if row is None:
        raise NotFound("stem")
    return record(Stem, row)


async def assets(connection: AsyncConnection, workspace: str, project: str) -> frozenset[str]:
    """The audio that mixes of this project may play: nothing but its own stems."""
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == project)
    return frozenset(await connection.scalars(select(stems.c.asset).where(owned)))


async def held_bytes(connection: AsyncConnection, workspace: str) -> int:
    """How much audio the workspace's stems and bounces come to."""
    audio = select(func.coalesce(func.sum(stems.c.asset_bytes + stems.c.upload_bytes), 0)).where(
        stems.c.workspace_id == workspace
    )
    bounced = select(func.coalesce(func.sum(bounces.c.size), 0)).where(bounces.c.workspace_id == workspace)
    return int(await connection.scalar(audio) or 0) + int(await connection.scalar(bounced) or 0)


async def referenced_blobs(connection: AsyncConnection) -> frozenset[str]:
    """Every blob that some row of any workspace refers to: the others may be swept."""
    query = union(
        select(stems.c.asset),
        select(stems.c.upload).where(stems.c.upload.is_not(None)),
        select(stems.c.peaks),
        select(bounces.c.blob).where(bounces.c.blob.is_not(None)),
    )
    return frozenset(await connection.scalars(query))
