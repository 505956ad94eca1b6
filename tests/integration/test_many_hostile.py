"""Ten thousand hostile listeners of every kind, one after another, leave a server as it was.

``STEMWIRE_TEST_HOSTILE`` says how many; a thousand take some 45 seconds on two processors of one's own.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack

import psutil
import pytest
from helpers.holdings import Holdings, own_memory
from helpers.hostile import KINDS
from helpers.serving import Server
from integration.conftest import Song
from integration.scene import LAZY, SETTINGS, tasks, watched
from integration.test_hostile import PEER_BYTES

NUMBER = int(os.environ.get("STEMWIRE_TEST_HOSTILE", "10000"))
ROUND = 1_000
"""So many come to one stream; then its host and the neighbour go as well, and new ones come. The first of these rounds is the
measure: by then heaps have taken what they need between two collections of garbage (17 MB were seen)."""

AT_ONCE = 128
RESTED_S = 300.0
"""Streams stay for a minute after their last listener, or more where the machine is busy."""

KEPT_BYTES = 8_000_000
"""What a server's memory may grow by in all other rounds together: heaps are never used quite alike (1.3 MB were seen in two)."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets as many listen to one stream as come at once, and two more."""
    settings = {**SETTINGS, "LISTENERS_PER_STREAM": str(AT_ONCE + 2)}
    with Server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


async def received(song: Song, number: int) -> None:
    """Let so many come, each as soon as there is a place, and behave until it is gone."""
    async with watched(song, PEER_BYTES, is_crowded=True) as scene:
        places = asyncio.Semaphore(AT_ONCE)

        async def visit(who: int) -> None:
            behaviour, codec = KINDS[who % len(KINDS)]
            async with places, AsyncExitStack() as stack:
                await scene.behave(await scene.seat(stack, codec, 1), behaviour)

        await asyncio.gather(*map(visit, range(number)))


async def rested(song: Song) -> None:
    """Return once no stream is open any more."""
    while await asyncio.to_thread(song.server.figure, "streams"):
        await asyncio.sleep(1.0)


@pytest.mark.soak
async def test_ten_thousand_hostile_listeners(song: Song) -> None:
    """Descriptors, threads, children, tasks and memory are what they were after the first thousand."""
    process = psutil.Process(song.server.process.pid)
    await received(song, ROUND)
    await asyncio.wait_for(rested(song), RESTED_S)
    before, memory, working = Holdings.of(process), own_memory(process), await tasks(song.server)
    for first in range(ROUND, NUMBER, ROUND):
        await received(song, min(ROUND, NUMBER - first))
        print(first, f"{(own_memory(process) - memory) / 1e6:.1f} MB", Holdings.of(process))
    await asyncio.wait_for(rested(song), RESTED_S)
    assert Holdings.of(process).beyond(before) <= LAZY
    assert await tasks(song.server) <= working
    assert own_memory(process) - memory < KEPT_BYTES
