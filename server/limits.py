"""Bounds on what a client may send and how often: bodies by bytes and by silence, actions by rate, work by number at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from server.errors import CAPACITY, TIMEOUT, TOO_LARGE, TOO_MANY, Problem, retry_after
from streaming.live.clock import Clock

MAX_KEYS = 10_000
"""Addresses an allowance remembers; the one not seen for longest is forgotten first."""


class Allowance:
    """So many actions a minute for each key (an address), saved up to one minute's worth."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, key: str) -> None:
        """Take one action from ``key``'s allowance; raises 429 when there is none left."""
        now = self._clock.now_us()
        left, then = self._left.pop(key, (float(self._per_minute), now))
        left = min(self._per_minute, left + (now - then) * self._per_minute / 60e6)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MAX_KEYS:
            self._left.popitem(last=False)
        if left < 1:
            wait = retry_after((1 - left) * 60 / self._per_minute)
            raise Problem(TOO_MANY, "Too many requests of this kind; try again later.", headers=wait)


class Slots:
    """So many at a time, and no waiting line: who finds none free is told to come again."""

    def __init__(self, number: int, what: str) -> None:
        self._free = number
        self._what = what

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold one slot; raises 503 when none is free."""
        if not self._free:
            raise Problem(CAPACITY, f"The server takes no more {self._what} just now.", headers=retry_after(5))
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


async def read_body(request: Request, limit: int, idle_s: float) -> bytes:
    """A small body as a whole; raises 413 as soon as it is known to be larger than ``limit`` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise Problem(TOO_LARGE, f"The body has {declared} bytes; {limit} are allowed.")
    parts: list[bytes] = []
    size = 0
    async for part in unhurried(request, idle_s):
        size += len(part)
        if size > limit:
            raise Problem(TOO_LARGE, f"The body has more than the {limit} bytes that are allowed.")
        parts.append(part)
    return b"".join(parts)


async def unhurried(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    """The body's pieces as they come; raises 408 when none comes for ``idle_s`` seconds."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(idle_s):
                part = await anext(stream, None)
        except TimeoutError:
            raise Problem(TIMEOUT, f"Nothing came for {idle_s:g} seconds.", headers={"Connection": "close"}) from None
        except ClientDisconnect:
            raise Problem(TIMEOUT, "The client went away.", headers={"Connection": "close"}) from None
        if part is None:
            return
        if part:
            yield part
