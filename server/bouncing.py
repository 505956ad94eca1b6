"""One bounce in the job worker: its plan is read from the store, a child renders it, its row says how far it is.

The row is the only truth: it is asked twice a second whether the bounce is still wanted, and only a row that is still running
becomes done. A child that dies is started again and goes on from its last checkpoint.
"""

import asyncio
import json
import os
import shutil
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from server.children import command, environment
from storage import bounces, mixes, streams
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import BlobMissing, NotFound
from storage.rows import Bounce
from streaming.plan import BounceRefused, Plan, read_line

LOOK_S = 0.5
"""How often the row is asked whether the bounce is still wanted; progress is noted as often."""

STALL_S = 900.0
"""A child that says nothing for so long is given up; at idle priority it may starve for a while."""

DEATHS = 4
"""A child that dies so often without getting any further is given up."""


class Unwanted(Exception):
    """The bounce was cancelled or deleted, or is over."""


class Bouncer:
    """Renders bounces; ``folder`` keeps what is not finished, a folder each."""

    def __init__(self, database: Database, blobs: LocalBlobs, folder: Path) -> None:
        self._database, self._blobs, self._folder = database, blobs, folder
        self._log = structlog.get_logger("server.bouncing")

    async def run(self, workspace: str, bounce: str) -> str:
        """Render a bounce from where it had got to; returns what became of it, for the engine's records."""
        work = self._folder / bounce
        try:
            await self._start(workspace, bounce)
            work.mkdir(parents=True, exist_ok=True)
            plan, progress = await self._plan(workspace, bounce, work)
            await self._render(workspace, bounce, plan, progress)
            blob, size = await asyncio.to_thread(self._blobs.adopt, Path(plan.out))
            async with self._database.write() as db:
                await bounces.finish(db, workspace, bounce, blob, size, _now_ms())
        except Unwanted:
            return "unwanted"
        except BounceRefused as refusal:
            async with self._database.write() as db:
                await bounces.fail(db, workspace, bounce, refusal.code, refusal.detail, _now_ms())
            return refusal.code
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return "done"

    async def _start(self, workspace: str, bounce: str) -> None:
        async with self._database.write() as db:
            if not await bounces.start(db, workspace, bounce, _now_ms()):
                raise Unwanted

    async def _look(self, workspace: str, bounce: str, progress: float) -> None:
        """Note how far it is, and learn whether it is still wanted."""
        async with self._database.write() as db:
            if not await bounces.advance(db, workspace, bounce, progress, _now_ms()):
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
            raise BounceRefused("source_gone", "What was to be bounced has been deleted.") from None

    def _plan_of(self, row: Bounce, work: Path, mix: Any = None, log: Any = None) -> Plan:
        try:
            sources = {asset: str(self._blobs.path(asset)) for asset in set(_named(mix or log))}
        except BlobMissing:
            raise BounceRefused("audio_missing", "Audio that the mix plays is no longer stored.") from None
        out = str(work / f"out.{row.format}")
        return Plan(sources, str(work), out, row.format, row.bits, mix, log, row.from_frame or 0, row.to_frame or 0)  # type: ignore[arg-type]

    async def _render(self, workspace: str, bounce: str, plan: Plan, progress: float) -> None:
        """Run children until one has finished."""
        reached, deaths = -1.0, 0
        while deaths < DEATHS:
            ended, progress = await self._follow(workspace, bounce, plan, progress)
            if ended:
                return
            deaths = 0 if progress > reached else deaths + 1
            reached = max(reached, progress)
            self._log.warning("bounce's child died", bounce=bounce, progress=progress)
        raise BounceRefused("render_failed", "The mix could not be rendered.")

    async def _follow(self, workspace: str, bounce: str, plan: Plan, progress: float) -> tuple[bool, float]:
        """Run a child to its end: whether it has finished, and the progress it told last."""
        child = await asyncio.create_subprocess_exec(
            *command("streaming.bounce"), stdin=PIPE, stdout=PIPE, env=environment(only=None), cwd="/"
        )
        try:
            await _feed(child, plan.to_json(os.getpid()))
            looked = silent_since = time.monotonic()
            while True:
                line = await _line(child)
                now = time.monotonic()
                if line is not None:
                    silent_since = now
                    if not line or (told := read_line(line)) is None:
                        return bool(line), progress
                    progress = told
                if now - silent_since > STALL_S:
                    raise BounceRefused("render_stalled", "Rendering made no progress for a long time.")
                if now - looked >= LOOK_S or line is None:
                    await self._look(workspace, bounce, progress)
                    looked = now
        finally:
            if child.returncode is None:
                child.send_signal(signal.SIGKILL)
            await child.wait()


async def _feed(child: Process, content: bytes) -> None:
    if child.stdin is None:
        return
    try:
        child.stdin.write(content)
        await child.stdin.drain()
    except ConnectionError:
        return  # it is dead already; its empty output says so
    finally:
        child.stdin.close()


async def _line(child: Process) -> bytes | None:
    """The child's next line, empty at its end; None when it says nothing for a while."""
    if child.stdout is None:
        return b""
    try:
        async with asyncio.timeout(LOOK_S):
            return await child.stdout.readline()
    except TimeoutError:
        return None


def _named(value: Any) -> Iterator[str]:
    """Every asset that a mix plays, or any mix or edit of a log."""
    if isinstance(value, dict):
        if isinstance(value.get("asset"), str):
            yield value["asset"]
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
