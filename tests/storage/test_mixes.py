"""Revisions: appended on top of the head they were made from, never changed, pruned oldest first."""

import asyncio

import pytest

from storage import bounces, mixes
from storage.database import Database
from storage.errors import Full, NotFound, Stale
from storage.mixes import Draft, Keep
from storage.rows import Bounce, Revision

KEEP = Keep(unnamed=100, named=10)


def draft(number: int, name: str | None = None) -> Draft:
    """A document that differs from every other number's."""
    return Draft(f"r{number}", f'{{"n":{number}}}', f"h{number}", number, number, "me", name)


async def append(database: Database, number: int, parent: str | None, keep: Keep = KEEP, name: str | None = None) -> Revision:
    """One revision in a transaction of its own."""
    async with database.write() as db:
        return await mixes.append(db, "mine", "song", draft(number, name), parent, number, keep)


async def test_a_revision_names_its_parent(database: Database) -> None:
    """Numbers rise by one, each revision keeps its parent, document and time."""
    await append(database, 2, "r1")
    third = await append(database, 3, "r2", name="Loud")
    async with database.read() as db:
        assert await mixes.get(db, "mine", "song", "r3") == third == await mixes.head(db, "mine", "song")
        assert (third.number, third.parent_id, third.document, third.name) == (3, "r2", '{"n":3}', "Loud")
        assert [row.id for row in await mixes.listing(db, "mine", "song", 2)] == ["r3", "r2"]


async def test_a_stale_writer_is_told_the_head(database: Database) -> None:
    """A revision made from anything but the head is refused and leaves no trace."""
    await append(database, 2, "r1")
    with pytest.raises(Stale) as stale:
        await append(database, 3, "r1")
    assert stale.value.head == "r2"
    async with database.read() as db:
        with pytest.raises(NotFound):
            await mixes.get(db, "mine", "song", "r3")


async def test_of_writers_at_once_one_wins(database: Database) -> None:
    """Ten writers that start from the same head: one revision, nine refusals."""
    outcomes = await asyncio.gather(*(append(database, number, "r1") for number in range(10, 20)), return_exceptions=True)
    assert sum(isinstance(outcome, Revision) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Stale) for outcome in outcomes) == 9


async def test_an_equal_mix_is_not_stored_again(database: Database) -> None:
    """Saving what the head is already gives the head, unless it is kept under a name."""
    async with database.write() as db:
        same = Draft("other", "{}", "h1", 0, 0, "me")
        assert (await mixes.append(db, "mine", "song", same, "r1", 5, KEEP)).id == "r1"
        named = Draft("named", "{}", "h1", 0, 0, "me", "As it was")
        assert (await mixes.append(db, "mine", "song", named, "r1", 5, KEEP)).id == "named"


async def test_old_unnamed_revisions_go(database: Database) -> None:
    """Of unnamed revisions the newest stay; named ones, and those a bounce was made of, stay too."""
    keep = Keep(unnamed=3, named=10)
    await append(database, 2, "r1", keep, "Kept")
    await append(database, 3, "r2", keep)
    bounce = Bounce("b", "song", "B", "r3", None, None, None, "wav", 24, "done", 1, 1.0, None, None, None, None, 1, 1)
    async with database.write() as db:
        await bounces.create(db, "mine", bounce, 5, 5)
    for number in range(4, 9):
        await append(database, number, f"r{number - 1}", keep)
    async with database.read() as db:
        assert [row.id for row in await mixes.listing(db, "mine", "song", 100)] == ["r8", "r7", "r6", "r3", "r2"]


async def test_names_have_a_limit(database: Database) -> None:
    """So many versions may be kept by name."""
    await append(database, 2, "r1", Keep(10, 1), "One")
    with pytest.raises(Full):
        await append(database, 3, "r2", Keep(10, 1), "Two")
