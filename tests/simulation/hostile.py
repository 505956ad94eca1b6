"""Listeners that do what no decent one does, and until when the server must be rid of each.

A *guest* that misbehaves is a coroutine over one peer. The limit counts from the moment at which it began, and only while the
stream plays for those that are noticed by what they do not acknowledge or read.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from simulation.book import Book
from simulation.loop import SimulatedLoop
from simulation.network import Quality
from simulation.peer import BINARY, FRAGMENT, GOES_ON, PING, Peer, frame, message

RATE = 48_000
NONSENSE = 2**53 - 1


@dataclass(eq=False)
class Guest:
    """One hostile connection."""

    name: str
    loop: SimulatedLoop
    chance: Random
    book: Book
    behaviour: "Behaviour"
    is_playing: Callable[[], bool]
    epoch: int = 0
    is_open: bool = False
    used_us: int = 0
    """How long it has been misbehaving."""

    def __post_init__(self) -> None:
        """Make a line."""
        quality = Quality(self.chance.randrange(500, 30_000), 2_000)
        self.peer = Peer(self.loop, self.chance, self, quality, quality)

    def opened(self) -> None:
        """The handshake is done."""
        self.is_open = True

    def text(self, told: dict[str, Any]) -> None:
        """A control message."""
        if told["type"] == "epoch":
            self.epoch = told["epoch"]

    def media(self, content: bytes) -> None:
        """Audio."""

    def lost(self, code: int, how: str) -> None:
        """The server is rid of it."""
        self.book.note(self.name, f"lost {code} {how}")

    @property
    def is_held(self) -> bool:
        """Whether the server still holds something of it."""
        return not self.peer.transport.is_lost

    def hello(self, **more: Any) -> None:
        """Introduce itself as others do."""
        codec = self.chance.choice(("pcm-f32", "pcm-s16", "opus"))
        self.peer.say("hello", **{"codecs": [codec], "buffer_frames": self.chance.choice((RATE, 8 * RATE, 60 * RATE)), **more})

    async def flood(self, *pieces: bytes) -> None:
        """Send as much as the line takes."""
        while self.is_held and not self.peer.is_gone:
            while self.peer.room > 2_000:
                self.peer.send(b"".join(self.chance.choice(pieces) for _ in range(20))[:60_000])
            await asyncio.sleep(0.02)


async def never_acknowledges(guest: Guest) -> None:
    """Read all, say nothing."""
    guest.hello()


async def stops_reading(guest: Guest) -> None:
    """Read nothing after a while."""
    guest.hello()
    await asyncio.sleep(guest.chance.uniform(0.0, 2.0))
    guest.peer.stop_reading()


async def reads_a_byte_a_second(guest: Guest) -> None:
    """Read as slowly as can be."""
    guest.hello()
    guest.peer.stop_reading()
    while guest.is_held:
        await asyncio.sleep(1.0)
        guest.peer.read(1)


async def acknowledges_nonsense(guest: Guest) -> None:
    """Claim to have played what was never sent."""
    guest.hello()
    while guest.is_held:
        await asyncio.sleep(0.5)
        played_to = guest.chance.choice((NONSENSE, -1, 2**70, 0.5, "all", 10**9))
        guest.peer.say("ack", epoch=guest.epoch, played_to=played_to, buffered=0, client_us=0, late=NONSENSE, ready_us=NONSENSE)


async def lies_a_little(guest: Guest) -> None:
    """Acknowledge any frame that was sent, report any lateness, then leave without a word: it harms nobody."""
    guest.hello()
    for _ in range(guest.chance.randrange(5, 40)):
        await asyncio.sleep(guest.chance.uniform(0.0, 0.5))
        report = {"late": guest.chance.randrange(1, 100_000)} if guest.chance.random() < 0.2 else {}
        guest.peer.say("ack", epoch=guest.epoch, played_to=0, buffered=NONSENSE, client_us=0, **report)
    guest.peer.cut()


async def floods(guest: Guest) -> None:
    """Send messages as quickly as they are taken, for ten seconds, then vanish."""
    guest.hello()
    texts = (b"{}", b"[1]", b'{"type":"ping","client_us":1}', b'{"type":"undo"}', b'{"type":"ack"}', b"\xf0\x9f\x8e\xb5", b"null")
    flooding = asyncio.ensure_future(guest.flood(*(frame(text) for text in texts)))
    await asyncio.sleep(10.0)
    flooding.cancel()
    guest.peer.vanish()


async def pings(guest: Guest) -> None:
    """Send pings without end, and read no pong."""
    guest.hello()
    if guest.chance.random() < 0.5:
        guest.peer.stop_reading()
    await guest.flood(frame(bytes(125), PING))


async def fragments(guest: Guest) -> None:
    """Begin a message that never ends."""
    guest.hello()
    guest.peer.send(frame(b"", FRAGMENT))
    await guest.flood(frame(b"", GOES_ON))


async def says_nothing(guest: Guest) -> None:
    """Never say hello."""


async def speaks_gibberish(guest: Guest) -> None:
    """Send what is no frame."""
    if guest.chance.random() < 0.5:
        guest.hello()
    await asyncio.sleep(guest.chance.uniform(0.0, 0.3))
    guest.peer.send(guest.chance.randbytes(guest.chance.randrange(16, 2_000)) + b"\xff" * 64)


async def sends_too_much(guest: Guest) -> None:
    """Send a message larger than any may be."""
    guest.hello()
    guest.peer.send(frame(b" " * 70_000))


async def says_hello_wrong(guest: Guest) -> None:
    """Introduce itself as no listener does."""
    wrong = (
        message("play"), message("hello", codecs=["mp3"], buffer_frames=96_000), message("hello", codecs=[], buffer_frames=1),
        frame(b"\x00\x01", BINARY), frame(json.dumps(["hello"]).encode()),
    )  # fmt: skip
    guest.peer.send(guest.chance.choice(wrong))


async def vanishes(guest: Guest) -> None:
    """Fall silent without FIN."""
    guest.hello()
    await asyncio.sleep(guest.chance.uniform(0.0, 3.0))
    guest.peer.vanish()


async def resumes_what_it_never_had(guest: Guest) -> None:
    """Bring a token that nobody gave out, then leave."""
    guest.hello(resume="never.given")
    await asyncio.sleep(guest.chance.uniform(0.1, 3.0))
    guest.peer.leave(guest.chance.choice((1000, 1001, 4999)))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a guest does, until when it must be gone, and whether only playing time counts."""

    act: Callable[[Guest], Awaitable[None]]
    limit_s: float
    while_playing: bool = False

    @property
    def name(self) -> str:
        """What it does, in words."""
        return self.act.__name__  # type: ignore[attr-defined]


BEHAVIOURS = (
    Behaviour(never_acknowledges, 16.0, while_playing=True),
    Behaviour(stops_reading, 16.0, while_playing=True),
    Behaviour(reads_a_byte_a_second, 16.0, while_playing=True),
    Behaviour(acknowledges_nonsense, 16.0, while_playing=True),
    Behaviour(lies_a_little, 25.0),
    Behaviour(floods, 60.0),
    Behaviour(pings, 8.0),
    Behaviour(fragments, 8.0),
    Behaviour(says_nothing, 10.0),
    Behaviour(speaks_gibberish, 50.0),
    Behaviour(sends_too_much, 8.0),
    Behaviour(says_hello_wrong, 8.0),
    Behaviour(vanishes, 60.0),
    Behaviour(resumes_what_it_never_had, 10.0),
)
