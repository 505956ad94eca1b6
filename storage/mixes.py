"""Revisions of a project's mix: immutable rows, each naming its parent; the newest is the project's head.

Appending is optimistic: it names the head it was made from, and raises :class:`storage.errors.Stale` when another came before.
Storage knows a document as text with a hash, an end and a number of tracks; what it means is ``dsp.desk.mix``'s matter.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects
from storage.errors import Full, NotFound, Stale
from storage.rows import Revision, RevisionSummary, columns, record
from storage.tables import bounces, revisions
from storage.tables import projects as project_rows


@dataclass(frozen=True, slots=True)
class Draft:
    """A mix about to be stored."""

    id: str
    document: str
    content_hash: str
    end_frames: int
    tracks: int
    author: str
    name: str | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """How many revisions a project keeps: unnamed ones beyond ``unnamed`` go, more than ``named`` are refused."""

    unnamed: int
    named: int


async def append(
    connection: AsyncConnection, workspace: str, project: str, draft: Draft, parent: str | None, now: int, keep: Keep
) -> Revision:
    """Store a revision on top of ``parent`` and make it the head; an unnamed one equal to the head is the head itself."""
    owner = await projects.get(connection, workspace, project, lock=True)
    if owner.head_id != parent:
        raise Stale(owner.head_id)
    before = await get(connection, workspace, project, parent) if parent else None
    if before and before.content_hash == draft.content_hash and draft.name is None:
        return before
    number = before.number + 1 if before else 1
    if draft.name is not None:
        await _room_for_name(connection, workspace, project, keep.named)
    after = Revision(
        draft.id, project, number, parent, draft.content_hash, draft.author, draft.name, draft.change,
        draft.end_frames, draft.tracks, now, draft.document,
    )  # fmt: skip
    await connection.execute(insert(revisions).values(workspace_id=workspace, **_values(after)))
    owned = (project_rows.c.workspace_id == workspace) & (project_rows.c.id == project)
    await connection.execute(update(project_rows).where(owned).values(head_id=draft.id, updated_at=now))
    await _prune(connection, workspace, project, draft.id, number - keep.unnamed)
    return after


async def head(connection: AsyncConnection, workspace: str, project: str, *, lock: bool = False) -> Revision:
    """The project's newest revision; ``lock`` as in :func:`storage.projects.get`."""
    owner = await projects.get(connection, workspace, project, lock=lock)
    return await get(connection, workspace, project, owner.head_id)


async def get(connection: AsyncConnection, workspace: str, project: str, revision: str) -> Revision:
    """One revision with its document."""
    query = select(*columns(Revision, revisions)).where(*_owned(workspace, project), revisions.c.id == revision)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("revision")
    return record(Revision, row)


async def listing(connection: AsyncConnection, workspace: str, project: str, limit: int) -> list[RevisionSummary]:
    """The newest ``limit`` revisions, newest first, without their documents."""
    await projects.get(connection, workspace, project)
    query = select(*columns(RevisionSummary, revisions)).where(*_owned(workspace, project))
    rows = await connection.execute(query.order_by(revisions.c.number.desc()).limit(limit))
    return [record(RevisionSummary, row) for row in rows]


def _owned(workspace: str, project: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return revisions.c.workspace_id == workspace, revisions.c.project_id == project


def _values(revision: Revision) -> dict[str, object]:
    return {column.name: getattr(revision, column.name) for column in revisions.c if column.name != "workspace_id"}


async def _room_for_name(connection: AsyncConnection, workspace: str, project: str, limit: int) -> None:
    query = select(func.count()).select_from(revisions).where(*_owned(workspace, project), revisions.c.name.is_not(None))
    if (await connection.scalar(query) or 0) >= limit:
        raise Full("named revisions", limit)


async def _prune(connection: AsyncConnection, workspace: str, project: str, head_id: str, oldest: int) -> None:
    bounced = select(bounces.c.revision_id).where(bounces.c.project_id == project, bounces.c.revision_id.is_not(None))
    old = (revisions.c.number <= oldest) & revisions.c.name.is_(None) & (revisions.c.id != head_id)
    await connection.execute(delete(revisions).where(*_owned(workspace, project), old, revisions.c.id.not_in(bounced)))
