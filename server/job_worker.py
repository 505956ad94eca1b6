"""The job worker: ``python -m server.job_worker``, order on standard input. One a machine; it says ``ready`` when it is.

It runs the engine (dbos), which takes bounces and analyses off the queue and up again after a crash. It is built to be killed:
stopping it is killing it, and it dies with its server. A lock on its folder keeps a second one waiting until the first has gone
so the engine's "executor" is this folder, and no job is ever left to one that is dead: the next to come takes it up.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Protocol

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import make_url

from config import logs
from server.analysing import Analyser
from server.bouncing import Bouncer
from server.jobs import ANALYSIS, QUEUE, WORKFLOW, Queue, WorkerOrder, engine_url
from storage import analyses, bounces
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.rows import Analysis, Bounce
from streaming.child import die_with_parent

APPLICATION_VERSION = "1"
"""Pinned: an update of the server takes up the jobs of the version before. It rises when stored jobs could not be."""

MAX_RECOVERIES = 3
REAP_S = 5.0
KEEP_S = 3_600.0
"""How long the unfinished audio of a bounce that failed or was cancelled waits for a retry."""

_OVER = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


def main() -> None:
    """Wait for the lock, launch the engine, then look after what it forgets, until killed."""
    order = WorkerOrder(**json.loads(sys.stdin.buffer.read()))
    die_with_parent(order.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.configure(order.log_format, order.log_level)
    folder = Path(order.folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    launch(order, folder)
    print("ready", flush=True)
    asyncio.run(Reaper(Database(order.database, connections=1), Queue(order.database), folder).run())


def launch(order: WorkerOrder, folder: Path) -> None:
    """Start the engine with the one workflow there is: a bounce, or an analysis, as the letter of its id says."""
    url = engine_url(order.database)
    if make_url(url).get_backend_name() == "sqlite":
        _use_wal(make_url(url).database or "")
    config: DBOSConfig = {
        "name": "stemwire",
        "system_database_url": url,
        "executor_id": executor_id(folder),
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "max_executor_threads": 4 + order.at_once,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    store = Database(order.database), LocalBlobs(Path(order.blobs)), folder
    bouncer, analyser = Bouncer(*store), Analyser(*store)

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
    async def work(workspace: str, identity: str) -> str:
        run = analyser.run if is_analysis(identity) else bouncer.run
        return await DBOS.run_step_async({"name": "render"}, run, workspace, identity)

    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=order.at_once, polling_interval_sec=0.5, on_conflict="always_update")


def is_analysis(identity: str) -> bool:
    """Whether an id is that of an analysis; others are bounces'."""
    return identity.startswith(ANALYSIS)


def executor_id(folder: Path) -> str:
    """The permanent name of whoever works in this folder."""
    file = folder / "executor"
    if not file.exists():
        file.write_text("executor-" + secrets.token_hex(8))
    return file.read_text()


def _use_wal(path: str) -> None:
    """The engine opens SQLite as it is; without a write-ahead log its readers would hold up the server's writers."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        database.execute("PRAGMA journal_mode=WAL")


class Attempts(Protocol):
    """What the reaper asks of the queue."""

    def put(self, workspace: str, bounce: str, attempt: int) -> None:
        """Queue an attempt, unless it has been before."""
        ...

    def status(self, bounce: str, attempt: int) -> str | None:
        """The engine's word for where an attempt is; None if it has never heard of it."""
        ...


class Reaper:
    """Looks at all work that is not over: queues what nobody has queued, and ends what the engine has given up."""

    def __init__(self, database: Database, queue: Attempts, folder: Path) -> None:
        self._database, self._queue, self._folder = database, queue, folder
        self._log = structlog.get_logger("server.job_worker")

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            try:
                await self.reap()
            except Exception:  # noqa: BLE001 - the edge: whatever it was, the next look may be better
                self._log.exception("looking after the work failed")
            await asyncio.sleep(REAP_S)

    async def reap(self) -> None:
        """Look once."""
        async with self._database.read() as db:
            rows: list[tuple[str, Bounce | Analysis]] = [*await bounces.unfinished(db), *await analyses.unfinished(db)]
        for workspace, row in rows:
            status = await asyncio.to_thread(self._queue.status, row.id, row.attempt)
            if status is None:
                await asyncio.to_thread(self._queue.put, workspace, row.id, row.attempt)
            elif status in _OVER:
                await self._give_up(workspace, row.id, status)
        await asyncio.to_thread(self._tidy, {row.id for _, row in rows})

    async def _give_up(self, workspace: str, identity: str, status: str) -> None:
        fail = analyses.fail if is_analysis(identity) else bounces.fail
        async with self._database.write() as db:
            detail = "The work was interrupted too often. Try again: it goes on where it had got to."
            if await fail(db, workspace, identity, "interrupted", detail, time.time_ns() // 1_000_000):
                self._log.warning("work given up", id=identity, status=status)

    def _tidy(self, unfinished: set[str]) -> None:
        """Remove what is left of work that is over, after a while."""
        for work in self._folder.iterdir():
            if work.is_dir() and work.name not in unfinished and time.time() - work.stat().st_mtime > KEEP_S:
                shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
