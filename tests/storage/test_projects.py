"""Projects: created with a first revision, listed newest first, deleted with all below them."""

import pytest
from sqlalchemy import text

from storage import mixes, projects
from storage.database import Database
from storage.errors import Full, NotFound
from storage.mixes import Draft, Keep


async def test_a_project_is_read_with_its_head(database: Database) -> None:
    """A project names its newest revision; the list shows its length and tracks."""
    async with database.write() as db:
        draft = Draft("r2", "{}", "h2", 4_800, 3, "me")
        await mixes.append(db, "mine", "song", draft, "r1", 7, Keep(10, 10))
        assert (await projects.get(db, "mine", "song")).head_id == "r2"
        (line,) = await projects.listing(db, "mine")
        assert (line.name, line.end_frames, line.tracks, line.updated_at) == ("Song", 4_800, 3, 7)


async def test_the_latest_work_comes_first(database: Database) -> None:
    """The list is ordered by the last change."""
    async with database.write() as db:
        await projects.create(db, "mine", "new", "New", 5, 10)
        await mixes.append(db, "mine", "new", Draft("n1", "{}", "h", 0, 0, "me"), None, 5, Keep(10, 10))
        assert [line.id for line in await projects.listing(db, "mine")] == ["new", "song"]
        await projects.rename(db, "mine", "song", "Old", 9)
        assert [line.id for line in await projects.listing(db, "mine")] == ["song", "new"]


async def test_there_is_a_limit(database: Database) -> None:
    """A workspace holds so many projects; another workspace's do not count."""
    async with database.write() as db:
        with pytest.raises(Full) as full:
            await projects.create(db, "mine", "two", "Two", 1, 1)
        assert full.value.limit == 1
        await projects.create(db, "yours", "two", "Two", 1, 1)


async def test_deleting_takes_everything_below(database: Database) -> None:
    """No revision is left of a deleted project."""
    async with database.write() as db:
        await projects.remove(db, "mine", "song")
        assert await db.scalar(text("SELECT count(*) FROM revisions")) == 0
        with pytest.raises(NotFound):
            await projects.remove(db, "mine", "song")
