"""The server's hold on its zygotes: one that forks workers and one that stands by, each replaced when it dies.

Runs in the event loop's thread and never waits: workers are asked for, and handed over when they are born.
"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from streaming.render import channel
from streaming.render.process import PidfdProcess, Process

logger = logging.getLogger(__name__)

Born = Callable[[socket.socket, Process], None]
"""Called with the server's end of a new worker's socket and its process."""

FORK_LIMIT_S = 5.0
"""How long a zygote may take to fork before it is taken for hung."""

READY_LIMIT_S = 180.0
"""How long a zygote may take to load the kernels."""

_RETRY_S, _MAX_RETRY_S = 0.1, 10.0
_ROOT = Path(__file__).parents[2]


class Zygote:
    """One zygote process."""

    def __init__(self, arguments: list[str], ready: Callable[["Zygote"], None], gone: Callable[["Zygote"], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready, self._gone = ready, gone
        self.is_ready = False
        self.stamp = b""
        self.asked: deque[Born] = deque()
        self._born: deque[socket.socket] = deque()
        self._control, end = channel.pair()
        self._control.setblocking(False)
        with end:
            self.process = subprocess.Popen(  # noqa: S603 - our own program, with numbers and a configured path
                [sys.executable, "-P", "-m", "streaming.render.zygote", str(end.fileno()), str(os.getpid()), *arguments],
                stdin=subprocess.DEVNULL, pass_fds=[end.fileno()], env=environment(),
            )  # fmt: skip
        self._pidfd = os.pidfd_open(self.process.pid)
        self._loop.add_reader(self._control.fileno(), self._read)
        self._loop.add_reader(self._pidfd, self._reap)
        self._timer = self._loop.call_later(READY_LIMIT_S, self.kill)

    def fork(self, born: Born) -> None:
        """Ask for a worker."""
        ours, end = channel.pair()
        self.asked.append(born)
        self._born.append(ours)
        with end:
            try:
                socket.send_fds(self._control, [channel.FORK], [end.fileno()])
            except OSError:
                self.kill()
                return
        self._watch()

    def _watch(self) -> None:
        self._timer.cancel()
        if self.asked:
            self._timer = self._loop.call_later(FORK_LIMIT_S, self.kill)

    def _read(self) -> None:
        try:
            message, fds, _, _ = socket.recv_fds(self._control, channel.MAX_BYTES, 1)
        except BlockingIOError:
            return
        except ConnectionError:
            message, fds = b"", []
        if message[:1] == channel.READY:
            self.is_ready, self.stamp = True, message[1:]
            self._timer.cancel()
            self._ready(self)
        elif message and fds:
            born, ours = self.asked.popleft(), self._born.popleft()
            self._watch()
            born(ours, PidfdProcess(fds[0]))
        elif message:
            self._born.popleft().close()
            self.fork(self.asked.popleft())
        else:
            self._loop.remove_reader(self._control.fileno())
            self._timer.cancel()
            self._timer = self._loop.call_later(FORK_LIMIT_S, self.kill)  # it is ending by itself; its pidfd tells when

    def _reap(self) -> None:
        """The process is dead: nothing of it may stay, and whoever waits for a worker waits for another zygote's."""
        self._loop.remove_reader(self._pidfd)
        self._loop.remove_reader(self._control.fileno())
        self._timer.cancel()
        os.close(self._pidfd)
        self._control.close()
        while self._born:
            self._born.popleft().close()
        self.process.wait()
        self._gone(self)

    def kill(self) -> None:
        """End the process; its workers die with it."""
        if self.process.returncode is None:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)


class ZygoteFailed(Exception):
    """The first zygote ended before it could fork a worker."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"the zygote ended with code {self.code} before its kernels were loaded; its own message is in the log"


class Nursery:
    """Where workers come from, whatever happens to a zygote."""

    def __init__(self, arguments: list[str], standby: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._arguments, self._wanted = arguments, 2 if standby else 1
        self._zygotes: list[Zygote] = []
        self._waiting: deque[Born] = deque()
        self._first: asyncio.Future[None] = self._loop.create_future()
        self._retry_s = _RETRY_S
        self._retry: asyncio.TimerHandle | None = None
        self._closed: asyncio.Future[None] | None = None
        self.stamp = b""
        """What the state of a stream depends on: 32 bytes that tell one version of the kernels from another."""

    @property
    def pids(self) -> list[int]:
        """The zygotes' processes, the serving one first."""
        return [zygote.process.pid for zygote in self._zygotes]

    async def start(self) -> None:
        """Start the first zygote and wait until it has loaded the kernels; the standby follows behind."""
        self._launch()
        await self._first

    def fork(self, born: Born) -> None:
        """Ask for a worker, of the zygote that serves now or of the next."""
        self._waiting.append(born)
        self._serve()

    def _serve(self) -> None:
        serving = next((zygote for zygote in self._zygotes if zygote.is_ready), None)
        while serving and self._waiting:
            serving.fork(self._waiting.popleft())

    def _launch(self) -> None:
        self._retry = None
        self._zygotes.append(Zygote(self._arguments, self._ready, self._gone))

    def _ready(self, zygote: Zygote) -> None:
        self._retry_s, self.stamp = _RETRY_S, zygote.stamp
        if not self._first.done():
            self._first.set_result(None)
        self._serve()
        if len(self._zygotes) < self._wanted and not self._retry:
            self._launch()

    def _gone(self, zygote: Zygote) -> None:
        self._zygotes.remove(zygote)
        if self._closed:
            if not self._zygotes:
                self._closed.set_result(None)
            return
        logger.warning("a zygote ended with code %s", zygote.process.returncode)
        self._waiting.extend(zygote.asked)
        if not self._first.done():
            self._first.set_exception(ZygoteFailed(zygote.process.returncode))
            return
        self._serve()
        if self._retry or any(not other.is_ready for other in self._zygotes):
            return  # one is on its way, and when it is ready it sees to the next
        if zygote.is_ready:
            self._launch()
            return
        self._retry = self._loop.call_later(self._retry_s, self._launch)
        self._retry_s = min(2 * self._retry_s, _MAX_RETRY_S)

    async def aclose(self) -> None:
        """End the zygotes, and with them their workers; returns when they are gone."""
        self._closed = self._loop.create_future()
        if self._retry:
            self._retry.cancel()
        if not self._zygotes:
            return
        for zygote in self._zygotes:
            zygote.kill()
        await self._closed


def environment() -> dict[str, str]:
    """The environment of a zygote: the server's, with our packages on the path and no threads in the numeric libraries."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
