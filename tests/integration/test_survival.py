"""Whatever dies while music plays, by real signals: renderers, their zygotes, the server itself; what is heard is the bounce."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from helpers.descriptors import children
from helpers.listener import RATE
from helpers.returning import Returning
from helpers.serving import Server
from helpers.waiting import kill, until, wait_for_death
from integration.conftest import Song, make_song
from integration.test_heard import bounced, check, drag, perform
from integration.test_signals import shared_memory, zygotes

VICTIMS = ("a worker", "all workers", "the zygote", "the zygote that stands by", "both zygotes")


def victims(server: Server, name: str) -> list[int]:
    """The processes of one sort that there are now."""
    found = zygotes(server)
    serving = [pid for pid in found if children(pid)]
    workers = [worker for pid in serving for worker in children(pid)]
    match name:
        case "a worker":
            return workers[:1]
        case "all workers":
            return workers
        case "the zygote":
            return serving
        case "the zygote that stands by":
            return [pid for pid in found if pid not in serving]
        case _:
            return found if len(found) == 2 else []


async def kill_around(server: Server, seed: int, killed: Counter[str]) -> None:
    """Kill one sort after the other at random instants, each as soon as there is one, until cancelled."""
    dice = random.Random(seed)
    while True:
        for name in dice.sample(VICTIMS, len(VICTIMS)):
            await until(lambda name=name: victims(server, name))  # type: ignore[misc]
            await asyncio.sleep(dice.uniform(0.0, 0.4))
            killed[name] += bool(await asyncio.to_thread(kill, victims(server, name)))


async def play_under_fire(server: Server, song: Song, seed: int, rounds: int) -> None:
    """Random hands on the desk, while everything that renders is killed so many times."""
    killed: Counter[str] = Counter()
    stream = song.open()
    async with Returning(stream["url"], seconds=240) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        killer = asyncio.create_task(kill_around(server, seed, killed))
        try:
            await perform(listener, song, seed, 3.0, lambda: all(killed[name] >= rounds for name in VICTIMS))
        finally:
            killer.cancel()
            await asyncio.gather(killer, return_exceptions=True)
        # A splice that waited for a renderer comes late, but it comes.
        await listener.send("play")
        await listener.until_played(listener.playhead + RATE)
        await listener.rest()
    print(f"killed {dict(killed)}; late splices {len(listener.late)}, underruns {listener.underruns}")
    check(song, listener, stream["id"])


async def test_whatever_renders_may_be_killed(server: Server, song: Song) -> None:
    """Workers and zygotes, one or all, die by SIGKILL at random instants, in drags too: every sample is what it would be."""
    await play_under_fire(server, song, 5, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 16))
async def test_whatever_renders_may_be_killed_over_and_over(server: Server, song: Song, seed: int) -> None:
    """The same, for longer and with other dice."""
    await play_under_fire(server, song, seed, 6)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a supervisor."""
    with Server(tmp_path_factory.mktemp("supervised"), options=("--supervise",)) as running:
        yield running


def serving(house: Server) -> psutil.Process:
    """The server below its supervisor."""
    (found,) = psutil.Process(house.process.pid).children()
    return found


async def killed_and_back(house: Server, listener: Returning, song: Song, url: str) -> int:
    """Kill the server, come back, and return once new audio has come; answers the frame at which the stream goes on."""
    pidfds = [os.pidfd_open(pid) for pid in house.descendants()]
    epochs, loop = len(listener.epoch_starts), asyncio.get_running_loop()
    began, frame = loop.time(), listener.playhead
    serving(house).send_signal(signal.SIGKILL)
    seat = listener.seat
    await listener.come_back(url, {"Cookie": song.client.cookie})
    assert listener.seat == seat
    resumed = lambda: [start for _, start, reason in listener.epoch_starts[epochs:] if reason == "resume"]  # noqa: E731
    await until(lambda: resumed() and listener.buffered_to > listener.playhead)
    print(f"audio again {loop.time() - began:.2f} s after SIGKILL, {(listener.playhead - frame) / RATE:.2f} s of them heard")
    await asyncio.to_thread(wait_for_death, pidfds)
    return resumed()[0]


def compare(song: Song, listener: Returning, stream: str) -> np.ndarray:
    """Where what was heard is the bounce of the stream, or a splice came late."""
    expected = bounced(song, stream=stream, **{"from": 0, "to": listener.playhead})
    same: np.ndarray = np.all(listener.heard.audio[: listener.playhead] == expected[: listener.playhead], axis=1)
    starts = {number: start for number, start, _ in listener.epoch_starts}
    for epoch, frames in listener.late:
        same[starts[epoch] : starts[epoch] + frames] = True
    return same


async def test_a_killed_server_goes_on_where_its_listeners_are(house: Server) -> None:
    """SIGKILL of the server, some time after a drag and in the middle of one: its listener comes back to its seat and stream.

    What was stored by then is heard as if nothing had happened; from the resumption on the samples are the bounce of the log.
    """
    song, dice, memory = make_song(house, 2), random.Random(3), shared_memory()
    stream = song.open()
    url = stream["url"].partition("?")[0]
    async with Returning(stream["url"]) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        await drag(listener, dice, song.tracks[0])
        await listener.until_played(listener.playhead + 2 * RATE)
        await killed_and_back(house, listener, song, url)
        await listener.until_played(listener.playhead + RATE)
        undisturbed, hand = listener.playhead, asyncio.create_task(keep_dragging(listener, song.tracks[1]))
        await listener.until_played(listener.playhead + RATE // 2)
        hand.cancel()
        await asyncio.gather(hand, return_exceptions=True)
        start = await killed_and_back(house, listener, song, url)
        await drag(listener, dice, song.tracks[0])
        await listener.rest()
    assert listener.problems == []
    assert shared_memory() <= memory
    same = await asyncio.to_thread(compare, song, listener, stream["id"])
    assert same[:undisturbed].all(), f"from {np.argmin(same)} on, of {undisturbed}"
    assert same[start:].all(), f"from {start + np.argmin(same[start:])} on, after {start}"


async def keep_dragging(listener: Returning, track: str) -> None:
    """A hand that does not rest."""
    dice = random.Random(9)
    while True:
        await drag(listener, dice, track)


@pytest.mark.soak
async def test_a_stopped_server_remembers_its_listeners(house: Server) -> None:
    """SIGTERM of the supervisor: listeners hear ``bye``, no process stays; the next server goes on with every sample."""
    song = make_song(house, 1)
    stream = song.open()
    async with Returning(stream["url"]) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        await listener.set(f"tracks/{song.tracks[0]}/fader_db", -9.0)
        await listener.until_played(2 * RATE)
        pidfds = [os.pidfd_open(pid) for pid in house.descendants()]
        house.process.send_signal(signal.SIGTERM)
        code, _ = await listener.until_closed()
        assert (code, listener.log[-1]["type"], listener.log[-1]["reason"]) == (1001, "bye", "draining")
        await until(lambda: house.process.poll() is not None)
        assert house.process.returncode == 0
        await asyncio.to_thread(wait_for_death, pidfds)
        await asyncio.to_thread(house.start)
        await listener.come_back(stream["url"].partition("?")[0], {"Cookie": song.client.cookie})
        await listener.until_played(listener.playhead + RATE)
        await listener.rest()
    assert listener.problems == []
    assert (await asyncio.to_thread(compare, song, listener, stream["id"])).all()
