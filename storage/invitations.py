"""Invitations: links by which others join a project, and who came by them.

Only a token's hash is stored. Whoever came by a link may do what its role says, in that project alone, until the link expires or
is revoked: then the invitation's row goes, and its members' rows with it.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import projects, work
from storage.errors import NotFound
from storage.rows import Invitation, InvitationSummary, Membership, ProjectSummary, columns, record
from storage.tables import invitations, members
from storage.tables import projects as project_rows

MEMBERSHIP = (
    invitations.c.workspace_id.label("owner"),
    *(invitations.c[name] for name in ("project_id", "role", "expires_at")),
)
GREATEST_FIRST = case((invitations.c.role == "controller", 0), else_=1), invitations.c.expires_at.desc()
"""Of several invitations to one project the one counts that allows most, and of those the one that lasts longest."""


async def create(
    connection: AsyncConnection, workspace: str, invitation: Invitation, token_hash: str, now: int, limit: int
) -> None:  # fmt: skip
    """Store a new invitation; raises :class:`Full` when the project has ``limit`` that have not expired."""
    await projects.get(connection, workspace, invitation.project_id)
    mine = _of(workspace, invitation.project_id)
    await connection.execute(delete(invitations).where(mine, invitations.c.expires_at <= now))
    await work.require_room(connection, invitations, mine, "invitations", limit)
    await connection.execute(insert(invitations).values(workspace_id=workspace, token_hash=token_hash, **asdict(invitation)))


async def listing(connection: AsyncConnection, workspace: str, project: str, now: int) -> list[InvitationSummary]:
    """The project's invitations that have not expired, newest first."""
    await projects.get(connection, workspace, project)
    came = select(func.count()).where(members.c.invitation_id == invitations.c.id).scalar_subquery().label("members")
    query = select(*columns(Invitation, invitations), came).where(_of(workspace, project), invitations.c.expires_at > now)
    rows = await connection.execute(query.order_by(invitations.c.created_at.desc(), invitations.c.id))
    return [record(InvitationSummary, row) for row in rows]


async def revoke(connection: AsyncConnection, workspace: str, project: str, invitation: str) -> list[str]:
    """Take an invitation back; answers the workspaces of those who came by it. Raises :class:`NotFound`."""
    came = select(members.c.member_id).where(members.c.workspace_id == workspace, members.c.invitation_id == invitation)
    expelled = list(await connection.scalars(came))
    gone = await connection.execute(delete(invitations).where(_of(workspace, project), invitations.c.id == invitation))
    if not gone.rowcount:
        raise NotFound("invitation")
    return expelled


async def by_token(connection: AsyncConnection, token_hash: str, now: int) -> tuple[Invitation, str]:
    """The invitation that a token stands for, and its owner; raises :class:`NotFound`, also when it has expired."""
    query = select(*columns(Invitation, invitations), invitations.c.workspace_id)
    query = query.where(invitations.c.token_hash == token_hash, invitations.c.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("invitation")
    return Invitation(*row[:-1]), row[-1]


async def join(connection: AsyncConnection, workspace: str, invitation: str, owner: str, now: int, limit: int) -> None:
    """``workspace`` has come by an invitation; again is no other. Raises :class:`Full` when ``limit`` have come by it."""
    by_it = members.c.invitation_id == invitation
    if await connection.scalar(select(func.count()).where(by_it, members.c.member_id == workspace)):
        return
    await work.require_room(connection, members, by_it, "people by one invitation", limit)
    row = {"invitation_id": invitation, "member_id": workspace, "workspace_id": owner, "came_at": now}
    await connection.execute(insert(members).values(**row))


async def membership(connection: AsyncConnection, workspace: str, project: str, now: int) -> Membership | None:
    """What ``workspace`` may do in another's project now; ``None`` when it was not let in."""
    query = _let_in(workspace, now).where(invitations.c.project_id == project).order_by(*GREATEST_FIRST).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else record(Membership, row)


async def joined(connection: AsyncConnection, workspace: str, now: int) -> list[tuple[ProjectSummary, str]]:
    """Projects of others that ``workspace`` was let in to, each with its role, the one worked on last first."""
    rows = await connection.execute(_let_in(workspace, now).order_by(*GREATEST_FIRST))
    roles: dict[str, str] = {}
    for row in rows:
        roles.setdefault(row.project_id, row.role)
    query = projects.summaries().where(project_rows.c.id.in_(roles))
    return [(record(ProjectSummary, row), roles[row.id]) for row in await connection.execute(query)]


async def expire(connection: AsyncConnection, now: int) -> int:
    """Drop invitations that are over, with their members."""
    return (await connection.execute(delete(invitations).where(invitations.c.expires_at <= now))).rowcount


def _of(workspace: str, project: str) -> ColumnElement[bool]:
    return (invitations.c.workspace_id == workspace) & (invitations.c.project_id == project)


def _let_in(workspace: str, now: int) -> "Select[tuple[Any, ...]]":
    return (
        select(*MEMBERSHIP)
        .join(members, members.c.invitation_id == invitations.c.id)
        .where(members.c.member_id == workspace, invitations.c.expires_at > now)
    )
