"""A and B: two revisions, one turned down to be as loud as the other, spliced while the stream plays."""

import asyncio
from typing import Any

from helpers.listener import RATE, Listener
from integration.conftest import Song
from integration.test_heard import check


def revision_of(song: Song) -> str:
    """The newest revision; the room saves what it owes first."""
    return str(song.client.call("GET", f"/projects/{song.project}")["revision"]["id"])


def trims(listener: Listener) -> list[dict[str, Any]]:
    """What the listener was told of the output trim."""
    return [message for message in listener.log if message["type"] == "edit" and message["path"] == "master/trim_db"]


async def test_two_revisions_are_switched_while_playing(song: Song) -> None:
    """Each switch is one splice, heard ahead of all that was sent, and exported as it was heard; the trim is part of it."""
    first = await asyncio.to_thread(revision_of, song)
    fader = f"tracks/{song.tracks[0]}/fader_db"
    edits = {"edits": [{"path": fader, "value": -20.0}]}
    second = (await asyncio.to_thread(song.client.call, "POST", f"/projects/{song.project}/edits", edits))["revision"]["id"]
    stream = song.open()
    async with Listener(stream["url"], seconds=30) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        for count, (revision, trim) in enumerate(((first, -6.0), (second, 0.0), (first, -6.0))):
            await listener.send("mix", revision=revision, trim_db=trim)
            await listener.wait(lambda _, count=count: len(trims(listener)) > count)
            assert trims(listener)[count]["value"] == trim
            await listener.until_played(trims(listener)[count]["splice_frame"] + RATE // 2)
        await listener.rest()
    assert [reason for _, _, reason in listener.epoch_starts].count("revision") == 3
    await asyncio.to_thread(check, song, listener, stream["id"])
