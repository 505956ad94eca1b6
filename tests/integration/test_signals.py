"""Processes that end: a server told to stop says goodbye, a killed one leaves nothing, killed zygotes are not heard."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from helpers.listener import RATE, Listener
from helpers.raw import RawSocket
from helpers.serving import Server
from helpers.waiting import until, wait_for_death
from integration.conftest import make_song
from integration.test_heard import bounced, check

SETTINGS = {"LEAD_MS": "3000", "STREAMS_PER_WORKSPACE": "8"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this module."""
    with Server(tmp_path_factory.mktemp("server"), dict(SETTINGS)) as running:
        yield running


@pytest.fixture
def server(house: Server) -> Server:
    """The same, running, whatever another test did to it."""
    if house.process.poll() is not None:
        house.start()
    return house


def shared_memory() -> set[str]:
    """What lies in the folder of named shared memory."""
    return set(os.listdir("/dev/shm"))  # noqa: S108 - where the kernel keeps it


def zygotes(server: Server) -> list[int]:
    """The processes that fork workers, but for those that are dying."""
    found = []
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # and zombies, which psutil takes for such
            if "streaming.render.zygote" in child.cmdline():
                found.append(child.pid)
    return found


@pytest.mark.soak  # test_survival.py kills the same, and more, in less time
async def test_killed_zygotes_are_not_heard(server: Server) -> None:
    """Both zygotes and all workers die by SIGKILL in the music: others take over, and every sample is what it would be."""
    song = make_song(server)
    stream = song.open()
    async with Listener(stream["url"], seconds=60) as listener:
        await listener.hello()
        await listener.send("play")
        await until(lambda: listener.buffered_to > 2 * RATE)
        await until(lambda: len(zygotes(server)) == 2)
        before = zygotes(server)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await listener.set(f"tracks/{song.tracks[0]}/fader_db", -9.0)
        await listener.wait(lambda m: m["type"] == "epoch" and m["reason"] == "edit")
        await until(lambda: set(zygotes(server)).isdisjoint(before) and server.workers())
        edited = next(start for _, start, reason in listener.epoch_starts[::-1] if reason == "edit")
        await listener.until_played(max(listener.playhead, edited) + 2 * RATE)
    print(f"underruns: {listener.underruns}")
    check(song, listener, stream["id"])


async def test_sigkill_leaves_nothing_and_a_restart_goes_on(server: Server) -> None:
    """SIGKILL in the middle of the music: no process and no shared memory stays; started again, the project plays as before."""
    shared = shared_memory()
    song = make_song(server, 1)
    async with Listener(song.open()["url"]) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        pidfds = [os.pidfd_open(pid) for pid in server.descendants()]
        assert len(pidfds) >= 3, "two zygotes and a worker"
        server.kill()
        await listener.until_closed()
        await asyncio.to_thread(wait_for_death, pidfds)
    assert shared_memory() <= shared
    server.start()
    projects = song.client.call("GET", "/projects")["projects"]
    assert [project["id"] for project in projects] == [song.project]
    async with Listener(song.open()["url"], seconds=20) as again:
        await again.hello()
        await again.send("play")
        await again.until_played(2 * RATE)
    assert again.problems == []
    assert np.array_equal(again.heard.audio[: 2 * RATE], bounced(song)[: 2 * RATE])
    assert np.array_equal(again.heard.audio[: RATE // 2], listener.heard.audio[: RATE // 2])


async def test_sigterm_says_bye(server: Server) -> None:
    """SIGTERM: every listener is told ``bye`` and when to come back, then closed with 1001; a deaf one delays nobody."""
    song = make_song(server, 1)
    stream = song.open()
    url = stream["url"].partition("?")[0]
    async with Listener(stream["url"]) as listener, RawSocket(url, song.client.cookie) as deaf:
        await listener.hello()
        await listener.send("play")
        await deaf.say("hello", codecs=["pcm-f32"], buffer_frames=60 * RATE)
        await listener.until_played(RATE)
        descendants = server.descendants()
        server.process.send_signal(signal.SIGTERM)
        code, _ = await listener.until_closed()
        await until(lambda: server.process.poll() is not None)
    assert code == 1001
    bye = listener.log[-1]
    assert bye["type"] == "bye"
    assert bye["retry_after_s"] > 0
    assert listener.problems == []
    assert server.process.returncode in (0, -signal.SIGTERM)
    await until(lambda: not [pid for pid in descendants if psutil.pid_exists(pid)])
    assert "Traceback" not in server.log
