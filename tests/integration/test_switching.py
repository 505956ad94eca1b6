"""A and B: two revisions, one turned down to be as loud as the other, spliced while the stream plays."""

import asyncio

import numpy as np
from helpers.listener import RATE, Listener
from integration.conftest import Song
from integration.test_heard import bounced


def revision_of(song: Song) -> str:
    """The newest revision; the room saves what it owes first."""
    return str(song.client.call("GET", f"/projects/{song.project}")["revision"]["id"])


async def test_two_revisions_are_switched_while_playing(song: Song) -> None:
    """Each switch is one splice: heard ahead of everything that was sent, and exported as it was heard; the trim is part of it."""
    first = await asyncio.to_thread(revision_of, song)
    fader = f"tracks/{song.tracks[0]}/fader_db"
    edits = {"edits": [{"path": fader, "value": -20.0}]}
    second = (await asyncio.to_thread(song.client.call, "POST", f"/projects/{song.project}/edits", edits))["revision"]["id"]
    stream = song.open()
    async with Listener(stream["url"], seconds=30) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        for revision, trim in ((first, -6.0), (second, 0.0), (first, -6.0)):
            await listener.send("mix", revision=revision, trim_db=trim)
            told = await listener.wait(
                lambda m, t=trim: m is listener.log[-1] and m["type"] == "edit" and m["path"] == "master/trim_db"
            )
            assert told["value"] == trim
            await listener.until_played(told["splice_frame"] + RATE // 2)
        await listener.send("pause")
        paused = await listener.wait(lambda m: m is listener.log[-1] and m["type"] == "state" and m["transport"] == "paused")
        await listener.until_played(paused["frame"])
    assert listener.problems == []
    assert [reason for _, _, reason in listener.epoch_starts].count("revision") == 3
    expected = await asyncio.to_thread(bounced, song, stream=stream["id"], **{"from": 0, "to": listener.playhead})
    same = np.all(listener.heard.audio[: listener.playhead] == expected[: listener.playhead], axis=1)
    for epoch, frames in listener.late:
        start = next(start for number, start, _ in listener.epoch_starts if number == epoch)
        same[start : start + frames] = True
    assert same.all()
