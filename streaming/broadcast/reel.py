"""What is kept of a stream in one codec for those who listen over HTTP: the last seconds of packets, and where each listener is.

Everybody reads the same packets at a pace of their own. Who falls so far behind that they are no longer kept has lost its place;
nobody is waited for.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

from dsp.grid import RATE
from streaming.broadcast.coders import Coded, Coder
from streaming.broadcast.tape import BURST
from streaming.listening.containers import CONVERGES, Container

KEPT = 8 * RATE
"""Frames of packets that are kept: the burst, and as far as a listener may fall behind."""

Containing = Callable[[bytes], Container]
"""Makes the container of one listener, from what its codec begins with."""


class Lagging(Exception):
    """A listener has fallen behind what is kept."""


class Reel:
    """The packets of one codec."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder
        self.listeners = 0
        self._kept: deque[bytes] = deque()
        self._first = 0
        self._last: Coded | None = None
        self._news = asyncio.Event()
        self._most = KEPT // coder.frames

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._last is not None

    def add(self, coded: Coded) -> None:
        """Keep packets, and let those go that are too old."""
        self._kept.extend(coded.packets)
        while len(self._kept) > self._most:
            self._kept.popleft()
            self._first += 1
        self._tell()

    def end(self, coded: Coded) -> None:
        """These are the last packets; there may be none, where it broke off."""
        self._last = coded
        self._tell()

    async def listen(self, containing: Containing) -> AsyncGenerator[bytes, None]:
        """A file for one listener, from the burst on; raises :class:`Lagging` when it has not kept up."""
        self.listeners += 1
        try:
            while not self._kept and not self.is_over:
                await self._news.wait()
            at, skip = self._beginning()
            container = containing(self.coder.beginning)
            yield container.head(skip)
            while not (self.is_over and at == self._next):
                if at < self._first:
                    raise Lagging
                news, packets = self._news, [self._kept[number] for number in range(at - self._first, len(self._kept))]
                at = self._next
                if packets:
                    yield container.add(packets)
                else:
                    await news.wait()
            if self._last is not None and self._last.packets:
                yield container.end(self._last.packets, self._last.padding)
        finally:
            self.listeners -= 1

    @property
    def _next(self) -> int:
        return self._first + len(self._kept)

    def _beginning(self) -> tuple[int, int]:
        """The first packet that a new listener is given, and how much of what is decoded it must not hear."""
        frames = self.coder.frames
        at = max(self._first, self._next - BURST // frames)
        primed = min(CONVERGES, at - self._first) if self.coder.delay else 0
        return at - primed, self.coder.delay + primed * frames

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
