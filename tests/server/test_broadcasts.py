"""Who is let in to hear a stream over HTTP, and how many."""

from pathlib import Path

from helpers.desk import Desk, Guest
from helpers.studios import studio

PATH = "/streams/{}/audio.{}"


async def test_only_the_streams_own_people_hear_it(tmp_path: Path) -> None:
    """Nobody without a session, nobody of another workspace, no page of another site; and only known kinds of file."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        stranger, _ = await opened.guest()
        address = PATH.format(stream, "webm")
        await stranger.refused("GET", address, 404, "not_found")
        await stranger.refused("POST", f"/streams/{stream}/tickets", 404, "not_found")
        await guest.refused("GET", address, 403, "cross_site", headers={"Origin": "http://evil.test"})
        await guest.refused("GET", PATH.format(stream, "wav"), 404, "not_found")
        await guest.refused("GET", PATH.format("nothing", "webm"), 404, "not_found")
        await Guest(opened.house.browser()).refused("GET", address, 401, "no_session")


async def test_a_ticket_lets_one_player_in(tmp_path: Path) -> None:
    """A ticket needs no cookie and is good once; what is asked for is said in the head."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        made = await guest.call("POST", f"/streams/{stream}/tickets", 201)
        address = f"/api/v1{PATH.format(stream, 'flac')}?ticket={made['ticket']}"
        player = opened.house.browser()
        answer = await player.request("HEAD", address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
        assert answer.headers["cache-control"] == "no-store"
        assert (await player.request("HEAD", address)).status_code == 401


async def test_seats_and_encoders_are_counted(tmp_path: Path) -> None:
    """When the seats are taken, or the encoders, a player is told when to come again."""
    async with studio(tmp_path, listeners_per_stream=1, http_encoders=0) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        refused = await guest.refused("GET", PATH.format(stream, "flac"), 503, "over_capacity")
        assert "encodes" in refused["detail"]
        await opened.listen(guest, stream)
        refused = await guest.refused("GET", PATH.format(stream, "flac"), 503, "over_capacity")
        assert "listeners" in refused["detail"]


async def test_a_mix_is_only_its_owners(house: Desk, guest: Guest) -> None:
    """A stored mix is played to its workspace, from a place that it has."""
    project = await guest.project()
    revision = (await guest.call("GET", f"/projects/{project}/revisions"))["revisions"][0]["id"]
    address = f"/projects/{project}/revisions/{revision}/audio.webm"
    await (await house.guest()).refused("GET", address, 404, "not_found")
    problem = await guest.refused("GET", f"{address}?from=1", 422, "invalid_parameter")
    assert problem["errors"][0]["path"] == "from"
    await guest.refused("GET", f"{address}?from=-1", 422, "invalid_parameter")
    await guest.refused("GET", f"{address}?from=nan", 422, "invalid_parameter")
    head = await guest.http.request("HEAD", f"/api/v1{address}")
    assert (head.status_code, head.headers["content-type"]) == (200, 'audio/webm; codecs="opus"')
