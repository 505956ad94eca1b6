"""The pool's worker processes: born of a zygote, watched by their socket and their pidfd, replaced when they die.

It knows which worker is free and what may be sent to it, and nothing of chunks and deadlines.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from streaming.render import channel
from streaming.render.nursery import Nursery
from streaming.render.process import Process

logger = logging.getLogger(__name__)

_PATIENCE = 3
"""How many workers in a row may die before their first reply and be replaced at once; then pauses grow."""

_PAUSE_S, _MAX_PAUSE_S = 0.1, 5.0


@dataclass(slots=True, eq=False)
class Worker:
    """One worker process, seen from the server."""

    end: socket.socket
    process: Process
    timer: asyncio.TimerHandle | None = None
    sources: dict[int, int] = field(default_factory=dict)
    """How many sources it knows of each stream it is attached to."""
    replies: int = 0
    is_overdue: bool = False

    def stop_timer(self) -> None:
        """Lift its time limit."""
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def kill(self) -> None:
        """End the process, whatever it does; its death is then noticed like any other."""
        self.process.kill()

    def send(self, message: bytes, fd: int | None = None) -> None:
        """Send what always fits, for a worker has one job at a time; one that cannot take it is dead or soon will be."""
        try:
            if fd is None:
                self.end.send(message)
            else:
                socket.send_fds(self.end, [message], [fd])
        except OSError:
            self.kill()


class Crew:
    """As many workers as are wanted, or as many as can be had.

    ``free`` is called when a worker was born, ``replied`` with a worker's message, ``died`` with a worker that is gone.
    """

    def __init__(
        self,
        size: int,
        nursery: Nursery,
        *,
        free: Callable[[], None],
        replied: Callable[[Worker, bytes], None],
        died: Callable[[Worker], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._size, self._nursery = size, nursery
        self._free, self._replied, self._died = free, replied, died
        self.workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._stillborn = 0
        self._closed: asyncio.Future[None] | None = None
        self.overruns = 0
        self.deaths = 0

    async def start(self) -> None:
        """Start the zygotes and ask for the workers."""
        await self._nursery.start()
        for _ in range(self._size):
            self._hire()

    @property
    def stamp(self) -> bytes:
        """What tells the kernels that the workers have loaded from others."""
        return self._nursery.stamp

    @property
    def idle(self) -> int:
        """How many workers wait for work."""
        return len(self._idle)

    def take(self, limit_s: float) -> Worker:
        """Give work to a free worker: it must reply within the limit or is killed."""
        worker = self._idle.pop()
        worker.timer = self._loop.call_later(limit_s, self._overrun, worker, limit_s)
        return worker

    def _overrun(self, worker: Worker, limit_s: float) -> None:
        logger.error("a worker has not rendered its chunk within %.1f s: killed", limit_s)
        self.overruns += 1
        worker.is_overdue = True
        worker.kill()

    def _hire(self) -> None:
        if self._closed is None:
            self._nursery.fork(self._born)

    def _born(self, end: socket.socket, process: Process) -> None:
        end.setblocking(False)
        worker = Worker(end, process)
        self.workers.add(worker)
        if self._closed is not None:
            self._end(worker)
            return
        self._idle.append(worker)
        self._loop.add_reader(end.fileno(), self._read, worker)
        self._loop.add_reader(process.fileno(), self._gone, worker)
        self._free()

    def _read(self, worker: Worker) -> None:
        try:
            message = worker.end.recv(channel.MAX_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            message = b""
        if not message or worker in self._idle:
            self._gone(worker)
            return
        worker.stop_timer()
        worker.replies += 1
        self._stillborn = 0
        self._idle.append(worker)
        self._replied(worker, message)

    def _gone(self, worker: Worker) -> None:
        """Bury a worker: its socket is at its end (first, as a rule), or its pidfd says that it is dead."""
        if worker not in self.workers:
            return
        self._bury(worker)
        self.deaths += 1
        self._stillborn += worker.replies == 0
        if self._stillborn <= _PATIENCE:
            self._hire()
        else:
            logger.error("%d workers in a row died before they had rendered anything", self._stillborn)
            self._loop.call_later(min(_MAX_PAUSE_S, _PAUSE_S * 2.0 ** (self._stillborn - _PATIENCE)), self._hire)
        self._died(worker)

    def _bury(self, worker: Worker) -> None:
        self.workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        worker.stop_timer()
        worker.kill()
        for fd in (worker.end.fileno(), worker.process.fileno()):
            self._loop.remove_reader(fd)
        worker.end.close()
        worker.process.close()

    async def aclose(self) -> None:
        """End all workers and zygotes; returns when none of their processes is left."""
        self._closed = self._loop.create_future()
        for worker in self.workers:
            self._loop.remove_reader(worker.end.fileno())
            self._loop.remove_reader(worker.process.fileno())
            self._end(worker)
        await self._nursery.aclose()  # from now on nobody is born any more
        if self.workers:
            await self._closed

    def _end(self, worker: Worker) -> None:
        self._loop.add_reader(worker.process.fileno(), self._buried, worker)
        worker.kill()

    def _buried(self, worker: Worker) -> None:
        self._bury(worker)
        if not self.workers and self._closed and not self._closed.done():
            self._closed.set_result(None)
