"""Render processes that are none: born of a stand-in nursery, spoken to over a stand-in socket, slow, stuck or killed by chance.

The pool's own crew hires, feeds, watches and buries them. A job's output appears at the beginning or at the end of the time it
takes, or only a part of it, where the process dies in its midst.
"""

import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from simulation.book import Book
from simulation.loop import SimulatedLoop
from simulation.rendering import Refused, Renderer

from dsp.grid import RATE
from streaming.render.job import ABANDONED, DONE, Job, Reply, pack_reply

_MESSAGE_S = 50e-6
_FIRST_FD = 1_000_000


@dataclass(frozen=True, slots=True)
class Health:
    """How workers fare: chances for each job, and times."""

    render_us_per_s: int = 8_000
    slow: float = 0.01
    slow_us: int = 20_000
    dies: float = 0.0
    hangs: float = 0.0
    stillborn: float = 0.0
    fork_us: int = 8_000
    other_boot: float = 0.0


class End:
    """The server's end of a worker's socket."""

    def __init__(self, loop: SimulatedLoop, number: int, process: "FakeProcess") -> None:
        self._loop, self._number, self._process = loop, number, process
        self.inbox: deque[bytes] = deque()
        self.is_over = False
        loop.source(number, self)

    @property
    def is_readable(self) -> bool:
        """Whether there is a message, or the end."""
        return bool(self.inbox) or self.is_over

    def fileno(self) -> int:
        """Its number."""
        return self._number

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    def send(self, message: bytes) -> int:
        """Send a message to the worker."""
        return self.sendmsg([message])

    def sendmsg(self, buffers: list[bytes], ancillary: list[tuple[int, int, "array.array[int]"]] | None = None) -> int:
        """Send a message with a descriptor; what Python's ``send_fds`` calls."""
        if not self._process.is_alive:
            raise BrokenPipeError
        self._process.hear(buffers[0], ancillary[0][2][0] if ancillary else None)
        return len(buffers[0])

    def recv(self, _most: int) -> bytes:
        """The worker's next message; empty at the end."""
        if self.inbox:
            return self.inbox.popleft()
        if self.is_over:
            return b""
        raise BlockingIOError

    def close(self) -> None:
        """The server lets go, and the worker ends."""
        self._loop.forget(self._number)
        self._process.kill()


@dataclass(eq=False)
class FakeProcess:
    """One worker; it is its own pidfd."""

    loop: SimulatedLoop
    chance: Random
    health: Health
    book: Book
    number: int
    boot: int
    is_alive: bool = True
    is_hung: bool = False
    jobs: int = 0
    _inbox: deque[tuple[bytes, int | None]] = field(default_factory=deque)
    _job: Job | None = None
    _begun: Job | None = None

    def __post_init__(self) -> None:
        """Open both ends."""
        self.end = End(self.loop, self.number, self)
        self._memory = Renderer(self.boot)
        self.loop.source(self.number + 1, self)

    @property
    def is_readable(self) -> bool:
        """A pidfd is, when the process is dead."""
        return not self.is_alive

    def fileno(self) -> int:
        """The number of the pidfd."""
        return self.number + 1

    def close(self) -> None:
        """Nobody watches any more."""
        self.loop.forget(self.number + 1)

    def kill(self) -> None:
        """SIGKILL: at once, whatever it does; the server sees the end a little later."""
        if not self.is_alive:
            return
        self.is_alive = False
        if self._begun is not None:
            self.book.deaths[self._begun.arena, self._begun.number] += 1
        self._memory.close()
        self.loop.call_later(self.chance.uniform(0.002, 0.006), self._end)

    def _end(self) -> None:
        self.end.is_over = True
        first, second = self.chance.sample((self.number, self.number + 1), 2)
        self.loop.readable(first)
        self.loop.readable(second)

    def hear(self, message: bytes, fd: int | None) -> None:
        """A message has come; it is read as soon as nothing else is to be done."""
        if fd is not None or self._job is None:
            job = self._memory.take(message, fd)  # the descriptor is good now
            if job is not None:
                self._job = job
                self.loop.call_later(_MESSAGE_S, self._begin, job)
        else:
            self._inbox.append((message, fd))

    def _begin(self, job: Job) -> None:
        if not self.is_alive:
            return
        chance, health = self.chance, self.health
        self.jobs += 1
        if chance.random() < health.dies / 2:
            self.kill()  # before it has begun
            return
        try:
            self._memory.begin(job)
            self._begun = job
        except Refused as refused:
            self.book.fail("worker", f"refused a job: {refused}")
            return
        if chance.random() < health.hangs:
            self._part_of(job)
            self.is_hung = True
            return
        seconds = health.render_us_per_s * (job.stop - job.start) / RATE / 1e6 + 300e-6
        if chance.random() < health.slow:
            seconds += chance.uniform(0.0, health.slow_us / 1e6)
        if chance.random() < health.dies:
            self._part_of(job)
            self.loop.call_later(chance.uniform(0.0, seconds), self.kill)
            return
        reply = self._memory.run(job) if chance.random() < 0.5 else None
        self.loop.call_later(seconds, self._finish, job, reply, int(seconds * 1e6))

    def _part_of(self, job: Job) -> None:
        tiles = self.chance.randrange(0, (job.stop - job.start) // 32 + 1)
        self._memory.run(job, tiles)

    def _finish(self, job: Job, reply: Reply | None, us: int) -> None:
        if not self.is_alive:
            return
        if reply is None:
            reply = self._memory.run(job)
        elif reply.status == DONE and self._memory.is_stale(job) and self.chance.random() < 0.5:
            reply = replace(reply, status=ABANDONED)
        self.end.inbox.append(pack_reply(replace(reply, render_us=us, encode_us=us // 2 if job.encode else 0)))
        self._job = self._begun = None
        while self._inbox and self._job is None:
            self.hear(*self._inbox.popleft())
        self.loop.readable(self.number)


class FakeNursery:
    """Where such workers come from; a new zygote's have another boot id."""

    stamp = b""

    def __init__(self, loop: SimulatedLoop, chance: Random, health: Health, book: Book) -> None:
        self._loop, self._chance, self.health, self._book = loop, chance, health, book
        self._numbers = count(_FIRST_FD, 2)
        self._boot = 1
        self._closed = False
        self.born: list[FakeProcess] = []

    async def start(self) -> None:
        """There is nothing to load."""

    @property
    def alive(self) -> list[FakeProcess]:
        """The processes there are."""
        return [process for process in self.born if process.is_alive]

    def fork(self, born: Callable[[End, FakeProcess], None]) -> None:
        """Ask for a worker."""
        self._loop.call_later(self.health.fork_us / 1e6 * self._chance.uniform(0.8, 3.0), self._bear, born)

    def _bear(self, born: Callable[[End, FakeProcess], None]) -> None:
        if self._closed:
            return
        if self._chance.random() < self.health.other_boot:
            self._boot += 1
        number = next(self._numbers)
        chance = Random(f"{self._chance.random()}")
        process = FakeProcess(self._loop, chance, self.health, self._book, number, self._boot)
        self.born = [*self.alive, process]
        if self._chance.random() < self.health.stillborn:
            self._loop.call_later(self._chance.uniform(0.0, 0.01), process.kill)
        born(process.end, process)

    async def aclose(self) -> None:
        """End all of them."""
        self._closed = True
        for process in self.alive:
            process.kill()
