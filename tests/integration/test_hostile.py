"""Listeners that do not read, do not answer, send too much or vanish: gone in time, at a constant cost, noticed by nobody."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psutil
import pytest
from helpers.holdings import Holdings, own_memory
from helpers.listener import RATE, Listener
from helpers.raw import FRAGMENT, GOES_ON, PING, RawSocket, frame
from helpers.serving import Server
from helpers.waiting import until
from integration.conftest import Song

GONE_S = 60.0
"""Generous: a line that does not drain is cut after 3 s, a listener that does not acknowledge is closed after 10 s."""

STALLED_BYTES = 250_000
"""What a listener that does not read may cost the server's memory, whatever it asks for (it is printed with ``-s``)."""

FLOODING_BYTES = 8_000_000
"""What one that sends too much may cost: one read of the socket, all in messages of a few bytes."""

LEAD = 3 * RATE
"""How far ahead the server renders here: as much as a busy machine may be late."""

PACE_S = 0.01
"""Floods come in gusts, so that this process has time for its decent listeners."""

PEERS = 4
NONSENSE = 2**53 - 1

Behaviour = Callable[[RawSocket], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets many listen to one stream."""
    limits = {"LEAD_MS": str(LEAD * 1000 // RATE), "LISTENERS_PER_STREAM": "40", "STREAMS_PER_WORKSPACE": "32"}
    with Server(tmp_path_factory.mktemp("server"), limits) as running:
        yield running


@dataclass
class Scene:
    """A stream with a decent listener on which peers sit in, another stream with its own, and the server, seen from outside."""

    song: Song
    url: str
    process: psutil.Process
    most: int = 0
    seen_at: float = 0.0
    lines: set[int] = field(default_factory=set)
    peers: list[RawSocket] = field(default_factory=list)

    async def seat(self, stack: AsyncExitStack, codec: str = "pcm-f32", number: int = PEERS) -> list[RawSocket]:
        """Let some peers in."""
        peers = [await stack.enter_async_context(RawSocket(self.url, self.song.client.cookie)) for _ in range(number)]
        for peer in peers:
            await peer.say("hello", codecs=[codec], buffer_frames=60 * RATE)
        self.peers += peers
        return peers

    async def watch(self) -> None:
        """Look at the server five times a second."""
        while True:
            self.most = max(self.most, own_memory(self.process))
            self.lines = {line.raddr.port for line in self.process.net_connections(kind="tcp") if line.raddr}
            self.seen_at = time.monotonic()
            await asyncio.sleep(0.2)

    async def until_gone(self, peer: RawSocket, since: float) -> float:
        """Seconds after which the server holds nothing of a peer's connection."""
        while self.seen_at < since or peer.port in self.lines:
            assert time.monotonic() < since + GONE_S, f"peer {self.peers.index(peer)} is still there"
            await asyncio.sleep(0.05)
        return self.seen_at - since

    async def behave(self, peers: list[RawSocket], behaviour: Behaviour) -> float:
        """Let peers behave so until they are gone; answers how long the last one took."""
        since = time.monotonic()
        tasks = [asyncio.create_task(behaviour(peer)) for peer in peers]
        try:
            return max([await self.until_gone(peer, since) for peer in peers])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def warm_up(scene: Scene) -> None:
    """Let one peer of each codec in and out again, so that what a server loads and opens once is there already."""
    async with AsyncExitStack() as stack:
        for codec in ("pcm-f32", "opus"):
            [peer] = await scene.seat(stack, codec, 1)
            await peer.read_until(b'"epoch"')
            peer.vanish()
            await scene.until_gone(peer, time.monotonic())
    scene.peers.clear()


@asynccontextmanager
async def watched(song: Song, most_bytes: int) -> AsyncIterator[Scene]:
    """A scene; afterwards the neighbour has missed nothing, the host no message, and the server holds no more than before."""
    process = psutil.Process(song.server.process.pid)
    streams = song.open(), song.open()
    async with Listener(streams[0]["url"], seconds=90) as host, Listener(streams[1]["url"], seconds=90) as neighbour:
        for listener in (host, neighbour):
            await listener.hello()
            await listener.send("play")
        scene = Scene(song, streams[0]["url"].partition("?")[0], process)
        watching = asyncio.create_task(scene.watch())
        await warm_up(scene)
        await until(lambda: min(listener.buffered_to - listener.playhead for listener in (host, neighbour)) > LEAD * 3 // 4)
        underruns = neighbour.underruns
        before, memory = Holdings.of(process), own_memory(process)
        scene.most = memory
        yield scene
        watching.cancel()
        await until(lambda: not Holdings.of(process).exceeds(before))
        await neighbour.until_played(neighbour.playhead + RATE)
    assert neighbour.underruns == underruns
    assert host.problems == neighbour.problems == []
    growth = (scene.most - memory) // len(scene.peers)
    print(f"memory: {growth} bytes a listener")
    assert growth < most_bytes


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
        reading.cancel()


async def test_listeners_that_do_not_follow_are_gone_in_time(song: Song) -> None:
    """Who does not read is cut off, who does not acknowledge is closed with 4003; another stream plays on."""
    async with watched(song, STALLED_BYTES) as scene, AsyncExitStack() as stack:
        groups = {
            "stops reading": (await scene.seat(stack), stops_reading),
            "stops reading packets": (await scene.seat(stack, "opus"), stops_reading),
            "reads a byte a second": (await scene.seat(stack), reads_a_byte_a_second),
            "never acknowledges": (await scene.seat(stack), never_acknowledges),
            "acknowledges nonsense": (await scene.seat(stack, "opus"), acknowledges_nonsense),
        }
        took = await asyncio.gather(*(scene.behave(*group) for group in groups.values()))
        print({name: round(seconds, 1) for name, seconds in zip(groups, took, strict=True)})
        for name in ("never acknowledges", "acknowledges nonsense"):
            assert [peer.close_code for peer in groups[name][0]] == [4003] * PEERS, name


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
        reading.cancel()


async def asks_and_never_reads(peer: RawSocket) -> None:
    """Send messages that are answered, and never read an answer."""
    for number in count():
        await peer.say("ping", client_us=number)
        await asyncio.sleep(PACE_S)


async def test_answers_that_nobody_reads(song: Song) -> None:
    """Answers cost no memory where nobody reads them: the line is cut when it does not drain or there are too many pings."""
    async with watched(song, STALLED_BYTES) as scene, AsyncExitStack() as stack:
        behaviours = (pings_and_never_reads, floods_pings, asks_and_never_reads)
        groups = [(await scene.seat(stack), behaviour) for behaviour in behaviours]
        took = await asyncio.gather(*(scene.behave(*group) for group in groups))
        print([round(seconds, 1) for seconds in took])


async def sends_endless_fragments(peer: RawSocket) -> None:
    """Begin a message that never ends and never grows."""
    await peer.send(frame(b"", FRAGMENT))
    empty = frame(b"", GOES_ON) * 100
    while True:
        await peer.send(empty)
        await asyncio.sleep(PACE_S)


async def test_endless_empty_fragments(song: Song) -> None:
    """A message of endless empty fragments is not collected: its sender is cut off."""
    async with watched(song, FLOODING_BYTES) as scene, AsyncExitStack() as stack:
        print(round(await scene.behave(await scene.seat(stack), sends_endless_fragments), 1))


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
        reading.cancel()


async def test_flood_of_messages_is_held_back(song: Song) -> None:
    """Who sends thousands of messages at once is read at the pace that the server sets; the rest waits on the sender's side."""
    async with watched(song, FLOODING_BYTES) as scene, AsyncExitStack() as stack:
        peers = await scene.seat(stack)
        sending = [asyncio.create_task(floods(peer, 4.0)) for peer in peers]
        while not all(task.done() for task in sending):
            await asyncio.sleep(0.1)
        assert scene.lines >= {peer.port for peer in peers}
        print([task.result() for task in sending])
        for peer in peers:
            peer.vanish()
            await scene.until_gone(peer, time.monotonic())


async def test_listeners_that_vanish(song: Song) -> None:
    """Listeners that leave by an RST in the middle of the music leave nothing behind."""
    async with watched(song, STALLED_BYTES) as scene, AsyncExitStack() as stack:
        for peer in await scene.seat(stack, number=3 * PEERS):
            await peer.read_until(b'"epoch"')
            peer.vanish()
        for peer in scene.peers:
            await scene.until_gone(peer, time.monotonic())
