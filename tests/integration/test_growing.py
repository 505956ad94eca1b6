"""A stream outgrows its engine while it plays, over the real socket: nobody hears it, and the bounce has every sample of it."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from helpers.descriptors import memory_files
from helpers.listener import RATE, Listener
from helpers.serving import Server
from helpers.waiting import until
from integration.conftest import Song, make_song, stem
from integration.test_heard import check

SECONDS = 8.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that plays nothing else."""
    with Server(tmp_path_factory.mktemp("server"), {"STREAMS_PER_WORKSPACE": "32"}) as running:
        yield running


def stems(first: int, count: int) -> dict[str, bytes]:
    """Files to come."""
    return {f"stem {n}.flac": stem(n, SECONDS) for n in range(first, first + count)}


async def more(listener: Listener, song: Song, files: dict[str, bytes]) -> None:
    """Upload them while the stream plays, turn a knob of the last one, and wait until that is heard."""
    status, answer = await asyncio.to_thread(song.client.upload, song.project, files)
    assert status == 201, answer
    song.tracks += [track["id"] for track in answer["tracks"]]
    edit_id = len(song.tracks)
    await listener.set(f"tracks/{song.tracks[-1]}/pan", -0.5, edit_id=edit_id)
    told = await listener.wait(lambda m: m["type"] == "edit" and m["edit_id"] == edit_id)
    await listener.until_played(told["splice_frame"] + RATE // 2)


def meter_rows(listener: Listener) -> dict[int, list[list[float]]]:
    """The meter rows that came, by the class they are of."""
    found: dict[int, list[list[float]]] = {}
    for message in listener.log:
        if message["type"] == "meters":
            found.setdefault(message["tracks"], []).extend(row for _, row in message["rows"])
    return found


def held(server: Server) -> tuple[int, int]:
    """What the server holds of arenas, and the worker that holds most of them: which one renders is chance."""
    return memory_files(server.process.pid), max(map(memory_files, server.workers()), default=0)


def holds_at_most(server: Server, before: tuple[int, int]) -> bool:
    """Whether they hold no more than before."""
    return all(now <= was for now, was in zip(held(server), before, strict=True))


async def test_a_growing_stream_is_not_heard_to_grow(server: Server) -> None:
    """A ninth and a seventeenth stem come while eight play in a loop: no gap, the bounce is what was heard, memory is freed."""
    song = make_song(server, 8, SECONDS)
    ninth, others = stems(8, 1), stems(9, 8)
    empty = held(server)
    stream = song.open()
    async with Listener(stream["url"], seconds=60) as listener:
        welcome = await listener.hello()
        assert welcome["meters"]["tracks"] == 8
        await listener.send("subscribe", meters=50)
        await listener.send("loop", start=RATE, end=3 * RATE + 5)
        await listener.send("play")
        await listener.until_played(RATE)
        one = held(server)
        await more(listener, song, ninth)
        await more(listener, song, others)
        await listener.rest()
        await until(lambda: holds_at_most(server, one))
        rows = meter_rows(listener)
    assert sorted(rows) == [8, 16, 32]
    assert all(len(row) == 4 * tracks + len(welcome["meters"]["buses"]) for tracks, found in rows.items() for row in found)
    assert max(row[16] for row in rows[32]) > -60.0  # the left peak of lane 16, the seventeenth stem's
    check(song, listener, stream["id"])
    song.client.call("DELETE", f"/projects/{song.project}")
    await until(lambda: holds_at_most(server, empty))


async def test_an_opus_listener_hears_no_growth(server: Server) -> None:
    """Packets go on in a row; somebody who comes later is welcomed to the wider engine."""
    song, ninth = make_song(server, 8, SECONDS), stems(8, 1)
    stream = song.open()
    async with Listener(stream["url"], codec="opus", seconds=60) as listener:
        await listener.hello()
        await listener.send("loop", start=RATE, end=3 * RATE + 5)
        await listener.send("play")
        await listener.until_played(RATE)
        await more(listener, song, ninth)
        async with Listener(stream["url"].partition("?")[0], headers={"Cookie": song.client.cookie}) as second:
            assert (await second.hello())["meters"]["tracks"] == 16
            await second.until_played(listener.playhead + RATE)
        assert (listener.problems, second.problems) == ([], [])

        assert {reason for _, _, reason in listener.epoch_starts} == {"start", "edit"}


@pytest.mark.parametrize("count", [9, 17])
async def test_a_wide_song_from_the_start(server: Server, count: int) -> None:
    """A stream that is opened wide plays the bounce of its revision."""
    song = make_song(server, count, 3.0)
    stream = song.open()
    async with Listener(stream["url"], seconds=30) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
    check(song, listener, stream["id"])
    assert np.abs(listener.heard.audio).max() > 0.01
