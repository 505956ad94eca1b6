"""No workspace sees or changes what another has: every declared route, asked with another workspace's ids."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Desk, Guest
from helpers.studios import Open, studio

from dsp.desk.mix import Mix
from server.api import Operation
from server.app import OPERATIONS

PRIVATE = [one for one in OPERATIONS if one.private]
ADDRESSED = [one for one in PRIVATE if "{" in one.path]
UNSAFE = [one for one in OPERATIONS if one.method != "GET"]

BODIES: Mapping[str, Any] = {
    "rename_project": {"name": "Stolen"},
    "edit_mix": {"edits": [{"path": "master/fader_db", "value": -3.0}]},
    "replace_mix": Mix.empty().document(),
    "keep_revision": {"name": "Stolen"},
    "make_bounce": {"format": "wav", "bits": 16},
    "make_analysis": {"kind": "check"},
    "apply_analysis": {},
    "make_invitation": {"role": "listener"},
    "rename_session": {"name": "Stolen"},
    "command_transport": {"type": "play"},
    "apply_to_console": {"preset": "master-pop", "target": "master"},
}
IDS = ("project_id", "stem_id", "revision_id", "bounce_id", "analysis_id", "invitation_id", "stream_id")
ROLES = ("listener", "controller")


@dataclass
class Belongings:
    """Everything that one guest owns, by the names of path parameters."""

    owner: Guest
    ids: dict[str, str]

    async def seen(self) -> Any:
        """What the owner sees of it."""
        project = self.ids["project_id"]
        found = [
            await self.owner.call("GET", f"/projects/{project}{part}")
            for part in ("", "/revisions", "/bounces", "/analyses", "/invitations")
        ]
        return [*found, await self.owner.call("GET", "/projects")]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """A studio in which streams can be opened."""
    async with studio(tmp_path) as made:
        yield made
        await made.house.context.playback.aclose()


@pytest.fixture
async def house(opened: Open) -> Desk:
    """The application around it."""
    return opened.house


@pytest.fixture
async def belongings(house: Desk, opened: Open) -> Belongings:
    """A guest with a project, a stem, a revision, a bounce, an analysis and a stream."""
    owner = await house.guest()
    project = await owner.project("Mine")
    stem = await house.stem(owner, project)
    revision = (await owner.call("GET", f"/projects/{project}"))["revision"]["id"]
    bounce = await house.bounce(owner, project, revision)
    analysis = await house.analysis(owner, project, revision)
    invitation = await owner.call("POST", f"/projects/{project}/invitations", 201, json={"role": "listener"})
    ids = {"project_id": project, "stem_id": stem.id, "revision_id": revision, "bounce_id": bounce.id, "analysis_id": analysis.id}
    ids["invitation_id"] = invitation["id"]
    return Belongings(owner, {**ids, "stream_id": await opened.stream(owner, project)})


def request(one: Operation, ids: Mapping[str, str]) -> dict[str, Any]:
    """A request that would succeed for the owner."""
    sent: dict[str, Any] = {
        "method": one.method,
        "url": one.path.format(**ids, kind="flac"),
        "headers": {"If-Match": '"any"'},
    }
    if one.name in BODIES:
        sent["json"] = BODIES[one.name]
    if one.consumes == "multipart/form-data":
        sent["files"] = {"files": ("a.wav", b"RIFF")}
    return sent


@pytest.mark.parametrize("one", ADDRESSED, ids=lambda one: one.name)
async def test_foreign_ids_are_unknown(house: Desk, belongings: Belongings, one: Operation) -> None:
    """Another workspace's id answers 404, as one that does not exist, and changes nothing."""
    before = await belongings.seen()
    thief = await house.guest()
    answer = await thief.http.request(**request(one, belongings.ids))
    nowhere = await thief.http.request(**request(one, dict.fromkeys(belongings.ids, "nothing")))
    assert answer.status_code == nowhere.status_code == 404
    assert answer.json()["detail"] == nowhere.json()["detail"]
    assert await belongings.seen() == before


@pytest.mark.parametrize("one", ADDRESSED, ids=lambda one: one.name)
async def test_a_member_may_do_what_the_role_says(house: Desk, belongings: Belongings, one: Operation) -> None:
    """In the project what its route says for the role, else 403 and nothing changes; elsewhere nothing of the owner's is."""
    for rank, role in enumerate(ROLES):
        friend = await house.member(belongings.owner, belongings.ids["project_id"], role)
        before = await belongings.seen()
        answer = await friend.http.request(**request(one, belongings.ids))
        least = least_role(one)
        if least is not None and rank >= ROLES.index(least):
            assert answer.status_code in (200, 201, 412), answer.text  # 412: the request names a revision that is not the newest
            continue
        code = "not_controller" if least else "not_owner" if "{project_id}" in one.path else "not_found"
        assert (answer.status_code, answer.json()["code"]) == (404 if code == "not_found" else 403, code)
        assert await belongings.seen() == before


def least_role(one: Operation) -> str | None:
    """The least role in which a member may ask; a stream's routes ask whom its room lets in."""
    return ("controller" if one.name == "command_transport" else "listener") if "{stream_id}" in one.path else one.members


async def test_foreign_projects_are_not_listed(house: Desk, belongings: Belongings) -> None:
    """The list of projects holds one's own only."""
    thief = await house.guest()
    assert (await thief.call("GET", "/projects"))["projects"] == []
    assert (await belongings.owner.call("GET", "/projects"))["projects"][0]["name"] == "Mine"


async def test_foreign_project_cannot_be_played(house: Desk, belongings: Belongings) -> None:
    """No stream opens on another workspace's project."""
    thief = await house.guest()
    await thief.refused("POST", "/streams", 404, "not_found", json={"project_id": belongings.ids["project_id"]})


async def test_foreign_audio_cannot_be_played(house: Desk, belongings: Belongings) -> None:
    """Knowing the hash of another workspace's audio does not put it on a track."""
    stem = (await belongings.owner.call("GET", f"/projects/{belongings.ids['project_id']}"))["stems"][0]
    thief = await house.guest()
    project = await thief.project()
    clip = {"id": "c1", "asset": stem["asset"], "at": 0, "length": 10}
    body = {"edits": [{"path": "tracks/t1", "value": {"clips": [clip]}}]}
    await thief.refused("POST", f"/projects/{project}/edits", 422, "asset_missing", json=body)


async def test_foreign_revision_and_stream_cannot_be_bounced(house: Desk, belongings: Belongings) -> None:
    """A bounce in one's own project cannot name another project's revision or stream."""
    log = await house.log(belongings.owner, belongings.ids["project_id"], [{"start": 0}])
    thief = await house.guest()
    project = await thief.project()
    for plan in ({"revision": belongings.ids["revision_id"]}, {"stream": log, "from": 0, "to": 10}):
        await thief.refused("POST", f"/projects/{project}/bounces", 422, "invalid_parameter", json=plan)


@pytest.mark.parametrize("one", PRIVATE, ids=lambda one: one.name)
async def test_nobody_is_let_in_without_a_session(house: Desk, one: Operation) -> None:
    """Without a cookie, and with a made-up one, every private route answers 401."""
    for cookie in ({}, {"Cookie": "stemwire_session=made-up"}):
        sent = request(one, dict.fromkeys(IDS, "x"))
        answer = await house.browser(**cookie).request(**sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_session")


@pytest.mark.parametrize("one", UNSAFE, ids=lambda one: one.name)
async def test_other_sites_change_nothing(house: Desk, belongings: Belongings, one: Operation) -> None:
    """What a page of another site makes a browser send is refused on every route that changes something."""
    before = await belongings.seen()
    for header in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
    ):
        sent = request(one, belongings.ids)
        sent["headers"] |= header
        answer = await belongings.owner.http.request(**sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert await belongings.seen() == before


@pytest.mark.parametrize("one", [one for one in PRIVATE if one.method == "GET"], ids=lambda one: one.name)
async def test_answers_are_not_kept_for_others(belongings: Belongings, one: Operation) -> None:
    """Every private answer is marked private and tied to the cookie."""
    answer = await belongings.owner.http.request(**request(one, belongings.ids))
    assert answer.status_code == 200
    assert "private" in answer.headers["cache-control"]
    assert "cookie" in answer.headers["vary"].lower()
