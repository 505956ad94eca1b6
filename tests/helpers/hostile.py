"""What hostile listeners do: each behaviour is a coroutine that drives one raw socket until it is cancelled or cut off."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

from helpers.raw import FRAGMENT, GOES_ON, PING, RawSocket, frame

PACE_S = 0.01
"""Floods come in gusts, so that this process has time for its decent listeners."""

NONSENSE = 2**53 - 1

Behaviour = Callable[[RawSocket], Coroutine[Any, Any, None]]


async def _ended(reading: "asyncio.Task[str]") -> None:
    """Read no more; returns when the loop does not look at the socket any longer, which may be another's by then."""
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def stops_reading(_: RawSocket) -> None:
    """Read nothing any more."""


async def reads_a_byte_a_second(peer: RawSocket) -> None:
    """Read as slowly as can be."""
    while await peer.read(1):
        await asyncio.sleep(1.0)


async def never_acknowledges(peer: RawSocket) -> None:
    """Read all, say nothing."""
    await peer.read_to_end()


async def acknowledges_nonsense(peer: RawSocket) -> None:
    """Read all, and claim to have played what was never sent."""
    reading = asyncio.create_task(peer.read_to_end())
    try:
        while not reading.done():
            await peer.say("ack", epoch=1, played_to=NONSENSE, buffered=NONSENSE, client_us=0)
            await asyncio.sleep(0.5)
    except ConnectionError:
        pass  # it was closed while we spoke
    finally:
        await _ended(reading)


async def pings_and_never_reads(peer: RawSocket) -> None:
    """Send pings as quickly as is allowed for a while, and never read a pong."""
    while True:
        await peer.send(frame(bytes(125), PING))
        await asyncio.sleep(0.1)


async def floods_pings(peer: RawSocket) -> None:
    """Send ten thousand pings a second, and read all."""
    reading = asyncio.create_task(peer.read_to_end())
    pings = frame(bytes(125), PING) * 100
    try:
        while not reading.done():
            await peer.send(pings)
            await asyncio.sleep(PACE_S)
    finally:
        await _ended(reading)


async def asks_and_never_reads(peer: RawSocket) -> None:
    """Send messages that are answered, and never read an answer."""
    for number in count():
        await peer.say("ping", client_us=number)
        await asyncio.sleep(PACE_S)


async def sends_endless_fragments(peer: RawSocket) -> None:
    """Begin a message that never ends and never grows."""
    await peer.send(frame(b"", FRAGMENT))
    empty = frame(b"", GOES_ON) * 100
    while True:
        await peer.send(empty)
        await asyncio.sleep(PACE_S)


async def floods(peer: RawSocket, seconds: float) -> int:
    """Send ten thousand messages a second, or as many as are taken; read all. Answers how many."""
    reading = asyncio.create_task(peer.read_to_end())
    batch = b"".join(frame(message) for message in (b"{}", b'{"type":"play"}', b"[1]", b'{"type":"ping","client_us":1}') * 25)
    sent = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                await peer.send(batch)
                sent += 100
                await asyncio.sleep(PACE_S)
    except TimeoutError:
        return sent
    finally:
        await _ended(reading)


async def vanishes(peer: RawSocket) -> None:
    """Leave by an RST in the middle of the music."""
    await peer.read_until(b'"epoch"')
    peer.vanish()


async def is_unplugged(peer: RawSocket) -> None:
    """Be cut off in the middle of the music, so that nothing comes from there any more, not even from its kernel."""
    await peer.read_until(b'"epoch"')
    peer.unplug()


async def floods_and_vanishes(peer: RawSocket) -> None:
    """Flood for a moment, then leave by an RST."""
    await floods(peer, 0.5)
    peer.vanish()


KINDS: tuple[tuple[Behaviour, str], ...] = (
    (stops_reading, "pcm-f32"),
    (stops_reading, "opus"),
    (reads_a_byte_a_second, "pcm-s16"),
    (never_acknowledges, "opus"),
    (acknowledges_nonsense, "opus"),
    (pings_and_never_reads, "pcm-f32"),
    (floods_pings, "opus"),
    (asks_and_never_reads, "pcm-f32"),
    (sends_endless_fragments, "opus"),
    (floods_and_vanishes, "opus"),
    (vanishes, "pcm-f32"),
    (is_unplugged, "pcm-f32"),
    (is_unplugged, "opus"),
)
"""Every behaviour that ends by itself or is ended by the server, with a codec."""
