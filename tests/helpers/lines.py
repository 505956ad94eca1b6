"""Listeners without a network, players without workers: for tests of what lies between socket and stream."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import QUANTUM
from dsp.slot.widen import Rest
from server.hardened import LINK
from streaming.desk.room import Person
from streaming.listening.seats import Seat
from streaming.live.clock import Clock
from streaming.live.engine import Engine
from streaming.live.player import Player
from streaming.live.stream import Stream
from streaming.protocol.wire import SUBPROTOCOL
from streaming.render.arena import Arena
from streaming.render.job import Job, Reply

SLOTS, RING = 24, 250 * QUANTUM


@dataclass
class Line:
    """The way out to one listener: keeps what is written."""

    texts: list[dict[str, Any]] = field(default_factory=list)
    binaries: list[bytes] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    writable: bool = True

    @property
    def open(self) -> bool:
        """Whether it was not closed."""
        return self.closed is None

    def write_text(self, text: str) -> None:
        """Keep a message."""
        self.texts.append(json.loads(text))

    def write_binary(self, payload: bytes) -> None:
        """Keep media."""
        self.binaries.append(payload)

    def close(self, code: int, reason: str = "") -> None:
        """Note the first end."""
        self.closed = self.closed or (int(code), reason)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type."""
        return [text for text in self.texts if text["type"] == kind]


class Socket:
    """What of a starlette WebSocket a studio uses; the test says what comes in."""

    def __init__(self, subprotocols: tuple[str, ...] = (SUBPROTOCOL,)) -> None:
        self.line = Line()
        self.scope: dict[str, Any] = {"subprotocols": list(subprotocols), "extensions": {LINK: self.line}}
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def say(self, kind: str, **fields: Any) -> None:
        """A control message comes."""
        self.put(text=json.dumps({"type": kind, **fields}))

    def put(self, **message: Any) -> None:
        """Anything comes."""
        self._incoming.put_nowait({"type": "websocket.receive", **message})

    def leave(self, code: int = 1006) -> None:
        """The line ends."""
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": code})

    async def accept(self, subprotocol: str | None = None) -> None:
        """Every socket is."""

    async def receive(self) -> dict[str, Any]:
        """What came next."""
        return await self._incoming.get()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Refused."""
        self.line.close(code, reason)


class RestingPool:
    """A pool that takes every job and does none."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.open_streams: dict[int, list[str]] = {}
        self.counts = SimpleNamespace(rendered_again=0)
        self.rest: dict[int, Rest] = {}
        self.is_running = False

    async def start(self) -> None:
        """Rest."""
        self.is_running = True

    async def aclose(self) -> None:
        """Rest on."""
        self.is_running = False

    def open(self, _arena: Arena, sources: list[str]) -> int:
        """Take a stream in."""
        self.open_streams[number := len(self.open_streams) + 1] = list(sources)
        return number

    def add_source(self, number: int, path: str) -> int:
        """Take a source in."""
        self.open_streams[number].append(path)
        return len(self.open_streams[number]) - 1

    def submit(self, job: Job, _deadline_us: int, _done: Callable[[Reply], None]) -> None:
        """Put it aside."""
        self.jobs.append(job)

    def close(self, number: int) -> None:
        """Forget a stream."""
        del self.open_streams[number]


def player(identity: str, mix: Mix, clock: Clock, revision: Callable[[], str], pool: RestingPool | None = None) -> Player:
    """A stream that renders nothing; everything else about it is real."""
    pool = pool or RestingPool()
    engine = Engine(pool, tracks_class(mix), SLOTS, RING, {asset: asset for asset in sorted(mix.assets)})  # type: ignore[arg-type]
    stream = Stream(
        mix, arena=engine.number, generation=engine.arena, tracks=engine.tracks, slots=SLOTS, ring_frames=RING,
        sources=engine.sources,
    )  # fmt: skip
    return Player(identity, stream, engine, clock, revision, lambda _frames, _us: None)


def seat(identity: str, person: Person, token: str = "token") -> tuple[Seat, Line]:  # noqa: S107 - not a secret
    """A listener's place, and its line."""
    line = Line()
    return Seat(identity, person, "pcm-f32", line, token), line
