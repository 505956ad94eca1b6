"""The database: writers take turns, readers see one moment, SQLite keeps its word about types and references."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import projects
from storage.database import Database
from storage.errors import NotFound


async def count_up(database: Database, times: int) -> None:
    """Read a number, then write it back one higher, each time in one transaction."""
    for _ in range(times):
        async with database.write() as db:
            value = await db.scalar(text("SELECT updated_at FROM projects WHERE id = 'song'"))
            await asyncio.sleep(0)
            await db.execute(text("UPDATE projects SET updated_at = :value WHERE id = 'song'"), {"value": value + 1})


async def test_no_increment_is_lost(database: Database, tmp_path: Path) -> None:
    """Writers that read before they write lose nothing, within one process and through a second connection pool."""
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await asyncio.gather(*(count_up(which, 15) for which in (database, other, database, other)))
    async with database.read() as db:
        assert (await projects.get(db, "mine", "song")).updated_at == 1 + 60
    await other.aclose()


async def test_a_failed_block_writes_nothing(database: Database) -> None:
    """What a transaction did is undone when its block raises."""

    async def fail_half_way() -> None:
        async with database.write() as db:
            await projects.rename(db, "mine", "song", "Other", 2)
            await projects.rename(db, "mine", "none", "Other", 2)

    with pytest.raises(NotFound):
        await fail_half_way()
    async with database.read() as db:
        assert (await projects.get(db, "mine", "song")).name == "Song"


async def test_a_reader_sees_one_moment(database: Database) -> None:
    """What another writes meanwhile does not appear in a reader's transaction, and does not wait for it."""
    async with database.read() as reader:
        assert (await projects.get(reader, "mine", "song")).name == "Song"
        async with database.write() as db:
            await projects.rename(db, "mine", "song", "Other", 2)
        assert (await projects.get(reader, "mine", "song")).name == "Song"


async def test_a_reader_cannot_write_past_its_end(database: Database) -> None:
    """A change made in a reader's transaction is rolled back."""
    async with database.read() as db:
        await projects.rename(db, "mine", "song", "Other", 2)
    async with database.read() as db:
        assert (await projects.get(db, "mine", "song")).name == "Song"


async def test_tables_are_strict(database: Database) -> None:
    """A text in a column of numbers is refused."""
    with pytest.raises(IntegrityError):
        async with database.write() as db:
            await db.execute(text("UPDATE projects SET updated_at = 'soon'"))


async def test_references_hold(database: Database) -> None:
    """A row cannot belong to one workspace and hang below another's project."""
    with pytest.raises(IntegrityError):
        async with database.write() as db:
            await db.execute(text("UPDATE revisions SET workspace_id = 'yours'"))


async def test_write_ahead_log(database: Database) -> None:
    """Readers and a writer work side by side: the journal is a write-ahead log."""
    async with database.read() as db:
        assert await db.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await db.scalar(text("PRAGMA foreign_keys")) == 1


async def test_alive_tells_of_a_dead_database(tmp_path: Path) -> None:
    """The readiness check raises when the file cannot be opened."""
    lost = Database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'folder.db'}")
    with pytest.raises(Exception, match="unable to open"):
        await lost.alive()
    await lost.aclose()
