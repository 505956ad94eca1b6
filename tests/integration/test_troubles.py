"""What goes wrong beneath a stream that plays: it says so, by a code and a sentence, and goes on where it can."""

import os
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.listener import RATE, Listener
from helpers.serving import Server
from helpers.waiting import kill, until
from integration.conftest import Song, make_song
from integration.test_heard import check


@pytest.fixture
def song(server: Server, request: pytest.FixtureRequest) -> Song:
    """Two stems of this test's own: no other song has the same, for what is stored once may be harmed once."""
    return make_song(server, 2, 10.0 + zlib.crc32(request.node.name.encode()) % 40 / 10)


def blob(song: Song, track: int) -> Path:
    """The file of a track's audio."""
    mix = song.client.call("GET", f"/projects/{song.project}")["mix"]
    asset = mix["tracks"][track]["clips"][0]["asset"]
    return song.server.folder / "data" / "blobs" / asset[:2] / asset[2:4] / asset


def told(listener: Listener) -> dict[str, str]:
    """The troubles it has heard of: codes and sentences. None of them was fatal."""
    errors = [message for message in listener.log if message["type"] == "error"]
    assert not any(error["fatal"] for error in errors)
    return {error["code"]: error["message"] for error in errors}


async def playing(listener: Listener) -> None:
    """Play a second."""
    await listener.hello()
    await listener.send("play")
    await listener.until_played(RATE)


@pytest.fixture
def stopped(server: Server) -> Iterator[list[int]]:
    """Render processes that a test has stopped; they are let go in the end, if they still live."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue


async def test_hung_workers_are_replaced(server: Server, song: Song, stopped: list[int]) -> None:
    """All workers stop for good in the music: their chunks are rendered by others, the stream says so, and all of it is heard."""
    stream = song.open()
    async with Listener(stream["url"]) as listener:
        await playing(listener)
        stopped += server.workers()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        await until(lambda: "renderer_hung" in told(listener))
        await listener.until_played(listener.playhead + RATE)
        await listener.rest()
    print(f"underruns: {listener.underruns}")
    check(song, listener, stream["id"])


async def test_a_lost_stem_is_named_and_the_others_play_on(server: Server, song: Song) -> None:
    """Its file goes, and the workers that had it mapped: it falls silent, by name; what is left is what would be without it."""
    stream = song.open()
    async with Listener(stream["url"]) as listener:
        await playing(listener)
        blob(song, 1).unlink()
        kill(server.workers())
        await until(lambda: "audio_missing" in told(listener))
        assert "stem 1" in told(listener)["audio_missing"]
        silent = listener.buffered_to
        await listener.set(f"tracks/{song.tracks[0]}/mute", True, edit_id=7)
        muted = (await listener.wait(lambda m: m["type"] == "edit" and m["edit_id"] == 7))["splice_frame"]
        await listener.until_played(max(silent, muted) + RATE)
    assert listener.problems == []
    heard = listener.heard.audio
    assert np.abs(heard[RATE // 2 : RATE]).max() > 0.01
    assert np.abs(heard[max(silent, muted) + RATE // 2 : listener.playhead]).max() < 1e-4


async def test_a_stem_can_be_missing_from_the_start(server: Server, song: Song) -> None:
    """A stream of a song with lost audio opens, says what is missing, and plays the rest."""
    blob(song, 0).unlink()
    async with Listener(song.open()["url"]) as listener:
        await playing(listener)
        await until(lambda: "audio_missing" in told(listener))
    assert "stem 0" in told(listener)["audio_missing"]
    assert np.abs(listener.heard.audio[:RATE]).max() > 0.01


async def test_audio_that_is_no_number_is_silence(server: Server, song: Song) -> None:
    """NaN and infinities in a stem's file are counted, said, and heard as silence, in the stream as in its bounce."""
    file = blob(song, 1)
    file.chmod(0o600)
    with file.open("r+b") as audio:
        audio.seek(RATE * 8)
        audio.write(np.array([np.nan, np.inf, -np.inf, np.nan], "<f4").tobytes() * 2_400)
    stream = song.open()
    async with Listener(stream["url"]) as listener:
        await playing(listener)
        await until(lambda: "not_finite" in told(listener))
        await listener.until_played(3 * RATE // 2)
        await listener.rest()
    assert np.isfinite(listener.heard.audio).all()
    check(song, listener, stream["id"])
