"""What all durable work has in common: rows that go ``queued -> running -> done | failed | cancelled``, and where they may go.

Moves say in their query which state they move from, so that work that was cancelled can never be finished by a job that has not
heard of it.
"""

from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import Full

OPEN = ("queued", "running")
"""The states of work that is not over."""

STATES = (*OPEN, "done", "failed", "cancelled")


def owned(table: Table, workspace: str, identity: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """One row of a workspace."""
    return table.c.workspace_id == workspace, table.c.id == identity


async def move(
    connection: AsyncConnection, table: Table, workspace: str, identity: str, states: tuple[str, ...], now: int, **values: Any
) -> bool:
    """Change a row that is in one of some states; false when it is not."""
    moving = update(table).where(*owned(table, workspace, identity), table.c.status.in_(states))
    return bool((await connection.execute(moving.values(updated_at=now, **values))).rowcount)


async def requeue(connection: AsyncConnection, table: Table, workspace: str, identity: str, now: int) -> bool:
    """Try failed or cancelled work once more, as a new attempt; false when it is neither."""
    fresh = {"status": "queued", "progress": 0.0, "problem_code": None, "problem_detail": None, "attempt": table.c.attempt + 1}
    return await move(connection, table, workspace, identity, ("failed", "cancelled"), now, **fresh)


async def require_room(connection: AsyncConnection, table: Table, where: ColumnElement[bool], kind: str, limit: int) -> None:
    """Raise :class:`Full` when there are ``limit`` such rows already."""
    if (await connection.scalar(select(func.count()).select_from(table).where(where)) or 0) >= limit:
        raise Full(kind, limit)
