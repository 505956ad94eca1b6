"""The render pool: a few worker processes and one queue ordered by deadline, all in the event loop's thread and never waiting.

One chunk of a stream is in flight at a time. A worker that dies, or overruns the time limit and is killed, is replaced and its
chunk rendered again from the same slot; a chunk that several workers died of is failed, and only its stream suffers.
"""

import asyncio
import heapq
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dsp.slot.widen import Rest
from streaming.live.rest import rest_arena, rest_job, rest_of
from streaming.render import channel
from streaming.render.arena import Arena
from streaming.render.crew import Crew, Worker
from streaming.render.job import ABANDONED, DONE, FAILED, NOTHING, Job, Reply, pack_job, unpack_reply
from streaming.render.nursery import Nursery

logger = logging.getLogger(__name__)

Done = Callable[[Reply], None]

DEATHS = 4
"""How many workers may die of one chunk before it is failed. A chunk that kills is found out by the second; others may have been
killed by somebody else, who knows nothing of chunks.
"""

LEAST_S, FORGIVEN = 0.75, 3
"""A chunk gets half of the time until it is wanted, but so long at least; after so many workers that hung, the whole limit."""

LOSSES = 8
"""How many workers may die that were sent a chunk but had not begun with it, as they do when all are killed at once."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the pool has seen since it was started, and how busy it is now."""

    rendered: int
    abandoned: int
    failed: int
    rendered_again: int
    deaths: int
    overruns: int
    queued: int
    busy: int


@dataclass(slots=True)
class _Stream:
    arena: Arena
    sources: list[str]
    task: "_Task | None" = None


@dataclass(slots=True, eq=False)
class _Task:
    job: Job
    stream: _Stream
    message: bytes
    deadline_us: int
    done: Done
    deaths: int = 0
    losses: int = 0
    overruns: int = 0


class Pool:
    """Renders jobs in ``workers`` processes. Made, used and closed in one event loop."""

    def __init__(
        self, workers: int, *, limit_s: float = 2.0, nice: int = 5, opus: str | None = None, standby: bool = True,
        classes: Sequence[int] = (), nursery: Callable[[list[str], bool], Nursery] = Nursery,
    ) -> None:  # fmt: skip
        """``nursery`` is where workers come from, made in the event loop from a zygote's arguments and whether one stands by."""
        self._size, self._limit_s = workers, limit_s
        self._nursery = partial(nursery, [str(nice), opus or ""], standby)
        self._queue: list[tuple[int, int, _Task]] = []
        self._running: dict[Worker, _Task] = {}
        self._streams: dict[int, _Stream] = {}
        self._opened = self._pushed = self._again = 0
        self._statuses = {DONE: 0, ABANDONED: 0, FAILED: 0}
        self._closed = False
        self._classes, self._resting = classes, dict[int, Arena]()
        self.rest: dict[int, Rest] = {}
        """What an untouched console looks like, for each of ``classes``: the first thing that is rendered after the start."""

    async def start(self) -> None:
        """Load the kernels and ask for the workers; chunks may be submitted from now on."""
        self._loop = asyncio.get_running_loop()
        self._crew = Crew(self._size, self._nursery(), free=self._feed, replied=self._replied, died=self._died)
        await self._crew.start()
        for tracks in self._classes:
            self._learn(tracks)

    def _learn(self, tracks: int) -> None:
        self._resting[tracks] = arena = rest_arena(tracks)
        job = rest_job(self.open(arena), arena)
        self.submit(job, 0, partial(self._learnt, job))

    def _learnt(self, job: Job, reply: Reply) -> None:
        arena = self._streams[job.arena].arena
        if reply.status == DONE:
            self.rest[arena.tracks] = rest_of(arena)
        else:
            logger.error("the state of rest of %d tracks cannot be rendered: such streams will not grow", arena.tracks)
        self.close(job.arena)
        self._resting.pop(arena.tracks).close()

    @property
    def workers(self) -> int:
        """How many workers are up; none before the start."""
        return len(self._crew.workers) if hasattr(self, "_crew") else 0

    @property
    def stamp(self) -> bytes:
        """What tells these kernels from others, in 32 bytes: a state fits only those that made it."""
        return self._crew.stamp if hasattr(self, "_crew") else b""

    @property
    def counts(self) -> Counts:
        """Figures for the metrics."""
        done, abandoned, failed = (self._statuses[status] for status in (DONE, ABANDONED, FAILED))
        crew = self._crew
        return Counts(done, abandoned, failed, self._again, crew.deaths, crew.overruns, len(self._queue), len(self._running))

    def open(self, arena: Arena, sources: Sequence[str] = ()) -> int:
        """Take a stream in; answers the number that its jobs carry. The arena stays the caller's, and open until ``close``."""
        self._opened += 1
        self._streams[self._opened] = _Stream(arena, list(sources))
        return self._opened

    def add_source(self, number: int, path: str) -> int:
        """Give a stream one more source; answers the number that its clips carry."""
        sources = self._streams[number].sources
        sources.append(path)
        return len(sources) - 1

    def close(self, number: int) -> None:
        """Forget a stream. A chunk in flight is given up, and its ``done`` is not called."""
        stream = self._streams.pop(number, None)
        if stream is None:
            return
        stream.arena.bump_generation()
        self._queue = [entry for entry in self._queue if entry[2].stream is not stream]
        heapq.heapify(self._queue)
        for worker in self._crew.workers:
            if worker.sources.pop(number, None) is not None:
                worker.send(channel.pack_number(channel.DETACH, number))

    def submit(self, job: Job, deadline_us: int, done: Done) -> None:
        """Have a chunk rendered, before those of a later deadline. A stream has one chunk in flight.

        ``done`` is called once, from the event loop and never from within this call, unless the stream is closed before.
        """
        stream = self._streams[job.arena]
        if stream.task is not None:
            raise ValueError(f"stream {job.arena} has a chunk in flight")
        message = channel.JOB + pack_job(job)
        stream.task = task = _Task(job, stream, message, deadline_us, done)
        if len(message) > channel.MAX_BYTES:
            logger.error("a chunk of stream %d has tables of %d bytes", job.arena, len(message))
            self._loop.call_soon(self._finish, task, _unrendered(job, FAILED))
        else:
            self._push(task)
            self._feed()

    def _push(self, task: _Task) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (task.deadline_us, self._pushed, task))

    def _feed(self) -> None:
        while self._queue and self._crew.idle:
            task = heapq.heappop(self._queue)[2]
            if task.stream.arena.generation != task.job.generation:
                self._loop.call_soon(self._finish, task, _unrendered(task.job, ABANDONED))
                continue
            worker = self._crew.take(self._patience_s(task))
            self._running[worker] = task
            task.stream.arena.begun = False
            self._attach(worker, task)
            worker.send(task.message)

    def _patience_s(self, task: _Task) -> float:
        """How long a worker may take: a hung one must be found while there is time for another."""
        if task.overruns >= FORGIVEN:
            return self._limit_s
        left_s = task.deadline_us / 1e6 - time.monotonic()
        return min(self._limit_s, max(LEAST_S, left_s / 2))

    def _attach(self, worker: Worker, task: _Task) -> None:
        """Let a worker know of the stream what it does not know yet."""
        number, arena, sources = task.job.arena, task.stream.arena, task.stream.sources
        known = worker.sources.get(number)
        if known is None:
            attach = channel.pack_attach(number, arena.tracks, len(arena.slots), arena.ring_frames, arena.ahead)
            worker.send(attach, arena.fd)
        for path in sources[known or 0 :]:
            worker.send(channel.pack_number(channel.SOURCE, number, path))
        worker.sources[number] = len(sources)

    def _replied(self, worker: Worker, message: bytes) -> None:
        task, reply = self._running.pop(worker), unpack_reply(message)
        if reply.lost != NOTHING:
            self._lose(task, reply.lost)
        self._finish(task, replace(reply, overruns=task.overruns))
        self._feed()

    def _lose(self, task: _Task, source: int) -> None:
        """A file was not there for one worker; to others, who have it mapped still, it must not be there either."""
        number = task.job.arena
        task.stream.sources[source] = ""
        for worker in self._crew.workers:
            if worker.sources.get(number, 0) > source:
                worker.send(channel.pack_number(channel.LOST, number, str(source)))

    def _died(self, worker: Worker) -> None:
        """Have the chunk that a worker died of rendered again, from the same slot."""
        task = self._running.pop(worker, None)
        if task is None or not self._is_open(task):
            return
        if worker.is_overdue and task.overruns < FORGIVEN:
            task.overruns += 1
        elif task.stream.arena.begun:
            task.deaths += 2 if worker.is_overdue else 1
        else:
            task.losses += 1
        if task.deaths >= DEATHS or task.losses >= LOSSES:
            logger.error("%d workers died of one chunk of stream %d", task.deaths + task.losses, task.job.arena)
            self._finish(task, _unrendered(task.job, FAILED))
            return
        self._again += 1
        self._push(task)
        self._feed()

    def _finish(self, task: _Task, reply: Reply) -> None:
        task.stream.task = None
        self._statuses[reply.status] += 1
        if self._is_open(task):
            task.done(reply)

    def _is_open(self, task: _Task) -> bool:
        return not self._closed and self._streams.get(task.job.arena) is task.stream

    async def aclose(self) -> None:
        """End all workers and zygotes; no ``done`` is called any more. Returns when no process of the pool is left."""
        self._closed = True
        self._queue.clear()
        await self._crew.aclose()
        while self._resting:
            self._resting.popitem()[1].close()


def _unrendered(job: Job, status: int) -> Reply:
    return Reply(job.number, status, job.start, False, job.encode_from, 0, 0, 0)
