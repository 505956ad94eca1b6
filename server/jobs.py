"""The durable queue as the server sees it: it puts bounces into the engine's tables and keeps one job worker running.

The engine (dbos) is known here and in ``job_worker.py`` only, and this process never runs a job: it has the engine's client,
nothing more. A row of ``storage.bounces`` says what a bounce is and how far; the queue only sees to it that somebody renders it.
What could not be queued, as the worker was not up yet or the server died in between, the worker finds and queues by itself.
"""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog
from sqlalchemy import make_url

from server.children import command, environment

QUEUE = "bounces"
WORKFLOW = "bounce"
ANALYSIS = "a"
"""The first letter of the ids of analyses, which are carried out as bounces are."""

_ENGINE_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_RESPAWN_S = (0.5, 30.0)
"""The first and the longest wait before a worker that died is started again."""

_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """What a job worker is told: the database, where blobs and unfinished bounces lie, and how many it renders at a time."""

    database: str
    blobs: str
    folder: str
    at_once: int
    parent: int
    log_format: str = "console"
    log_level: str = "info"


def engine_url(database: str) -> str:
    """The engine's URL, through a driver that blocks.

    On PostgreSQL it has a schema of its own in our database. SQLite has no schemas, and some of the engine's tables are called as
    ours are, so there it has a file of its own beside ours.
    """
    url = make_url(database)
    url = url.set(drivername=_ENGINE_DRIVERS[url.get_backend_name()])
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        url = url.set(database=str(file.with_name(f"{file.stem}-jobs.db")))
    return url.render_as_string(hide_password=False)


def workflow_id(bounce: str, attempt: int) -> str:
    """The engine's name for one attempt at a bounce; asking for it twice is asking once."""
    return f"{bounce}:{attempt}"


class Queue:
    """The engine's tables, through its client. Every method blocks: call them in a thread."""

    def __init__(self, database: str) -> None:
        from dbos import DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415 - it takes a second to import

        self._client = DBOSClient(system_database_url=engine_url(database), serializer=DBOSPortableJSONSerializer())

    def put(self, workspace: str, bounce: str, attempt: int) -> None:
        """Queue an attempt, unless it has been before."""
        name = workflow_id(bounce, attempt)
        self._client.enqueue({"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": name}, workspace, bounce)

    def cancel(self, bounce: str, attempt: int) -> None:
        """Let a queued attempt never begin."""
        self._client.cancel_workflow(workflow_id(bounce, attempt))

    def status(self, bounce: str, attempt: int) -> str | None:
        """The engine's word for where an attempt is; None if it has never heard of it."""
        found = self._client.list_workflows(workflow_ids=[workflow_id(bounce, attempt)], load_input=False, load_output=False)
        return found[0].status if found else None

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


class Jobs:
    """Bounces are enqueued and cancelled here; a job worker renders them."""

    def __init__(self, order: WorkerOrder) -> None:
        self._order = order
        self._queue: Queue | None = None
        self._worker: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("server.jobs")

    async def start(self) -> None:
        """Start the worker; it is up some seconds later. The tables must have been migrated."""
        self._keeper = asyncio.create_task(self._keep(), name="job worker's keeper")

    async def aclose(self) -> None:
        """Stop the worker; what it was rendering goes on when the server is back."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._queue is not None:
            await asyncio.to_thread(self._queue.close)

    async def enqueue(self, workspace: str, bounce: str, attempt: int) -> None:
        """Have a stored bounce rendered; asking twice for the same attempt is asking once."""
        if self._queue is not None:
            await asyncio.to_thread(self._queue.put, workspace, bounce, attempt)

    async def cancel(self, _workspace: str, bounce: str, attempt: int) -> None:
        """Stop rendering a bounce whose row says it is cancelled, or is gone: the worker looks at the row every second."""
        if self._queue is not None:
            await asyncio.to_thread(self._queue.cancel, bounce, attempt)

    async def alive(self) -> None:
        """Raise unless a worker is up."""
        if self._queue is None or self._worker is None or self._worker.returncode is not None:
            raise RuntimeError("The job worker is not running.")

    async def _keep(self) -> None:
        """Have one worker at all times; one that keeps dying is started ever more slowly."""
        wait, longest = _RESPAWN_S
        while True:
            try:
                worker = self._worker = await self._spawn()
                if await self._is_up(worker):
                    wait = _RESPAWN_S[0]
                await worker.wait()
            finally:
                await self._stop()
            self._log.warning("job worker died", returncode=worker.returncode, again_in_s=wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, longest)

    async def _spawn(self) -> Process:
        worker = await asyncio.create_subprocess_exec(
            *command("server.job_worker"), stdin=PIPE, stdout=PIPE, env=environment(only=None), cwd="/"
        )
        if worker.stdin is not None:
            worker.stdin.write(json.dumps(asdict(self._order)).encode())
            worker.stdin.close()
        return worker

    async def _is_up(self, worker: Process) -> bool:
        """Wait until the worker says that the engine's tables are there, or dies."""
        if worker.stdout is None or not await worker.stdout.readline():
            return False
        if self._queue is None:
            self._queue = await asyncio.to_thread(Queue, self._order.database)
        self._log.info("job worker is up", pid=worker.pid)
        return True

    async def _stop(self) -> None:
        worker = self._worker
        if worker is None or worker.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            worker.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await worker.wait()
        except TimeoutError:
            worker.kill()
            await worker.wait()


def order_for(
    database: str, blobs: str, folder: str, at_once: int, log_format: str = "console", log_level: str = "info"
) -> WorkerOrder:
    """An order of this process."""
    return WorkerOrder(database, blobs, folder, at_once, os.getpid(), log_format, log_level)
