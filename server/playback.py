"""Stored mixes as files for any player: segments from the shelf, made by a child at idle priority where they are missing.

Whoever asks for a segment that is not there waits for the child that makes it; there is one for all who ask. Children run ahead
of their listeners by some minutes and end; so many run at a time, others wait.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import structlog

from server.errands import hired
from streaming.offline.errand import Refused, read_line
from streaming.segments.packing import Segment
from streaming.segments.score import AT_A_TIME, Codec, Order, Score, segment_name, slot_name
from streaming.segments.shelf import Shelf

_CHILD = "streaming.segments.render"

SILENT_S = 120.0
"""A child that says nothing for so long is given up; at idle priority it may starve for a while."""

TRIES = 3
"""So many children may come to nothing before a segment is given up."""


@dataclass(eq=False, slots=True)
class _Flight:
    """A child that makes segments from ``first`` on; ``done`` is the last that lies on the shelf."""

    first: int
    done: int = -1
    failure: Refused | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    def comes_to(self, number: int) -> bool:
        """Whether it is going to make a segment."""
        return max(self.first, self.done + 1) <= number < self.first + AT_A_TIME

    def tell(self) -> None:
        """Wake everybody who waits."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class Playback:
    """The segments of stored mixes; ``most`` children render at a time."""

    def __init__(self, shelf: Shelf, libopus: str | None, most: int) -> None:
        self._shelf, self._libopus, self._turns = shelf, libopus, asyncio.Semaphore(most)
        self._flights: defaultdict[tuple[str, Codec], list[_Flight]] = defaultdict(list)
        self.started = 0
        self._log = structlog.get_logger("server.playback")

    @property
    def size(self) -> int:
        """Bytes of the segments that are kept."""
        return self._shelf.size

    async def segment(self, score: Score, codec: Codec, number: int) -> Segment:
        """A segment; raises :class:`Refused`. Behind the last one there is none."""
        key = await asyncio.to_thread(lambda: score.key)
        for _ in range(TRIES):
            content = await asyncio.to_thread(self._shelf.get, segment_name(key, codec, number))
            if content is not None:
                return Segment.of(content)
            flight = self._flight(score, key, codec, number)
            while flight.task is not None and flight.comes_to(number):
                await flight.changed.wait()
            if flight.failure is not None:
                raise flight.failure
        raise Refused("render_failed", "The mix could not be rendered.")

    async def aclose(self) -> None:
        """End every child."""
        tasks = [flight.task for flights in self._flights.values() for flight in flights if flight.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _flight(self, score: Score, key: str, codec: Codec, number: int) -> _Flight:
        """The child that is going to make a segment, started if there is none."""
        flights = self._flights[key, codec]
        flight = next((flight for flight in flights if flight.comes_to(number)), None)
        if flight is None:
            flight = _Flight(number)
            flights.append(flight)
            asked = Order(score.mix, score.sources, key, codec, str(self._shelf.folder), number, self._libopus)
            flight.task = asyncio.create_task(self._fly(flight, asked), name=f"segments of a mix from {number}")
        return flight

    async def _fly(self, flight: _Flight, asked: Order) -> None:
        try:
            async with self._turns:
                self.started += 1
                async with aclosing(_made(asked.values())) as numbers:
                    async for number in numbers:
                        for name in (segment_name(asked.key, asked.codec, number), slot_name(asked.key, number + 1)):
                            await asyncio.to_thread(self._shelf.note, name)
                        flight.done = number
                        flight.tell()
        except Refused as refusal:
            flight.failure = refusal
            self._log.warning("segments not rendered", code=refusal.code, first=flight.first, done=flight.done)
        finally:
            flight.task = None
            flights = self._flights[asked.key, asked.codec]
            flights.remove(flight)
            if not flights:
                del self._flights[asked.key, asked.codec]
            flight.tell()


async def _made(asked: dict[str, Any]) -> AsyncGenerator[int, None]:
    """The numbers of segments as a child makes them; raises :class:`Refused`. A child that dies has simply made no more."""
    async with hired(_CHILD, asked) as child:
        while child.stdout is not None:
            try:
                async with asyncio.timeout(SILENT_S):
                    line = await child.stdout.readline()
            except TimeoutError:
                raise Refused("render_stalled", "Rendering made no progress for a long time.") from None
            told = read_line(line) if line else None
            if told is None or told.progress is None:
                return
            yield int(told.progress)
