"""Stems: the audio of a project, and which blobs rows still refer to."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects
from storage.errors import Full, NotFound
from storage.rows import Peaks, Stem, columns, record
from storage.tables import bounces, peaks, stems


async def add(connection: AsyncConnection, workspace: str, stem: Stem, waveform: Sequence[Peaks], limit: int) -> None:
    """Store a stem with its waveform at each level; raises :class:`Full` when the project holds ``limit`` already."""
    await projects.get(connection, workspace, stem.project_id)
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == stem.project_id)
    if (await connection.scalar(select(func.count()).select_from(stems).where(owned)) or 0) >= limit:
        raise Full("stems", limit)
    await connection.execute(insert(stems).values(workspace_id=workspace, **asdict(stem)))
    for level in waveform:
        await connection.execute(insert(peaks).values(workspace_id=workspace, stem_id=stem.id, **asdict(level)))


async def listing(connection: AsyncConnection, workspace: str, project: str) -> list[Stem]:
    """The project's stems in the order they came."""
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == project)
    query = select(*columns(Stem, stems)).where(owned).order_by(stems.c.created_at, stems.c.id)
    return [record(Stem, row) for row in await connection.execute(query)]


async def waveform(connection: AsyncConnection, workspace: str, project: str, stem: str, level: int) -> Peaks:
    """A stem's waveform at one level; raises :class:`NotFound`."""
    query = (
        select(*columns(Peaks, peaks))
        .join(stems, stems.c.id == peaks.c.stem_id)
        .where(stems.c.workspace_id == workspace, stems.c.project_id == project, stems.c.id == stem, peaks.c.level == level)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("stem")
    return record(Peaks, row)


async def waveforms(connection: AsyncConnection, workspace: str, project: str) -> dict[str, tuple[Peaks, ...]]:
    """The waveforms of all stems of a project, finest level first, by stem."""
    query = (
        select(peaks.c.stem_id, *columns(Peaks, peaks))
        .join(stems, stems.c.id == peaks.c.stem_id)
        .where(stems.c.workspace_id == workspace, stems.c.project_id == project)
        .order_by(peaks.c.level)
    )
    found: dict[str, tuple[Peaks, ...]] = {}
    for stem, *level in await connection.execute(query):
        found[stem] = (*found.get(stem, ()), Peaks(*level))
    return found


async def remove(connection: AsyncConnection, workspace: str, project: str, gone: Collection[str]) -> None:
    """Forget stems; their blobs go with the next sweep."""
    owned = (stems.c.workspace_id == workspace) & (stems.c.project_id == project)
    await connection.execute(delete(stems).where(owned, stems.c.id.in_(gone)))


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
        select(peaks.c.blob),
        select(bounces.c.blob).where(bounces.c.blob.is_not(None)),
    )
    return frozenset(await connection.scalars(query))
