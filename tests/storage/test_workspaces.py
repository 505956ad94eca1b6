"""Workspaces and sessions: opened by a hash, for a time, and gone with all they hold when nobody can open them."""

import pytest

from storage import mixes, projects, workspaces
from storage.database import Database
from storage.errors import Full, NotFound
from storage.rows import Workspace


async def test_a_session_opens_its_workspace_until_it_ends(database: Database) -> None:
    """The hash of a token finds the workspace before the session's end, and nothing after."""
    async with database.write() as db:
        await workspaces.open_session(db, "mine", "hash", 10, 100)
        assert await workspaces.by_session(db, "hash", 99) == (Workspace("mine", "mine", 1, 1), 100)
        assert await workspaces.by_session(db, "hash", 100) is None
        assert await workspaces.by_session(db, "other", 50) is None


async def test_a_session_can_be_extended_by_its_owner_only(database: Database) -> None:
    """Extending names the workspace too."""
    async with database.write() as db:
        await workspaces.open_session(db, "mine", "hash", 10, 100)
        await workspaces.extend(db, "yours", "hash", 900)
        assert (await workspaces.by_session(db, "hash", 50) or (None, 0))[1] == 100
        await workspaces.extend(db, "mine", "hash", 200)
        assert (await workspaces.by_session(db, "hash", 150) or (None, 0))[1] == 200


async def test_what_nobody_can_open_goes(database: Database) -> None:
    """A guest workspace whose sessions are over goes with its projects; others stay, and so does one that is not a guest's."""
    async with database.write() as db:
        await workspaces.create(db, Workspace("house", "House", 0, 1))
        await workspaces.open_session(db, "mine", "old", 10, 100)
        await workspaces.open_session(db, "yours", "new", 10, 300)
        assert await workspaces.expire(db, 200) == 1
        assert await workspaces.get(db, "mine") is None
        assert await workspaces.get(db, "yours") is not None
        assert await workspaces.get(db, "house") is not None
        assert await projects.listing(db, "mine") == []
        with pytest.raises(NotFound, match="revision"):
            await mixes.get(db, "mine", "song", "r1")


async def test_there_is_a_limit(database: Database) -> None:
    """The server keeps so many workspaces."""
    async with database.write() as db:
        with pytest.raises(Full):
            await workspaces.create(db, Workspace("third", "Third", 1, 1), 2)
