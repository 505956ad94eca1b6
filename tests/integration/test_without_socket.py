"""A program that speaks plain HTTP beside a listener: it steers, and is told of the same audio at the same frames."""

import asyncio
from typing import Any

import numpy as np
from helpers.listener import RATE, Listener
from integration.conftest import Song
from integration.test_meters import QUANTUM, ROUNDING_DB, TRACK_BLOCKS, decibels

from streaming.listening.scope import Scope
from streaming.render.arena import Arena


class Program:
    """Asks the server about one stream, with the standard library alone."""

    def __init__(self, song: Song, stream: str) -> None:
        self._client, self._root = song.client, f"/streams/{stream}"

    async def get(self, what: str) -> Any:
        """One answer."""
        return await asyncio.to_thread(self._client.call, "GET", f"{self._root}/{what}")

    async def command(self, kind: str, **fields: Any) -> Any:
        """One command of the transport; the timeline that it answers."""
        return await asyncio.to_thread(self._client.call, "POST", f"{self._root}/transport", {"type": kind, **fields})

    async def rows(self, what: str, hz: int, listener: Listener, until: int) -> list[Any]:
        """Rows from the beginning on until a listener has played so far, asked for bit by bit."""
        rows, since = [], 0
        while listener.playhead < until:
            told = await self.get(f"{what}?since={since}&hz={hz}")
            assert all(since <= row[0] <= told["frame"] for row in told["rows"])
            rows, since = rows + told["rows"], told["next"]
            await asyncio.sleep(0.1)
        return rows


def check_meters(listener: Listener, told: dict[str, Any], rows: list[Any], step: int) -> None:
    """Each row tells the peaks of what the listener heard from its frame on."""
    column = TRACK_BLOCKS * told["tracks"] + told["buses"].index("master/peak_l")
    for frame, values in rows:
        peaks = np.abs(listener.heard.audio[frame : frame + step * QUANTUM]).max(axis=0).astype(np.float64)
        assert np.allclose(values[column : column + 2], decibels(peaks), rtol=0, atol=ROUNDING_DB), frame


def check_scopes(listener: Listener, rows: list[Any]) -> None:
    """Each row is the scope of what the listener heard up to its frame."""
    arena = Arena(8, 1, 300 * QUANTUM)
    arena.write_pcm(0, listener.heard.audio[: 300 * QUANTUM])
    for frame, bands, points in rows:
        expected = Scope(arena).row(frame)
        assert np.allclose(bands, expected[0], rtol=0, atol=0.11)
        assert np.allclose(points, expected[1], rtol=0, atol=0.0011)
    arena.close()


async def test_meters_and_scopes_are_of_what_is_heard(song: Song) -> None:
    """Rows that are asked for as it plays come in order and once, stamped with the frames at which their audio was heard."""
    stream = song.open()
    program = Program(song, stream["id"])
    async with Listener(stream["url"], seconds=40) as listener:
        await listener.hello()
        await program.command("play")
        asked = program.rows("meters", 10, listener, 2 * RATE), program.rows("scope", 10, listener, 2 * RATE)
        meters, scopes = await asyncio.gather(*asked)
        await listener.rest()
        told = await program.get("meters?since=0&hz=50")
        assert (await program.get(f"meters?since={told['next']}&hz=50"))["rows"] == []
    assert listener.problems == []
    for rows in (meters, scopes):
        frames = [row[0] for row in rows]
        assert frames == sorted({*frames})
        assert frames[-1] > RATE
    check_meters(listener, told, meters, 5)
    check_scopes(listener, [row for row in scopes if row[0] <= 300 * QUANTUM])
    held = [frame for frame, _ in told["rows"]]
    assert held == list(range(held[0], told["frame"] - QUANTUM + 1, QUANTUM))
    assert len(held) > 25
    check_meters(listener, told, told["rows"], 1)


async def test_the_transport_is_everybodys(song: Song) -> None:
    """Play, seek, loop, pause and stop over HTTP are heard by the listener, where the timeline says."""
    stream = song.open()
    program = Program(song, stream["id"])
    async with Listener(stream["url"], seconds=40) as listener:
        await listener.hello()
        assert (await program.command("play"))["transport"] == "playing"
        await listener.until_played(RATE // 2)
        known = (await program.get("timeline"))["epochs"][-1]["epoch"]
        await program.command("seek", position=10 * RATE)
        await listener.wait(lambda m: m["type"] == "epoch" and m["reason"] == "seek")
        told = await program.get(f"timeline?after={known}")
        (sought,) = [start for _, start, reason in listener.epoch_starts if reason == "seek"]
        assert (sought, "seek") in [(epoch["starts_at"], epoch["reason"]) for epoch in told["epochs"]]
        await program.command("loop", start=10 * RATE, end=10 * RATE + RATE // 2)
        await listener.until_played(sought + RATE)
        told = await program.get("timeline")
        assert told["loop"] == {"start": 10 * RATE, "end": 10 * RATE + RATE // 2}
        passes = [(turn["starts_at"], turn["position"]) for turn in told["segments"][1:]]
        assert told["frame"] < passes[0][0] <= passes[-1][0] <= told["rendered_to"]
        assert passes == [(passes[0][0] + n * RATE // 2, 10 * RATE) for n in range(len(passes))]
        await listener.until_played(passes[0][0])
        assert passes[0] in [(m["starts_at"], m["position"]) for m in listener.log if m["type"] == "segment"]
        paused = await program.command("pause")
        state = await listener.wait(lambda m: m["type"] == "state" and m["transport"] == "paused")
        assert (paused["transport"], paused["frame"], paused["position"]) == ("paused", state["frame"], state["position"])
        assert (await program.command("stop"))["position"] == 0
        await listener.settle()
    assert listener.problems == []
