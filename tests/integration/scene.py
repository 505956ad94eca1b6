"""The stage on which hostile listeners appear: a stream with a decent host, a neighbour's, and a server seen from outside."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from helpers.holdings import Holdings, own_memory
from helpers.hostile import Behaviour
from helpers.listener import RATE, Listener
from helpers.raw import RawSocket
from helpers.serving import Server
from helpers.waiting import until
from integration.conftest import Song

GONE_S = 60.0
"""Generous: a line that does not drain is cut after 3 s, a listener that does not acknowledge is closed after 10 s."""

LEAD = 3 * RATE
"""How far ahead the server renders here: as much as a busy machine may be late."""

LAZY = 8
"""What a server may open for itself meanwhile: threads of its pool for blocking calls, a connection of its database. Something
that is kept for every peer is more."""

OWN_BYTES = 32_000_000
"""What the server may take for itself meanwhile, once: the states of both streams are written down every 15 s, and three copies
of 4 MB each are made on the way."""

SETTINGS = {"LEAD_MS": str(LEAD * 1000 // RATE), "LISTENERS_PER_STREAM": "40", "STREAMS_PER_WORKSPACE": "32"}

_TIME_WAIT = "06"


@dataclass
class Scene:
    """Peers sit in on the host's stream."""

    song: Song
    url: str
    process: psutil.Process
    most: int = 0
    seen_at: float = 0.0
    lines: set[int] = field(default_factory=set)
    peers: list[RawSocket] = field(default_factory=list)

    async def seat(self, stack: AsyncExitStack, codec: str = "pcm-f32", number: int = 4) -> list[RawSocket]:
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
            self.lines = connections(self.song.server.port)
            self.seen_at = time.monotonic()
            await asyncio.sleep(0.2)

    async def until_gone(self, peer: RawSocket, since: float) -> float:
        """Seconds after which neither the server nor its kernel holds anything of a peer's connection."""
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


async def tasks(server: Server) -> float:
    """Tasks of a server's event loop, this question's own included."""
    return await asyncio.to_thread(server.figure, "tasks")


def connections(port: int) -> set[int]:
    """The other ends' ports of all connections of a local port that the kernel still holds something of, whoever owns them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[2].rpartition(":")[2], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] != _TIME_WAIT}


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
async def watched(song: Song, most_bytes: int, *, is_crowded: bool = False) -> AsyncIterator[Scene]:
    """A scene; afterwards the neighbour has missed nothing, the host no message, and the server holds no more than before.

    Where the scene ``is_crowded`` this process is too busy with its peers to be in time for the neighbour.
    """
    process = psutil.Process(song.server.process.pid)
    streams = song.open(), song.open()
    async with Listener(streams[0]["url"], seconds=150) as host, Listener(streams[1]["url"], seconds=150) as neighbour:
        for listener in (host, neighbour):
            await listener.hello()
            await listener.send("loop", start=0, end=20 * RATE)
            await listener.send("play")
        scene = Scene(song, streams[0]["url"].partition("?")[0], process)
        watching = asyncio.create_task(scene.watch())
        await warm_up(scene)
        await until(lambda: min(listener.buffered_to - listener.playhead for listener in (host, neighbour)) > LEAD * 3 // 4)
        underruns = neighbour.underruns
        before, memory, working = Holdings.of(process), own_memory(process), await tasks(song.server)
        scene.most = memory
        yield scene
        watching.cancel()
        spare = min(LAZY, len(scene.peers) - 1)
        await until(
            lambda: Holdings.of(process).beyond(before) <= spare, hint=lambda: f"{Holdings.of(process)} came after {before}"
        )
        assert await tasks(song.server) <= working + 1, "it may be storing a log just now"
        await neighbour.until_played(neighbour.playhead + RATE)
    assert neighbour.underruns == underruns or is_crowded
    assert host.problems == neighbour.problems == []
    growth = max(0, scene.most - memory - OWN_BYTES) // len(scene.peers)
    print(f"memory: {growth} bytes a listener")
    assert growth < most_bytes
