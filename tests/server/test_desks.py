"""Edits over HTTP while a room is open: they pass through it, and the answer is what it saved."""

from collections.abc import Sequence
from pathlib import Path

from helpers.desk import Desk, Guest, desk

from dsp.mix import Mix
from server.closed import ClosedStudio
from server.desks import applied
from server.seams import Edit


class OneRoom(ClosedStudio):
    """A studio with a room for every project, which saves as real ones do."""

    def __init__(self) -> None:
        self.house: Desk | None = None
        self.guest: Guest | None = None
        self.mixes: dict[str, Mix] = {}
        self.heard: list[tuple[str, str, str | None]] = []

    def _change(self, project: str, mix: Mix) -> None:
        assert self.house
        assert self.guest
        self.mixes[project] = mix
        self.house.context.autosave.changed(self.guest.workspace, project, mix, "Guest", gesture_ended=False)

    async def edit(self, project: str, author: str, edits: Sequence[Edit], gesture: str | None) -> Mix | None:
        """Edit the room's desk."""
        self.heard.extend((author, edit.path, gesture) for edit in edits)
        self._change(project, applied(self.mixes.get(project, Mix.empty()), edits))
        return self.mixes[project]

    async def replace(self, project: str, author: str, mix: Mix) -> bool:
        """Put another desk in the room."""
        self.heard.append((author, "*", None))
        self._change(project, mix)
        return True


async def opened(folder: Path) -> None:
    """Edit, keep and replace a mix through a room."""
    room = OneRoom()
    async with desk(folder, {"studio": room}) as house:
        room.house, room.guest = house, await house.guest()
        guest = room.guest
        project = await guest.project()
        changed = await guest.call(
            "POST", f"/projects/{project}/edits", json={"edits": [{"path": "master/fader_db", "value": -4.0}], "gesture": "g"}
        )
        assert room.heard == [(guest.workspace, "master/fader_db", "g")]
        assert changed["mix"]["master"]["params"] == {"fader_db": -4.0}
        assert changed["revision"]["number"] == 2
        room._change(project, room.mixes[project].set("master/fader_db", -5.0))
        tag = changed["revision"]["id"]
        edits = {"edits": [{"path": "master/fader_db", "value": 0.0}]}
        stale = {"If-Match": f'"{tag}"'}
        await guest.refused("POST", f"/projects/{project}/edits", 412, "stale_revision", json=edits, headers=stale)
        head = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
        mix = Mix.empty().document()
        put = await guest.call("PUT", f"/projects/{project}/mix", json=mix, headers={"If-Match": f'"{head}"'})
        assert (put["mix"], room.heard[-1]) == (mix, (guest.workspace, "*", None))


async def test_edits_pass_through_an_open_room(tmp_path: Path) -> None:
    """The room is told who edits what; what it has not saved yet counts against If-Match; its result is the revision."""
    await opened(tmp_path)
