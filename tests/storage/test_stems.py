"""Stems: rows that refer to blobs, and nothing else keeps a blob."""

from dataclasses import replace

import pytest

from storage import bounces, projects, stems
from storage.database import Database
from storage.errors import Full, NotFound
from storage.rows import Bounce, Peaks, Stem

STEM = Stem("s1", "song", "a" * 64, 800, "b" * 64, 100, "Kick", 100, 1, 44_100, "flac", -3.0, None, 1, 1)
LEVELS = [Peaks(level, 256 << (3 * level), f"{level}" * 64) for level in range(3)]


async def test_a_stem_is_stored_with_its_waveform(database: Database) -> None:
    """What was added is listed, and each level of the waveform is found."""
    async with database.write() as db:
        await stems.add(db, "mine", STEM, LEVELS, 5)
        assert await stems.listing(db, "mine", "song") == [STEM]
        assert await stems.waveform(db, "mine", "song", "s1", 2) == LEVELS[2]
        assert await stems.waveforms(db, "mine", "song") == {"s1": tuple(LEVELS)}
        assert await stems.assets(db, "mine", "song") == {STEM.asset}
        for place in (("yours", "song", "s1", 0), ("mine", "other", "s1", 0), ("mine", "song", "s1", 7)):
            with pytest.raises(NotFound):
                await stems.waveform(db, *place)


async def test_a_project_holds_so_many(database: Database) -> None:
    """The limit counts a project's stems."""
    async with database.write() as db:
        await stems.add(db, "mine", STEM, LEVELS, 1)
        with pytest.raises(Full):
            await stems.add(db, "mine", replace(STEM, id="s2"), LEVELS, 1)


async def test_rows_keep_blobs(database: Database) -> None:
    """Audio, uploads, waveforms and bounced files are referred to as long as their rows are there."""
    made = Bounce("b", "song", "B", "r1", None, None, None, "wav", 24, "done", 1, 1.0, "c" * 64, 50, None, None, 1, 1)
    async with database.write() as db:
        await stems.add(db, "mine", STEM, LEVELS, 5)
        await bounces.create(db, "mine", made, 5, 5)
        assert await stems.held_bytes(db, "mine") == 800 + 100 + 50
        assert await stems.held_bytes(db, "yours") == 0
        assert await stems.referenced_blobs(db) == {letter * 64 for letter in "abc012"}
        await stems.remove(db, "yours", "song", ["s1"])
        assert len(await stems.referenced_blobs(db)) == 6
        await projects.remove(db, "mine", "song")
        assert await stems.referenced_blobs(db) == frozenset()
