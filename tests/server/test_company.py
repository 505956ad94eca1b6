"""The people of a room: who hears which stream, in which role, who is sent away, and what the others are told."""

from pathlib import Path

import pytest
from helpers.desk import Guest
from helpers.studios import studio
from helpers.waiting import until

from server import company
from server.context import wall_ms
from storage import invitations
from storage.rows import Invitation


async def joined(guest: Guest, project: str, join: bool = True) -> str:
    """The stream that somebody is given."""
    return str((await guest.call("POST", "/streams", 201, json={"project_id": project, "join": join}))["id"])


async def test_members_hear_what_is_played(tmp_path: Path) -> None:
    """A member joins the newest stream of the project, whether anybody is there yet or not; the first opens one."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        friend, other = [await opened.house.member(owner, project) for _ in range(2)]
        first = await joined(friend, project, join=False)
        assert await joined(other, project) == first
        second = await joined(owner, project, join=False)
        assert await joined(other, project) == second != first
        assert len(opened.studio.live()) == 2


async def test_an_owner_joins_others_but_not_what_is_left_of_himself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone one begins afresh; where somebody listens, or asked a moment ago and is on the way, one joins them."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        stale = await joined(owner, project)
        fresh = await joined(owner, project)
        assert fresh != stale
        friend = await opened.house.member(owner, project)
        assert await joined(friend, project) == fresh
        assert await joined(owner, project) == fresh
        monkeypatch.setattr(company, "COMING_S", -1.0)
        await joined(friend, project)
        alone = await joined(owner, project)
        assert alone != fresh
        await opened.listen(friend, fresh)
        assert await joined(owner, project) == fresh


async def test_a_role_holds_on_the_line(tmp_path: Path) -> None:
    """A listener's edits and commands are refused and heard by nobody; a controller's are told to both."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        stream = await joined(owner, project)
        for role in ("listener", "controller"):
            friend = await opened.house.member(owner, project, role)
            line = (await opened.listen(friend, await joined(friend, project))).line
            assert line.told("welcome")[0]["role"] == role
        listening, mixing = opened.sockets[-2:]
        for socket in (listening, mixing):
            socket.say("set", path="master/fader_db", value=-6, gesture="g", edit_id=1, played_to=0)
            for kind in ("undo", "play", "pause", "stop", "reset_loudness"):
                socket.say(kind)
            socket.say("seek", position=0)
            socket.say("ping", client_us=1)
        await until(lambda: listening.line.told("pong") and mixing.line.told("pong"))
        assert [error["code"] for error in listening.line.told("error")] == ["not_controller"] * 7
        assert mixing.line.told("error") == []
        assert [edit["path"] for edit in listening.line.told("edit")] == ["master/fader_db"] * 2  # the edit and its undo
        assert stream in opened.studio.live()


async def test_who_is_here_is_told(tmp_path: Path) -> None:
    """Whoever comes is told of all, the others of the news; names can be set, and are seen at once when it is time."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        stream = await joined(owner, project)
        mine = (await opened.listen(owner, stream)).line
        assert [row["role"] for row in mine.told("people")[0]["people"]] == ["controller"]
        friend = await opened.house.member(owner, project)
        his = await opened.listen(friend, stream)
        assert [row["role"] for row in his.line.told("people")[0]["people"]] == ["controller", "listener"]
        await friend.call("PATCH", "/session", json={"name": "Ben"})
        await until(lambda: (opened.studio.company.tell(), "Ben" in names(mine.told("people")[-1]))[1])
        his.leave(1000)
        await until(lambda: (opened.studio.company.tell(), mine.told("people")[-1]["left"])[1])
        assert mine.told("people")[-1]["left"] == [{"id": friend.workspace, "name": "Ben"}]
        assert len({row["colour"] for row in his.line.told("people")[0]["people"]}) == 2


def names(message: dict[str, list[dict[str, str]]]) -> list[str]:
    """Who is here, by name."""
    return [row["name"] for row in message["people"]]


async def test_who_is_revoked_is_sent_away(tmp_path: Path) -> None:
    """A line that came by the link is closed with 1008 and not let in again; the owner's goes on."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        mine = await opened.listen(owner, await joined(owner, project))
        friend = await opened.house.member(owner, project)
        stream = await joined(friend, project)
        his = await opened.listen(friend, stream)
        (row,) = (await owner.call("GET", f"/projects/{project}/invitations"))["invitations"]
        await owner.call("DELETE", f"/projects/{project}/invitations/{row['id']}", 204)
        assert his.line.closed == (1008, "the invitation was revoked")
        assert mine.line.open
        assert (await opened.refused(opened.connect(friend, stream)))[0] == 4002


async def test_an_invitation_that_ends_closes_its_lines(tmp_path: Path) -> None:
    """At the end of its time, not of the conversation."""
    async with studio(tmp_path) as opened:
        owner, project = await opened.guest()
        stream = await joined(owner, project)
        friend, now = await opened.house.guest(), wall_ms()
        async with opened.house.context.database.write() as db:
            row = Invitation("i", project, "controller", now, now + 1_500)
            await invitations.create(db, owner.workspace, row, "hash", now, 10)
            await invitations.join(db, friend.workspace, "i", owner.workspace, now, 10)
        line = (await opened.listen(friend, stream)).line
        await until(lambda: line.closed)
        assert line.closed == (1008, "the invitation has ended")


async def test_those_on_the_way_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for streams without coming fills no memory."""
    monkeypatch.setattr(company, "MAX_COMING", 2)
    async with studio(tmp_path, streams_per_workspace=100) as opened:
        owner, project = await opened.guest()
        for _ in range(5):
            await joined(owner, project)
        assert len(opened.studio.company._coming) == 2
