"""Analyses: a row moves from state to state, and only along the way it may."""

from dataclasses import replace

import pytest

from storage import analyses
from storage.database import Database
from storage.errors import Full, NotFound
from storage.rows import Analysis

ANALYSIS = Analysis("a1", "song", "check", "r1", "{}", "queued", 1, 0.0, None, None, None, 1, 1)


async def test_the_way_of_an_analysis(database: Database) -> None:
    """Queued, taken up, half done, done with its result."""
    async with database.write() as db:
        await analyses.create(db, "mine", ANALYSIS, 5, 5)
        assert await analyses.unfinished(db) == [("mine", ANALYSIS)]
        assert await analyses.start(db, "mine", "a1", 2)
        assert await analyses.advance(db, "mine", "a1", 0.5, 3)
        assert await analyses.finish(db, "mine", "a1", '{"x": 1}', 4)
        done = await analyses.get(db, "mine", "a1")
        assert (done.status, done.progress, done.result, done.updated_at) == ("done", 1.0, '{"x": 1}', 4)
        assert await analyses.listing(db, "mine", "song") == [done]
        assert await analyses.unfinished(db) == []
        assert not await analyses.cancel(db, "mine", "a1", 5)
        assert not await analyses.requeue(db, "mine", "a1", 5)


async def test_a_cancelled_analysis_stays_cancelled(database: Database) -> None:
    """A job that has not heard of it cannot advance, finish or fail it; it can be tried again as a new attempt."""
    async with database.write() as db:
        await analyses.create(db, "mine", ANALYSIS, 5, 5)
        assert await analyses.cancel(db, "mine", "a1", 3)
        assert not await analyses.start(db, "mine", "a1", 4)
        assert not await analyses.advance(db, "mine", "a1", 0.9, 4)
        assert not await analyses.finish(db, "mine", "a1", "{}", 4)
        assert not await analyses.fail(db, "mine", "a1", "x", "No.", 4)
        assert await analyses.requeue(db, "mine", "a1", 5)
        assert (await analyses.get(db, "mine", "a1")).attempt == 2


async def test_another_workspace_moves_nothing(database: Database) -> None:
    """Every move is scoped by the workspace."""
    async with database.write() as db:
        await analyses.create(db, "mine", ANALYSIS, 5, 5)
        assert not await analyses.start(db, "yours", "a1", 2)
        for call in (analyses.get, analyses.remove):
            with pytest.raises(NotFound):
                await call(db, "yours", "a1")
        await analyses.remove(db, "mine", "a1")


async def test_analyses_have_limits(database: Database) -> None:
    """So many a project, and so many at once a workspace."""
    async with database.write() as db:
        await analyses.create(db, "mine", ANALYSIS, 5, 1)
        with pytest.raises(Full, match="waiting"):
            await analyses.create(db, "mine", replace(ANALYSIS, id="a2"), 5, 1)
        with pytest.raises(Full, match="analyses"):
            await analyses.create(db, "mine", replace(ANALYSIS, id="a2"), 1, 5)
