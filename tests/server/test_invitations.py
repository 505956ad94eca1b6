"""Invitations: what a link opens, what it does not, and how long."""

from dataclasses import replace

from helpers.desk import Desk, Guest


async def test_a_link_is_told_once_and_stored_as_a_hash(house: Desk, guest: Guest) -> None:
    """It is in the answer that made it, and neither in the list nor in the database."""
    project = await guest.project()
    token = await guest.link(project)
    assert len(token) >= 43  # 256 bits
    (listed,) = (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"]
    assert sorted(listed) == ["created_at", "expires_at", "id", "members", "role"]
    files = [file for file in house.context.settings.data_path.rglob("*") if file.is_file()]
    assert not any(token.encode() in file.read_bytes() for file in files)


async def test_a_browser_without_a_session_gets_one(house: Desk, guest: Guest) -> None:
    """Whoever opens the link has a workspace of their own, is called as they like, and finds the song with their role."""
    project = await guest.project("Shared")
    token = await guest.link(project, "controller")
    friend = Guest(house.browser())
    come = await friend.call("POST", "/invitations/join", json={"token": token, "name": "Ben"})
    assert come == {"project_id": project, "project_name": "Shared", "role": "controller"}
    session = await friend.call("POST", "/session")
    assert (session["name"], session["workspace"]["id"] != guest.workspace) == ("Ben", True)
    (line,) = (await friend.call("GET", "/projects"))["projects"]
    assert (line["id"], line["role"]) == (project, "controller")
    assert (await friend.call("GET", f"/projects/{project}"))["role"] == "controller"
    assert (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"][0]["members"] == 1


async def test_a_wrong_token_opens_nothing(house: Desk, guest: Guest) -> None:
    """It is answered 404, and nobody gets a workspace by it."""
    await guest.link(await guest.project())
    stranger = Guest(house.browser())
    for token in ("x" * 43, "y" * 16):
        await stranger.refused("POST", "/invitations/join", 404, "not_found", json={"token": token})
    await stranger.refused("POST", "/invitations/join", 422, "invalid_parameter", json={"token": "short"})
    assert not stranger.http.cookies


async def test_a_member_sees_no_other_song(house: Desk, guest: Guest) -> None:
    """The owner's other projects are not there, and cannot be played."""
    shared, other = await guest.project("Shared"), await guest.project("Other")
    friend = await house.member(guest, shared, "controller")
    assert [line["id"] for line in (await friend.call("GET", "/projects"))["projects"]] == [shared]
    await friend.refused("GET", f"/projects/{other}", 404, "not_found")
    await friend.refused("POST", "/streams", 404, "not_found", json={"project_id": other})
    await friend.refused("POST", "/streams", 503, "over_capacity", json={"project_id": shared})  # let in; nothing plays here


async def test_a_controller_s_edits_bear_their_name(house: Desk, guest: Guest) -> None:
    """A member mixes the owner's desk, and its revision says who it was."""
    project = await guest.project()
    friend = await house.member(guest, project, "controller")
    await friend.call("PATCH", "/session", json={"name": "Ben"})
    await friend.edit(project, "master/fader_db", -3.0)
    head = await guest.call("GET", f"/projects/{project}")
    assert (head["mix"]["master"]["params"], head["revision"]["author"]) == ({"fader_db": -3.0}, "Ben")


async def test_revoking_ends_it(house: Desk, guest: Guest) -> None:
    """Nobody comes by a revoked link, and whoever came by it has no such project any more; other links are not concerned."""
    project = await guest.project()
    friend, other = [await house.member(guest, project, "listener") for _ in range(2)]
    newest, oldest = (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"]
    rows = sorted((newest, oldest), key=lambda row: row["created_at"])
    token = await guest.link(project)
    last = (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"]
    fresh = next(row["id"] for row in last if row["members"] == 0)
    for identity in (rows[0]["id"], fresh):
        await guest.call("DELETE", f"/projects/{project}/invitations/{identity}", 204)
    await guest.refused("DELETE", f"/projects/{project}/invitations/{fresh}", 404, "not_found")
    await friend.refused("POST", "/invitations/join", 404, "not_found", json={"token": token})
    seen = [(await one.http.get(f"/api/v1/projects/{project}")).status_code for one in (friend, other)]
    assert sorted(seen) == [200, 404]


async def test_an_invitation_ends_by_itself(house: Desk, guest: Guest) -> None:
    """After its days the link opens nothing, and whoever came by it is out."""
    project = await guest.project()
    friend = await house.member(guest, project, "listener")
    token = await guest.link(project)
    wall_ms = house.context.wall_ms
    house.renew(replace(house.context, wall_ms=lambda: wall_ms() + 8 * 86_400_000))
    await friend.refused("POST", "/invitations/join", 404, "not_found", json={"token": token})
    await friend.refused("GET", f"/projects/{project}", 404, "not_found")
    assert (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"] == []


async def test_an_owner_stays_one(house: Desk, guest: Guest) -> None:
    """Who opens a link of their own is no guest at home, and takes no place."""
    project = await guest.project()
    come = await guest.call("POST", "/invitations/join", json={"token": await guest.link(project)})
    assert come["role"] == "owner"
    assert (await guest.call("GET", f"/projects/{project}/invitations"))["invitations"][0]["members"] == 0
    assert [line["role"] for line in (await guest.call("GET", "/projects"))["projects"]] == ["owner"]


async def test_a_name_is_a_name(guest: Guest) -> None:
    """Neither empty nor of control characters nor endless."""
    for name in ("", " ", "a\nb", "x" * 81):
        await guest.refused("PATCH", "/session", 422, "invalid_parameter", json={"name": name})
    assert (await guest.call("PATCH", "/session", json={"name": "Zoë"}))["name"] == "Zoë"
