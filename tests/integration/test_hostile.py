"""Listeners that do not read, do not answer, send too much or vanish: gone in time, at a constant cost, noticed by nobody."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from helpers import hostile
from helpers.serving import Server
from integration.conftest import Song
from integration.scene import SETTINGS, watched

PEER_BYTES = 512 * 1024
"""What a listener may cost the server's memory, whatever it does (printed with ``-s``, and stated in ``docs/deploy.md``)."""

PEERS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets many listen to one stream."""
    with Server(tmp_path_factory.mktemp("server"), dict(SETTINGS)) as running:
        yield running


async def test_listeners_that_do_not_follow_are_gone_in_time(song: Song) -> None:
    """Who does not read is cut off, who does not acknowledge is closed with 4003; another stream plays on."""
    async with watched(song, PEER_BYTES) as scene, AsyncExitStack() as stack:
        groups = {
            "stops reading": (await scene.seat(stack), hostile.stops_reading),
            "stops reading packets": (await scene.seat(stack, "opus"), hostile.stops_reading),
            "reads a byte a second": (await scene.seat(stack), hostile.reads_a_byte_a_second),
            "never acknowledges": (await scene.seat(stack), hostile.never_acknowledges),
            "acknowledges nonsense": (await scene.seat(stack, "opus"), hostile.acknowledges_nonsense),
        }
        took = await asyncio.gather(*(scene.behave(*group) for group in groups.values()))
        print({name: round(seconds, 1) for name, seconds in zip(groups, took, strict=True)})
        for name in ("never acknowledges", "acknowledges nonsense"):
            assert [peer.close_code for peer in groups[name][0]] == [4003] * PEERS, name


async def test_answers_that_nobody_reads(song: Song) -> None:
    """Answers cost no memory where nobody reads them: the line is cut when it does not drain or there are too many pings."""
    async with watched(song, PEER_BYTES) as scene, AsyncExitStack() as stack:
        behaviours = (hostile.pings_and_never_reads, hostile.floods_pings, hostile.asks_and_never_reads)
        groups = [(await scene.seat(stack), behaviour) for behaviour in behaviours]
        took = await asyncio.gather(*(scene.behave(*group) for group in groups))
        print([round(seconds, 1) for seconds in took])


async def test_endless_empty_fragments(song: Song) -> None:
    """A message of endless empty fragments is not collected: its sender is cut off."""
    async with watched(song, PEER_BYTES) as scene, AsyncExitStack() as stack:
        print(round(await scene.behave(await scene.seat(stack), hostile.sends_endless_fragments), 1))


async def test_flood_of_messages_is_held_back(song: Song) -> None:
    """Who sends thousands of messages at once is read at the pace that the server sets; the rest waits on the sender's side."""
    async with watched(song, PEER_BYTES) as scene, AsyncExitStack() as stack:
        peers = await scene.seat(stack)
        sending = [asyncio.create_task(hostile.floods(peer, 4.0)) for peer in peers]
        while not all(task.done() for task in sending):
            await asyncio.sleep(0.1)
        assert scene.lines >= {peer.port for peer in peers}
        print([task.result() for task in sending])
        for peer in peers:
            peer.vanish()
            await scene.until_gone(peer, time.monotonic())


async def test_listeners_that_vanish(song: Song) -> None:
    """Listeners that leave by an RST, or without a word, in the middle of the music or of a pause, leave nothing behind."""
    async with watched(song, PEER_BYTES) as scene, AsyncExitStack() as stack:
        groups = {
            "vanish": (await scene.seat(stack, number=2 * PEERS), hostile.vanishes),
            "unplugged": (await scene.seat(stack), hostile.is_unplugged),
            "unplugged, packets": (await scene.seat(stack, "opus"), hostile.is_unplugged),
        }
        took = await asyncio.gather(*(scene.behave(*group) for group in groups.values()))
        print({name: round(seconds, 1) for name, seconds in zip(groups, took, strict=True)})
