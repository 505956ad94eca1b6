"""An event loop whose time is simulated: it stands still while anything runs, and jumps to the next timer when nothing is left to
do.

It is asyncio's own loop but for its selector, so tasks, timers and their order are those of the real one, and two runs of the
same program are the same. There is no I/O: what would be readable says so itself. Executors run on the spot.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

BEGIN_US = 1_000_000


class Deadlock(Exception):
    """Nothing is left to happen, and somebody still waits."""


class Readable(Protocol):
    """What has a descriptor that is not the system's."""

    @property
    def is_readable(self) -> bool:
        """Whether there is something to be read, or the end."""
        ...


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop, and the clock of everything that runs on it."""

    def __init__(self) -> None:
        super().__init__()
        self._now_us = BEGIN_US
        self._clock_resolution = 1e-6
        self._selector = self  # whom the base class asks to wait
        self._readers: dict[int, tuple[Callable[..., object], tuple[Any, ...]]] = {}
        self._sources: dict[int, Readable] = {}
        self.turns = 0

    def time(self) -> float:
        """Seconds."""
        return self._now_us / 1e6

    def now_us(self) -> int:
        """Microseconds: the loop is a :class:`streaming.live.clock.Clock`."""
        return self._now_us

    def at_us(self, when_us: int, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        """Call something at a time."""
        return self.call_at(when_us / 1e6, callback, *args)

    def select(self, timeout: float | None) -> tuple[()]:
        """Let time pass up to the next timer."""
        self.turns += 1
        if timeout is None:
            raise Deadlock("nothing will ever happen again")
        if timeout > 0:
            self._now_us = max(self._now_us, int(self._scheduled[0].when() * 1e6) + 1)
        return ()

    def source(self, number: int, source: Readable) -> None:
        """Descriptor ``number`` is this."""
        self._sources[number] = source

    def add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Call back whenever the source behind a descriptor is readable."""
        self._readers[fd] = callback, args
        self.readable(fd)

    def remove_reader(self, fd: int) -> bool:
        """Call back no longer."""
        return self._readers.pop(fd, None) is not None

    def readable(self, fd: int) -> None:
        """A source may have become readable."""
        self.call_soon(self._read, fd)

    def forget(self, number: int) -> None:
        """A descriptor was closed."""
        self._sources.pop(number, None)

    def _read(self, fd: int) -> None:
        source, reader = self._sources.get(fd), self._readers.get(fd)
        if source is not None and reader is not None and source.is_readable:
            callback, args = reader
            callback(*args)
            self.readable(fd)

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Do it now: threads are no part of what is simulated."""
        future = self.create_future()
        future.set_result(func(*args))
        return future

    def pending(self) -> int:
        """Timers that somebody still waits for."""
        return sum(not handle.cancelled() for handle in self._scheduled)

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""
