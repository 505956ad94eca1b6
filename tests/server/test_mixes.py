"""The mix over HTTP: edits, If-Match, revisions, and what writers at once come to."""

import asyncio
from typing import Any

import pytest
from helpers.desk import Guest


async def document(guest: Guest, project: str) -> tuple[str, dict[str, Any]]:
    """The newest revision's ETag and the mix."""
    answer = await guest.http.get(f"/api/v1/projects/{project}")
    return answer.headers["etag"], answer.json()["mix"]


async def test_an_edit_makes_a_revision(guest: Guest) -> None:
    """Edits are applied in order, all together, and answered with the mix."""
    project = await guest.project()
    edits = [{"path": "tracks/t1", "value": {"name": "Kick"}}, {"path": "tracks/t1/fader_db", "value": -6.0}]
    changed = await guest.call("POST", f"/projects/{project}/edits", json={"edits": edits, "gesture": "g1"})
    assert changed["mix"]["tracks"][0]["params"] == {"fader_db": -6.0}
    assert changed["revision"]["number"] == 2
    assert (await guest.call("GET", f"/projects/{project}"))["revision"] == changed["revision"]


async def test_edits_are_all_or_none(guest: Guest) -> None:
    """A wrong edit after a right one leaves the mix as it was, and the problem names the wrong one."""
    project = await guest.project()
    before = await document(guest, project)
    edits = [{"path": "master/fader_db", "value": -6.0}, {"path": "tracks/none/fader_db", "value": -6.0}]
    problem = await guest.refused("POST", f"/projects/{project}/edits", 422, "unknown_path", json={"edits": edits})
    assert problem["errors"][0]["path"] == "tracks/none/fader_db"
    assert await document(guest, project) == before


async def test_an_edit_that_changes_nothing_makes_no_revision(guest: Guest) -> None:
    """Setting a value to what it is keeps the revision."""
    project = await guest.project()
    changed = await guest.edit(project, "master/fader_db", 0.0)
    assert changed["revision"]["number"] == 1


async def test_if_match_guards_an_edit(guest: Guest) -> None:
    """With the newest ETag an edit goes through, with an older one it is refused and told the newest."""
    project = await guest.project()
    old, _ = await document(guest, project)
    await guest.edit(project, "master/fader_db", -1.0, 200, **{"If-Match": old})
    answer = await guest.http.post(
        f"/api/v1/projects/{project}/edits",
        json={"edits": [{"path": "master/fader_db", "value": -2.0}]},
        headers={"If-Match": old},
    )
    assert (answer.status_code, answer.json()["code"]) == (412, "stale_revision")
    new, mix = await document(guest, project)
    assert answer.headers["etag"] == new
    assert mix["master"]["params"] == {"fader_db": -1.0}


@pytest.mark.parametrize("condition", ["*", None])
async def test_any_revision_will_do(guest: Guest, condition: str | None) -> None:
    """Without a condition, and with ``*``, an edit is based on whatever is newest."""
    project = await guest.project()
    headers = {"If-Match": condition} if condition else {}
    await guest.edit(project, "master/fader_db", -1.0, 200, **headers)


async def test_a_whole_document_needs_its_base(guest: Guest) -> None:
    """A PUT without If-Match is refused, with it the document becomes the mix."""
    project = await guest.project()
    tag, mix = await document(guest, project)
    mix["master"]["params"] = {"fader_db": -3.0}
    await guest.refused("PUT", f"/projects/{project}/mix", 428, "precondition_required", json=mix)
    await guest.refused("PUT", f"/projects/{project}/mix", 412, "stale_revision", json=mix, headers={"If-Match": '"r0"'})
    changed = await guest.call("PUT", f"/projects/{project}/mix", json=mix, headers={"If-Match": tag})
    assert changed["mix"] == mix


async def test_of_writers_at_once_one_wins(guest: Guest) -> None:
    """Twelve edits based on the same revision: one is made, the others are refused, none is lost silently."""
    project = await guest.project()
    tag, _ = await document(guest, project)
    sent = [
        guest.http.post(
            f"/api/v1/projects/{project}/edits",
            json={"edits": [{"path": "master/fader_db", "value": -float(number)}]},
            headers={"If-Match": tag},
        )
        for number in range(1, 13)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert statuses == [200] + [412] * 11
    assert (await guest.call("GET", f"/projects/{project}"))["revision"]["number"] == 2


async def test_writers_without_a_condition_all_win(guest: Guest) -> None:
    """Twelve edits of different places at once: every one is in the mix."""
    project = await guest.project()
    await asyncio.gather(*(guest.edit(project, f"tracks/t{number}", {"name": str(number)}) for number in range(12)))
    _, mix = await document(guest, project)
    assert {track["id"] for track in mix["tracks"]} == {f"t{number}" for number in range(12)}


async def test_revisions_are_kept(guest: Guest) -> None:
    """The list has them newest first; a named one stays readable with its mix."""
    project = await guest.project()
    kept = await guest.call("POST", f"/projects/{project}/revisions", 201, json={"name": "Quiet"})
    await guest.edit(project, "master/fader_db", 3.0)
    rows = (await guest.call("GET", f"/projects/{project}/revisions"))["revisions"]
    assert [(row["number"], row["name"]) for row in rows] == [(3, None), (2, "Quiet"), (1, None)]
    assert [row["parent"] for row in rows] == [rows[1]["id"], rows[2]["id"], None]
    read = await guest.call("GET", f"/projects/{project}/revisions/{kept['id']}")
    assert read["mix"]["master"]["params"] == {}
    assert (await guest.call("GET", f"/projects/{project}/revisions?limit=1"))["revisions"] == rows[:1]


@pytest.mark.parametrize("query", ["limit=0", "limit=9999", "limit=x", "limit=1&limit=2", "depth=3"])
async def test_a_wrong_query_is_refused(guest: Guest, query: str) -> None:
    """Ranges are checked, and what is not known is not ignored."""
    project = await guest.project()
    await guest.refused("GET", f"/projects/{project}/revisions?{query}", 422, "invalid_parameter")
