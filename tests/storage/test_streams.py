"""Event logs: appended in batches, read as one, bounded."""

import pytest

from storage import projects, streams
from storage.database import Database
from storage.errors import Full, NotFound


async def test_a_log_is_read_as_it_was_written(database: Database) -> None:
    """Batches come back as one list, in order."""
    async with database.write() as db:
        await streams.begin(db, "mine", "song", "s1", 1, 5)
        await streams.append(db, "mine", "s1", 0, 1, [{"n": 1}, {"n": 2}], 10)
        await streams.append(db, "mine", "s1", 1, 2, [{"n": 3}], 10)
        assert (await streams.get(db, "mine", "s1")).entries == 2
        assert await streams.entries(db, "mine", "s1") == [{"n": 1}, {"n": 2}, {"n": 3}]


async def test_a_log_is_forgotten_from_the_front(database: Database) -> None:
    """Whole batches go; what follows keeps its numbers, may leave some out, and never comes twice."""
    async with database.write() as db:
        await streams.begin(db, "mine", "song", "s1", 1, 5)
        await streams.append(db, "mine", "s1", 0, 2, ["a", "b"], 10)
        await streams.append(db, "mine", "s1", 2, 3, ["c"], 10)
        assert await streams.forget(db, "mine", "s1", 2) == 1
        await streams.append(db, "mine", "s1", 11, 12, ["d"], 10)
        assert await streams.entries(db, "mine", "s1") == ["c", "d"]
        with pytest.raises(ValueError, match="expected entries from 12"):
            await streams.append(db, "mine", "s1", 11, 13, ["d", "e"], 10)


async def test_a_log_has_an_end(database: Database) -> None:
    """Entries beyond the limit are refused."""
    async with database.write() as db:
        await streams.begin(db, "mine", "song", "s1", 1, 5)
        with pytest.raises(Full):
            await streams.append(db, "mine", "s1", 0, 3, [1, 2, 3], 2)


async def test_old_logs_go(database: Database) -> None:
    """A project keeps its newest logs, and those of streams that still play."""
    async with database.write() as db:
        for number in range(1, 6):
            await streams.begin(db, "mine", "song", f"s{number}", number, 2, live=["s1"])
        for number, kept in ((1, True), (2, False), (3, False), (4, True), (5, True)):
            if kept:
                assert (await streams.get(db, "mine", f"s{number}")).started_at == number
            else:
                with pytest.raises(NotFound):
                    await streams.get(db, "mine", f"s{number}")


async def test_logs_go_with_their_project(database: Database) -> None:
    """Deleting a project deletes its logs and their entries."""
    async with database.write() as db:
        await streams.begin(db, "mine", "song", "s1", 1, 5)
        await streams.append(db, "mine", "s1", 0, 1, [1], 10)
        await projects.remove(db, "mine", "song")
        with pytest.raises(NotFound):
            await streams.entries(db, "mine", "s1")
