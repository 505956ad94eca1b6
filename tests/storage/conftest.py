"""A real database file with two workspaces in it, and a project in the first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import mixes, projects, workspaces
from storage.database import Database
from storage.mixes import Draft, Keep
from storage.rows import Workspace

KEEP = Keep(unnamed=100, named=10)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Workspaces ``mine`` and ``yours``; project ``song`` of ``mine`` with its first revision ``r1``."""
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await made.migrate()
    async with made.write() as db:
        for name in ("mine", "yours"):
            await workspaces.create(db, Workspace(name, name, 1, 1))
        await projects.create(db, "mine", "song", "Song", 1, 10)
        await mixes.append(db, "mine", "song", Draft("r1", "{}", "h1", 0, 0, "me"), None, 1, KEEP)
    yield made
    await made.aclose()
