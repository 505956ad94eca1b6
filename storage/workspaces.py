"""Workspaces and the sessions that open them; only a session's hash is stored, never the token itself."""

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import Full
from storage.rows import Workspace, columns, record
from storage.tables import sessions, workspaces


async def create(connection: AsyncConnection, workspace: Workspace, limit: int | None = None) -> None:
    """Store a new workspace; raises :class:`Full` when there are ``limit`` of them already."""
    if limit is not None and (await connection.scalar(select(func.count()).select_from(workspaces)) or 0) >= limit:
        raise Full("workspaces", limit)
    row = {"id": workspace.id, "name": workspace.name, "guest": workspace.guest, "created_at": workspace.created_at}
    await connection.execute(insert(workspaces).values(**row))


async def open_session(connection: AsyncConnection, workspace: str, token_hash: str, now: int, expires_at: int) -> None:
    """Let the holder of a token into ``workspace`` until ``expires_at``."""
    row = {"token_hash": token_hash, "workspace_id": workspace, "created_at": now, "expires_at": expires_at}
    await connection.execute(insert(sessions).values(**row))


async def by_session(connection: AsyncConnection, token_hash: str, now: int) -> tuple[Workspace, int] | None:
    """The workspace that a token opens, and until when."""
    query = (
        select(*columns(Workspace, workspaces), sessions.c.expires_at)
        .join(sessions, sessions.c.workspace_id == workspaces.c.id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (Workspace(*row[:-1]), row[-1])


async def extend(connection: AsyncConnection, workspace: str, token_hash: str, expires_at: int) -> None:
    """Let a session last longer."""
    owned = (sessions.c.workspace_id == workspace) & (sessions.c.token_hash == token_hash)
    await connection.execute(update(sessions).where(owned).values(expires_at=expires_at))


async def rename(connection: AsyncConnection, workspace: str, name: str) -> None:
    """Call a workspace, and with it whoever it belongs to, by another name."""
    await connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(name=name))


async def get(connection: AsyncConnection, workspace: str) -> Workspace | None:
    """A workspace by its id."""
    row = (await connection.execute(select(*columns(Workspace, workspaces)).where(workspaces.c.id == workspace))).one_or_none()
    return None if row is None else record(Workspace, row)


async def expire(connection: AsyncConnection, now: int) -> int:
    """Drop sessions that are over, and guest workspaces that nobody can open any more, with all they hold."""
    await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    opened = select(sessions.c.workspace_id)
    gone = await connection.execute(delete(workspaces).where(workspaces.c.guest == 1, workspaces.c.id.not_in(opened)))
    return gone.rowcount
