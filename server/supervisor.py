"""``stemwire serve --supervise``: a small parent that starts the server again whenever it dies, and ends with it when told to.

It holds the listening socket, so listeners that come while nobody serves wait in the kernel instead of being refused. It has one
thread, runs no server code and opens nothing else, so there is little in it that could fail. The server dies with it.
"""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

STOP = (signal.SIGTERM, signal.SIGINT)
STEADY_S = 10.0
"""A server that was ready and lived this long is started again at once; otherwise pauses grow."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
SPARE_S = 2.0
"""Beyond its grace time, before a server that was told to stop is killed."""

_LOOK_S = 1.0
_READY = b"R"


@dataclass(frozen=True, slots=True)
class Bond:
    """What a serving child is told of its supervisor: whose child it is, where it listens, and where it says that it is ready."""

    parent: int
    listener: int
    ready: int

    def __str__(self) -> str:
        return f"{self.parent}:{self.listener}:{self.ready}"

    @classmethod
    def parse(cls, text: str) -> "Bond":
        """Read :meth:`__str__` back; raises ``ValueError``."""
        parent, listener, ready = map(int, text.split(":"))
        return cls(parent, listener, ready)

    def take(self) -> socket.socket:
        """Undo in the child what the supervisor did to its signals; answers the socket to serve on."""
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        listener = socket.socket(fileno=self.listener)
        listener.set_inheritable(False)
        os.set_inheritable(self.ready, False)
        return listener

    def say_ready(self) -> None:
        """Tell the supervisor."""
        os.write(self.ready, _READY)


def pause_s(failures: int, chance: Callable[[], float] = random.random) -> float:
    """How long to wait after so many failures in a row: none after the first death, then doubling, up to half of it by chance."""
    if failures == 0:
        return 0.0
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20)) * (0.5 + 0.5 * chance()))


class Supervisor:
    """Keeps one serving child. ``command`` makes its command line from its bond."""

    def __init__(self, command: Callable[[Bond], tuple[str, ...]], listener: socket.socket, grace_s: float) -> None:
        self._command, self._listener, self._grace_s = command, listener, grace_s
        self._log = structlog.get_logger("server.supervisor")

    def run(self) -> int:
        """Supervise until told to stop, or until a server that has never been ready ends; answers the exit code."""
        signal.pthread_sigmask(signal.SIG_BLOCK, (*STOP, signal.SIGCHLD))
        failures, was_ready = 0, False
        while True:
            child, ready = self._spawn()
            began = time.monotonic()
            if self._is_told_to_stop(child):
                return self._end(child, ready)
            is_ready = self._was_ready(ready)
            was_ready |= is_ready
            if not was_ready:
                return exit_code(child.returncode)
            failures = 0 if is_ready and time.monotonic() - began >= STEADY_S else failures + 1
            pause = pause_s(failures - 1 if is_ready else failures)
            self._log.error("the server died", returncode=child.returncode, again_in_s=round(pause, 2))
            if pause and signal.sigtimedwait(STOP, pause):
                return 0

    def _spawn(self) -> tuple["subprocess.Popen[bytes]", int]:
        ready, told = os.pipe()
        bond = Bond(os.getpid(), self._listener.fileno(), told)
        try:
            return subprocess.Popen(self._command(bond), pass_fds=(bond.listener, bond.ready)), ready  # noqa: S603 - ourselves
        finally:
            os.close(told)

    def _is_told_to_stop(self, child: "subprocess.Popen[bytes]") -> bool:
        """Wait for the child's end (False) or for a signal to us (True)."""
        while child.poll() is None:
            told = signal.sigtimedwait((*STOP, signal.SIGCHLD), _LOOK_S)
            if told is not None and told.si_signo in STOP:
                return True
        return False

    def _was_ready(self, ready: int) -> bool:
        os.set_blocking(ready, False)
        try:
            return os.read(ready, 1) == _READY
        except BlockingIOError:
            return False  # a grandchild that is just dying still holds the other end
        finally:
            os.close(ready)

    def _end(self, child: "subprocess.Popen[bytes]", ready: int) -> int:
        """Let the server drain; who connects from now on is refused."""
        os.close(ready)
        self._listener.close()
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(self._grace_s + SPARE_S)
        except subprocess.TimeoutExpired:
            self._log.error("the server did not stop within its grace time: killed")
            child.kill()
            child.wait()
        return exit_code(child.returncode)


def exit_code(returncode: int) -> int:
    """The shell's number for how a child ended; ending by the signal that asked for it is success."""
    if returncode in (-signal.SIGTERM, -signal.SIGINT):
        return 0
    return returncode if returncode >= 0 else 128 - returncode
