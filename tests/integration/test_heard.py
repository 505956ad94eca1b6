"""What was heard is what is exported, bit for bit: through the real socket, pool, arena and bounce."""

import asyncio
import contextlib
import io
import os
import random
import signal
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from helpers.listener import RATE, Listener
from helpers.serving import Server
from integration.conftest import Song


def bounced(song: Song, **plan: object) -> np.ndarray:
    """A 32-bit bounce as samples."""
    content = song.client.bounce(song.project, format="wav", bits=32, **plan)
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert rate == RATE
    return samples


async def drag(listener: Listener, dice: random.Random, track: str) -> None:
    """Move a fader as a hand would, 60 edits a second."""
    gesture = f"g{dice.randrange(10**6)}"
    for edit in range(dice.randrange(5, 25)):
        await listener.set(f"tracks/{track}/fader_db", dice.uniform(-20.0, 6.0), gesture=gesture, edit_id=edit)
        await asyncio.sleep(1 / 60)


async def turn(listener: Listener, dice: random.Random, track: str) -> None:
    """One edit of a knob or a switch."""
    if dice.random() < 0.5:
        await listener.set(f"tracks/{track}/eq/2/gain_db", dice.uniform(-12.0, 12.0))
    else:
        await listener.set(f"tracks/{track}/{dice.choice(['mute', 'solo'])}", dice.random() < 0.5)


async def move(listener: Listener, dice: random.Random, _track: str) -> None:
    """Jump, set or clear a loop, or pause for a moment."""
    place = dice.randrange(0, 15 * RATE)
    match dice.choice(["seek", "loop", "unloop", "pause"]):
        case "seek":
            await listener.send("seek", position=place)
        case "loop":
            await listener.send("loop", start=place, end=place + dice.randrange(2_400, 5 * RATE))
        case "unloop":
            await listener.send("loop", start=None, end=None)
        case _:
            await listener.send("pause")
            await asyncio.sleep(dice.uniform(0.1, 0.4))
            await listener.send("play")


async def perform(listener: Listener, song: Song, seed: int, seconds: float, enough: Callable[[], bool] = lambda: True) -> None:
    """Random hands for a while, and until it is enough."""
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end or not enough():
        await dice.choice([drag, drag, turn, turn, move, move])(listener, dice, dice.choice(song.tracks))
        await asyncio.sleep(dice.uniform(0.05, 0.4))


async def listen(song: Song, seed: int, seconds: float, enough: Callable[[], bool] = lambda: True) -> tuple[Listener, str]:
    """Play, perform, stop; answers what was heard and the stream."""
    stream = song.open()
    async with Listener(stream["url"], seconds=120) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.wait(lambda m: m["type"] == "epoch")
        await perform(listener, song, seed, seconds, enough)
        await listener.rest()
    return listener, stream["id"]


def check(song: Song, listener: Listener, stream: str) -> None:
    """The bounce of the stream equals what was heard, wherever the listener was told in time."""
    assert listener.problems == []
    assert listener.playhead > RATE
    expected = bounced(song, stream=stream, **{"from": 0, "to": listener.playhead})
    heard = listener.heard.audio[: listener.playhead]
    same = np.all(heard == expected[: listener.playhead], axis=1)
    for epoch, frames in listener.late:
        start = next(start for number, start, _ in listener.epoch_starts if number == epoch)
        same[start : start + frames] = True
    assert same.all(), f"{np.count_nonzero(~same)} frames differ, the first at {np.argmin(same)}; epochs {listener.epoch_starts}"


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.soak)])
async def test_bounce_of_a_stream_is_what_was_heard(song: Song, seed: int) -> None:
    """Random edits, drags, jumps, loops and pauses: the bounce of the stream equals what the listener heard, sample by sample."""
    listener, stream = await listen(song, seed, 7.0)
    check(song, listener, stream)


async def test_unedited_stream_is_the_bounce_of_its_revision(server: Server, song: Song) -> None:
    """A stream from 0 without edits equals the bounce of the revision that it plays."""
    stream = song.open()
    async with Listener(stream["url"], seconds=30) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(4 * RATE)
    expected = bounced(song)
    assert np.array_equal(listener.heard.audio[: 4 * RATE], expected[: 4 * RATE])
    assert listener.problems == []


async def kill_workers(server: Server, seed: int, killed: list[int]) -> None:
    """Kill a random render process every so often, until cancelled."""
    dice = random.Random(seed)
    while True:
        await asyncio.sleep(dice.uniform(0.05, 0.25))
        if workers := server.workers():
            killed.append(dice.choice(workers))
            with contextlib.suppress(ProcessLookupError):
                os.kill(killed[-1], signal.SIGKILL)


async def test_killed_workers_are_not_heard(server: Server, song: Song) -> None:
    """Workers die by SIGKILL all the while, in drags too: the listener hears what it would have heard."""
    killed: list[int] = []
    killer = asyncio.create_task(kill_workers(server, 7, killed))
    try:
        listener, stream = await listen(song, 4, 8.0, lambda: len(killed) > 20)
    finally:
        killer.cancel()
        await asyncio.gather(killer, return_exceptions=True)
    check(song, listener, stream)
