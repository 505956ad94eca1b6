"""Meters and scopes over the real socket: rows in a row, each of the audio that is heard at its frame."""

import asyncio
import random
from itertools import pairwise

import numpy as np
import pytest
from helpers.listener import RATE, Listener
from integration.conftest import Song
from integration.test_heard import drag

from dsp.metering.loudness import Meter
from streaming.listening.scope import Scope
from streaming.render.arena import Arena

QUANTUM = 960
FLOOR_DB = -120.0
ROUNDING_DB = 0.051
TRACK_BLOCKS = 4
"""Blocks of a row with a column for each track; then come reverb peaks, master peaks, master RMS and the limiter's reduction."""


def rows_of(listener: Listener) -> list[list]:
    """All rows that came, in order."""
    return [row for message in listener.log if message["type"] == "meters" for row in message["rows"]]


def decibels(linear: np.ndarray) -> np.ndarray:
    """Levels as rows tell them."""
    return 20.0 * np.log10(np.maximum(linear, 10.0 ** (FLOOR_DB / 20.0)))


async def metered(song: Song, hz: int, seconds: float, *, drags: int = 0) -> tuple[Listener, dict]:
    """Listen with meters from the beginning, with a few drags of the master fader's neighbour."""
    async with Listener(song.open()["url"], seconds=40) as listener:
        welcome = await listener.hello()
        await listener.send("subscribe", meters=hz)
        await listener.send("play")
        dice = random.Random(1)
        for _ in range(drags):
            await asyncio.sleep(0.3)
            await drag(listener, dice, song.tracks[0])
        await listener.until_played(int(seconds * RATE))
    assert listener.problems == []
    return listener, welcome


def check_master(listener: Listener, welcome: dict, rows: dict[int, list[float]], step: int) -> None:
    """Master peaks and RMS are those of what was heard."""
    tracks = welcome["meters"]["tracks"]
    peak, rms = TRACK_BLOCKS * tracks + 2, TRACK_BLOCKS * tracks + 4
    span = step * QUANTUM
    whole = [frame for frame in rows if frame + span <= listener.playhead]
    assert len(whole) >= listener.playhead // span - 1
    starts = {number: starts_at for number, starts_at, _ in listener.epoch_starts}
    late = [(starts[number], starts[number] + frames) for number, frames in listener.late]
    for frame in whole:
        if any(start < frame + span and frame < stop for start, stop in late):
            continue  # it was told too late to hear what it was told of
        assert len(rows[frame]) == welcome["meters"]["columns"]
        audio = listener.heard.audio[frame : frame + span].astype(np.float64)
        assert np.allclose(rows[frame][peak : peak + 2], decibels(np.abs(audio).max(axis=0)), rtol=0, atol=ROUNDING_DB)
        power = np.square(audio.reshape(step, QUANTUM, 2)).mean(axis=1).max(axis=0)
        assert np.allclose(rows[frame][rms : rms + 2], decibels(np.sqrt(power)), rtol=0, atol=ROUNDING_DB)


@pytest.mark.parametrize(("hz", "step"), [(50, 1), (10, 5), (60, 1)])
async def test_rows_follow_each_other_and_tell_what_is_heard(song: Song, hz: int, step: int) -> None:
    """Rows come for every so many quanta from the first frame on, no later than their audio, with the master's peaks and RMS."""
    listener, welcome = await metered(song, hz, 1.5)
    rows = rows_of(listener)
    assert [frame for frame, _ in rows] == list(range(0, len(rows) * step * QUANTUM, step * QUANTUM))
    check_master(listener, welcome, dict(rows), step)


async def test_rows_of_a_splice_replace_those_before(song: Song) -> None:
    """After a splice the rows begin anew where it lies; the last row for each frame tells what was heard there."""
    listener, welcome = await metered(song, 50, 2.5, drags=2)
    rows = rows_of(listener)
    again = [after for before, after in pairwise(rows) if after[0] <= before[0]]
    splices = {starts_at - starts_at % QUANTUM for _, starts_at, reason in listener.epoch_starts if reason == "edit"}
    assert again
    assert {frame for frame, _ in again} <= splices
    assert all(after[0] <= before[0] + QUANTUM for before, after in pairwise(rows))
    check_master(listener, welcome, dict(rows), 1)


async def test_nothing_is_metered_unasked(song: Song) -> None:
    """Who did not subscribe, or no longer does, is sent no rows."""
    async with Listener(song.open()["url"], seconds=20) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE // 2)
        assert rows_of(listener) == []
        await listener.send("subscribe", meters=50)
        await listener.wait(lambda m: m["type"] == "meters")
        await listener.send("subscribe", meters=0)
        await listener.send("ping", client_us=1)
        await listener.wait(lambda m: m["type"] == "pong")
        told = len(rows_of(listener))
        await listener.until_played(listener.playhead + RATE // 2)
        assert len(rows_of(listener)) == told


def column(welcome: dict, name: str) -> int:
    """Where a bus's meter lies in a row."""
    return TRACK_BLOCKS * welcome["meters"]["tracks"] + welcome["meters"]["buses"].index(name)


async def test_loudness_is_that_of_what_was_heard(song: Song) -> None:
    """Two seconds on, a row's loudness and true peak are what a meter says of the audio up to there, across a splice."""
    listener, welcome = await metered(song, 50, 2.5, drags=1)
    rows, frame = dict(rows_of(listener)), 2 * RATE
    assert listener.late == []
    meter = Meter()
    meter.feed(listener.heard.audio[: frame + QUANTUM])
    told, row = meter.result(), rows[frame]
    assert row[column(welcome, "master/integrated")] == pytest.approx(told.integrated_lufs, abs=0.1)
    assert row[column(welcome, "master/max_momentary")] == pytest.approx(told.max_momentary_lufs, abs=0.1)
    assert row[column(welcome, "master/max_true_peak")] == pytest.approx(told.true_peak_dbtp, abs=0.1)


async def test_a_reset_measures_anew(song: Song) -> None:
    """From the splice of a reset on there is no integrated loudness for 400 ms, then that of what came after it."""
    async with Listener(song.open()["url"], seconds=40) as listener:
        welcome = await listener.hello()
        integrated = column(welcome, "master/integrated")
        await listener.send("subscribe", meters=50)
        await listener.send("play")
        await listener.until_played(RATE)
        await listener.send("reset_loudness")
        await listener.until_played(listener.playhead + 2 * RATE)
    assert listener.problems == []
    (splice,) = (starts_at for _, starts_at, reason in listener.epoch_starts if reason == "edit")
    rows = dict(rows_of(listener))
    before, after = splice // QUANTUM * QUANTUM - QUANTUM, -(-splice // QUANTUM) * QUANTUM
    assert rows[before][integrated] > FLOOR_DB
    assert {rows[after + k * QUANTUM][integrated] for k in range(19)} == {FLOOR_DB}
    assert rows[after + 22 * QUANTUM][integrated] > FLOOR_DB


async def test_scopes_show_what_is_heard(song: Song) -> None:
    """Scopes come in time, in order, and are those of the audio up to their frame."""
    async with Listener(song.open()["url"], seconds=40) as listener:
        await listener.hello()
        await listener.send("subscribe", scope=10)
        await listener.send("play")
        await listener.until_played(3 * RATE // 2)
    assert listener.problems == []
    rows = [row for message in listener.log if message["type"] == "scope" for row in message["rows"]]
    assert [frame for frame, _, _ in rows] == [(k + 1) * 5 * QUANTUM for k in range(len(rows))]
    assert rows[-1][0] >= listener.playhead - 5 * QUANTUM
    arena = Arena(8, 1, 100 * QUANTUM)
    arena.write_pcm(0, listener.heard.audio[: listener.playhead])
    for frame, bands, points in rows:
        if frame <= listener.playhead:
            expected = Scope(arena).row(frame)
            assert bands == pytest.approx(expected[0], abs=0.11)
            assert np.allclose(points, expected[1], atol=0.0011)
    arena.close()
