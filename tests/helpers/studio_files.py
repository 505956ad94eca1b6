"""A database and a blob store with one song in it, for tests of what renders bounces."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers.music import write_stem

from dsp.desk.mix import Mix
from dsp.grid import RATE
from server.desks import draft
from server.jobs import WorkerOrder, order_for
from storage import analyses, bounces, mixes, projects, stems, workspaces
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.rows import Analysis, Bounce, Stem, Workspace

WORKSPACE, PROJECT, REVISION = "w1", "p1", "r1"


@dataclass
class Song:
    """The store, and the one revision in it."""

    folder: Path
    database: Database
    blobs: LocalBlobs
    mix: Mix

    @property
    def order(self) -> WorkerOrder:
        """What a job worker of this process is told."""
        return order_for(url_of(self.folder), str(self.folder / "blobs"), str(self.folder / "bounces"), 1)

    async def bounce(self, name: str, revision: str = REVISION, form: str = "wav", bits: int = 32, **more: Any) -> Bounce:
        """Ask for a bounce; nobody is told."""
        row = Bounce(
            name, PROJECT, name, revision, None, None, None, form, bits, "queued", 1, 0.0, None, None, None, None, 1, 1
        )  # fmt: skip
        row = replace(row, **more)
        async with self.database.write() as db:
            await bounces.create(db, WORKSPACE, row, 100, 100)
        return row

    async def analysis(self, name: str, kind: str, **options: Any) -> Analysis:
        """Ask for an analysis of the one stem, which is stored first if it is not; nobody is told."""
        asset = self.mix.tracks[0].clips[0].asset
        row = Analysis(
            name, PROJECT, kind, REVISION, json.dumps({"stems": ["s1"], **options}), "queued", 1, 0.0, None, None, None, 1, 1
        )  # fmt: skip
        async with self.database.write() as db:
            if not await stems.listing(db, WORKSPACE, PROJECT):
                stem = Stem("s1", PROJECT, asset, 1, None, 0, "One", 3 * RATE, 2, RATE, "pcm", None, None, 1, 1)
                await stems.add(db, WORKSPACE, stem, [], 10)
            await analyses.create(db, WORKSPACE, row, 100, 100)
        return row

    async def analysed(self, name: str) -> Analysis:
        """How far an analysis is."""
        async with self.database.read() as db:
            return await analyses.get(db, WORKSPACE, name)

    async def revise(self, mix: Mix) -> str:
        """Store another revision on top of the newest, and return its id."""
        async with self.database.write() as db:
            head = (await projects.get(db, WORKSPACE, PROJECT)).head_id
            revision = await mixes.append(db, WORKSPACE, PROJECT, draft(mix, "guest"), head, 2, mixes.Keep(10, 10))
        return revision.id

    async def row(self, name: str) -> Bounce:
        """How far a bounce is."""
        async with self.database.read() as db:
            return await bounces.get(db, WORKSPACE, name)


def url_of(folder: Path) -> str:
    """The database of a folder."""
    return f"sqlite+aiosqlite:///{folder / 'stemwire.db'}"


async def song_in(folder: Path, clips: int) -> Song:
    """Make a store with a song of as many clips, each two and a half seconds after the one before."""
    database, blobs = Database(url_of(folder)), LocalBlobs(folder / "blobs")
    await database.migrate()
    asset, _ = blobs.adopt(Path(write_stem(folder, 1, 3 * RATE)))
    rows = [{"id": f"c{n}", "asset": asset, "at": n * 120_000, "length": 3 * RATE} for n in range(clips)]
    mix = Mix.empty().set("tracks/t1", {"name": "One", "clips": rows}).set("tracks/t1/send/1/level_db", -6.0)
    async with database.write() as db:
        await workspaces.create(db, Workspace(WORKSPACE, "Guest", 1, 1))
        await projects.create(db, WORKSPACE, PROJECT, "Song", 1, 10)
        first = replace(draft(mix, "guest"), id=REVISION)
        await mixes.append(db, WORKSPACE, PROJECT, first, None, 1, mixes.Keep(10, 10))
    return Song(folder, database, blobs, mix)
