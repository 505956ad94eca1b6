"""One bounce in the job worker: its plan is read from the store, a child renders it, its row says how far it is.

The row is the only truth: it is asked twice a second whether the bounce is still wanted, and only a row that is still running
becomes done. A child that dies is started again and goes on from its last checkpoint.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from server.errands import Errand
from storage import bounces, mixes, streams
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import BlobMissing, NotFound
from storage.rows import Bounce
from streaming.offline.errand import Refused
from streaming.offline.formats import Delivery
from streaming.offline.plan import Plan, Target


class Unwanted(Exception):
    """The work was cancelled or deleted, or is over."""


class Bouncer:
    """Renders bounces; ``folder`` keeps what is not finished, a folder each."""

    def __init__(self, database: Database, blobs: LocalBlobs, folder: Path) -> None:
        self._database, self._blobs, self._folder = database, blobs, folder

    async def run(self, workspace: str, bounce: str) -> str:
        """Render a bounce from where it had got to; returns what became of it, for the engine's records."""
        work = self._folder / bounce
        try:
            await self._start(workspace, bounce)
            work.mkdir(parents=True, exist_ok=True)
            plan, progress = await self._plan(workspace, bounce, work)
            look = partial(self._look, workspace, bounce)
            errand = Errand("streaming.offline.bounce", plan.values(), look, progress)
            result = await errand.run()
            blob, size = await asyncio.to_thread(self._blobs.adopt, Path(plan.out))
            async with self._database.write() as db:
                await bounces.finish(db, workspace, bounce, blob, size, json.dumps(result), now_ms())
        except Unwanted:
            return "unwanted"
        except Refused as refusal:
            async with self._database.write() as db:
                await bounces.fail(db, workspace, bounce, refusal.code, refusal.detail, now_ms())
            return refusal.code
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return "done"

    async def _start(self, workspace: str, bounce: str) -> None:
        async with self._database.write() as db:
            if not await bounces.start(db, workspace, bounce, now_ms()):
                raise Unwanted

    async def _look(self, workspace: str, bounce: str, progress: float) -> None:
        """Note how far it is, and learn whether it is still wanted."""
        async with self._database.write() as db:
            if not await bounces.advance(db, workspace, bounce, progress, now_ms()):
                raise Unwanted

    async def _plan(self, workspace: str, bounce: str, work: Path) -> tuple[Plan, float]:
        """What a child is asked for, and how far one before it had got."""
        try:
            async with self._database.read() as db:
                row = await bounces.get(db, workspace, bounce)
                if row.revision_id is not None:
                    document = (await mixes.get(db, workspace, row.project_id, row.revision_id)).document
                    return self._plan_of(row, work, mix=json.loads(document)), row.progress
                log = await streams.entries(db, workspace, row.stream_id or "")
                return self._plan_of(row, work, log=log), row.progress
        except NotFound:
            raise Refused("source_gone", "What was to be bounced has been deleted.") from None

    def _plan_of(self, row: Bounce, work: Path, mix: Any = None, log: Any = None) -> Plan:
        wish = json.loads(row.wish)
        delivery = Delivery(row.format, row.rate, row.bits or None, wish["kbps"], wish["dither"], wish["tags"])  # type: ignore[arg-type]
        target = Target(**wish["target"]) if wish["target"] else None
        sources, out = paths(self._blobs, mix or log), str(work / "out")
        start, stop = row.from_frame or 0, row.to_frame or 0
        return Plan(sources, str(work), out, delivery, mix, log, start, stop, row.kind, target, wish["returns"], wish["buses"])  # type: ignore[arg-type]


def paths(blobs: LocalBlobs, played: Any) -> Mapping[str, str]:
    """Where every asset lies that a mix plays, or any mix or edit of a log; raises :class:`Refused`."""
    try:
        return {asset: str(blobs.path(asset)) for asset in set(named(played))}
    except BlobMissing:
        raise Refused("audio_missing", "Audio that the mix plays is no longer stored.") from None


def named(value: Any) -> Iterator[str]:
    """Every asset that a JSON value names, wherever in it."""
    if isinstance(value, dict):
        if isinstance(value.get("asset"), str):
            yield value["asset"]
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
