"""Bounces: a row moves from state to state, and only along the way it may."""

from dataclasses import replace

import pytest

from storage import bounces
from storage.database import Database
from storage.errors import Full, NotFound
from storage.rows import Bounce

BOUNCE = Bounce("b1", "song", "B", "r1", None, None, None, "wav", 24, "queued", 1, 0.0, None, None, None, None, 1, 1)


async def test_the_way_of_a_bounce(database: Database) -> None:
    """Queued, taken up, half done, done."""
    async with database.write() as db:
        await bounces.create(db, "mine", BOUNCE, 5, 5)
        assert await bounces.start(db, "mine", "b1", 2)
        assert await bounces.advance(db, "mine", "b1", 0.5, 3)
        assert await bounces.finish(db, "mine", "b1", "c" * 64, 99, "{}", 4)
        done = await bounces.get(db, "mine", "b1")
        assert (done.status, done.progress, done.size, done.updated_at) == ("done", 1.0, 99, 4)
        assert await bounces.listing(db, "mine", "song") == [done]
        assert not await bounces.cancel(db, "mine", "b1", 5)
        assert not await bounces.requeue(db, "mine", "b1", 5)


async def test_a_cancelled_bounce_stays_cancelled(database: Database) -> None:
    """A job that has not heard of it cannot advance, finish or fail it; it can be tried again as a new attempt."""
    async with database.write() as db:
        await bounces.create(db, "mine", BOUNCE, 5, 5)
        await bounces.start(db, "mine", "b1", 2)
        assert await bounces.cancel(db, "mine", "b1", 3)
        assert not await bounces.start(db, "mine", "b1", 4)
        assert not await bounces.advance(db, "mine", "b1", 0.9, 4)
        assert not await bounces.finish(db, "mine", "b1", "c" * 64, 99, "{}", 4)
        assert not await bounces.fail(db, "mine", "b1", "render_failed", "No.", 4)
        assert await bounces.requeue(db, "mine", "b1", 5)
        assert (await bounces.get(db, "mine", "b1")).attempt == 2


async def test_a_failure_says_why(database: Database) -> None:
    """A failed bounce keeps its code and sentence until it is tried again."""
    async with database.write() as db:
        await bounces.create(db, "mine", BOUNCE, 5, 5)
        assert await bounces.fail(db, "mine", "b1", "render_failed", "It could not be rendered.", 2)
        failed = await bounces.get(db, "mine", "b1")
        assert (failed.status, failed.problem_code, failed.problem_detail) == (
            "failed",
            "render_failed",
            "It could not be rendered.",
        )
        assert await bounces.requeue(db, "mine", "b1", 3)
        assert (await bounces.get(db, "mine", "b1")).problem_code is None


async def test_another_workspace_moves_nothing(database: Database) -> None:
    """Every move is scoped by the workspace."""
    async with database.write() as db:
        await bounces.create(db, "mine", BOUNCE, 5, 5)
        assert not await bounces.start(db, "yours", "b1", 2)
        assert not await bounces.cancel(db, "yours", "b1", 2)
        for call in (bounces.get, bounces.remove):
            with pytest.raises(NotFound):
                await call(db, "yours", "b1")
        await bounces.remove(db, "mine", "b1")


async def test_bounces_have_limits(database: Database) -> None:
    """So many a project, and so many at once a workspace."""
    async with database.write() as db:
        await bounces.create(db, "mine", BOUNCE, 5, 1)
        with pytest.raises(Full, match="waiting"):
            await bounces.create(db, "mine", replace(BOUNCE, id="b2"), 5, 1)
        with pytest.raises(Full, match="bounces"):
            await bounces.create(db, "mine", replace(BOUNCE, id="b2"), 1, 5)
