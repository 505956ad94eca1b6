"""Edits over HTTP while a room is open: they pass through it, and the answer is what it saved."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers.desk import Desk, Guest, desk
from helpers.one_room import OneRoom

from dsp.desk.mix import Mix
from server import desks
from storage import mixes
from streaming.desk.stage import Stage
from streaming.live.clock import MonotonicClock


class House:
    """A project with an open room, and its guest."""

    def __init__(self, house: Desk, guest: Guest, project: str, stage: Stage) -> None:
        self.house, self.guest, self.project, self.stage = house, guest, project, stage
        self.edits, self.mix = f"/projects/{project}/edits", f"/projects/{project}/mix"

    async def head(self) -> tuple[str, str | None]:
        """The newest revision's id and change, as a reader of the project gets them."""
        revision = (await self.guest.call("GET", f"/projects/{self.project}"))["revision"]
        return revision["id"], revision["change"]


def fader(value: float) -> dict[str, object]:
    """The body of an edit."""
    return {"edits": [{"path": "master/fader_db", "value": value}]}


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[House]:
    """A desk that somebody works on."""
    room = OneRoom()
    async with desk(tmp_path, {"studio": room}) as house:
        guest = await house.guest()
        project = await guest.project()
        async with house.context.database.read() as db:
            head = await mixes.head(db, guest.workspace, project)
        changed = house.context.autosave.changed
        room.stage = Stage(guest.workspace, project, desks.mix_of(head), head.id, MonotonicClock(), changed)
        yield House(house, guest, project, room.stage)


async def test_edits_pass_through_an_open_room(open_house: House) -> None:
    """They are answered with the revision that the room saved, signed by who asked, and are one step of undo."""
    edits = [{"path": "tracks/t1", "value": {"name": "Kick"}}, {"path": "tracks/t1/fader_db", "value": -6.0}]
    changed = await open_house.guest.call("POST", open_house.edits, json={"edits": edits})
    assert changed["mix"] == open_house.stage.room.mix.document()
    assert changed["revision"]["id"] == open_house.stage.revision
    assert (changed["revision"]["number"], changed["revision"]["author"]) == (2, "Ada")
    open_house.stage.undo(open_house.guest.workspace, None)
    assert open_house.stage.room.mix == Mix.empty()


async def test_a_refusal_of_the_room_is_a_conflict(open_house: House) -> None:
    """What the store would take but the room does not is a 409, in a sentence."""
    open_house.stage.edit("somebody", [("tracks/t1", {"lane": 0})], None)
    mix = Mix.empty().set("tracks/t1", {"lane": 1}).document()
    tag, _ = await open_house.head()
    problem = await open_house.guest.refused("PUT", open_house.mix, 409, "conflict", json=mix, headers={"If-Match": f'"{tag}"'})
    assert problem["detail"] == "Tracks: a track keeps its lane for life."


async def test_unsaved_work_counts_against_if_match(open_house: House) -> None:
    """A revision is old as soon as the room has changed, saved or not."""
    changed = await open_house.guest.call("POST", open_house.edits, json=fader(-4))
    open_house.stage.edit("somebody", [("master/fader_db", -5)], "drag")
    stale = {"If-Match": f'"{changed["revision"]["id"]}"'}
    await open_house.guest.refused("POST", open_house.edits, 412, "stale_revision", json=fader(0), headers=stale)
    assert open_house.stage.room.mix.get("master/fader_db") == -5.0


async def test_a_whole_document_goes_through_the_room(open_house: House) -> None:
    """It is a switch, which can be undone."""
    await open_house.guest.call("POST", open_house.edits, json=fader(-4))
    tag, _ = await open_house.head()
    body = Mix.empty().document()
    put = await open_house.guest.call("PUT", open_house.mix, json=body, headers={"If-Match": f'"{tag}"'})
    assert (put["mix"], put["revision"]["change"]) == (body, "Switch the mix")
    assert put["revision"]["id"] == open_house.stage.revision


async def test_a_named_revision_is_followed_by_the_room(open_house: House) -> None:
    """Keeping the desk by name stores what was unsaved first; what comes after is made from the named one."""
    open_house.stage.edit("somebody", [("master/fader_db", -5)], "drag")
    kept = await open_house.guest.call("POST", f"/projects/{open_house.project}/revisions", 201, json={"name": "Loud"})
    assert (kept["name"], kept["number"], kept["mix"]) == ("Loud", 3, open_house.stage.room.mix.document())
    assert open_house.stage.revision == kept["id"]
    open_house.stage.edit("somebody", [("master/fader_db", -6)], "drag")
    draft = open_house.stage.room.due(0, closing=True)
    assert draft is not None
    assert draft.parent == kept["id"]
    open_house.stage.room.revisions.failed()
