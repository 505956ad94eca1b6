"""Analyses over HTTP: asked for, followed, and their suggestions applied as edits that can be undone."""

from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Desk, Guest, desk
from helpers.one_room import OneRoom

from server import desks
from storage import analyses, mixes
from streaming.clock import MonotonicClock
from streaming.stage import Stage

CLIP = {"id": "c1", "at": 0, "length": 48_000}


async def song(house: Desk, guest: Guest) -> tuple[str, str, str]:
    """A project with a stem on a track: their ids, and the newest revision's."""
    project = await guest.project("Song")
    stem = await house.stem(guest, project)
    await guest.edit(project, "tracks/t1", {"name": "Kick", "clips": [{**CLIP, "asset": stem.asset}]})
    return project, stem.id, (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]


def suggesting(*changes: tuple[str, Any, Any], name: str = "one") -> dict[str, Any]:
    """Findings with one suggestion."""
    told = [{"path": path, "was": was, "value": value} for path, was, value in changes]
    return {"figures": {"x": 1}, "warnings": [], "suggestions": [{"id": name, "detail": "Do it.", "changes": told}]}


async def test_an_analysis_is_queued(house: Desk, guest: Guest) -> None:
    """All stems and the newest mix by default; it is found in the list."""
    project, stem, revision = await song(house, guest)
    answer = await guest.http.post(f"/api/v1/projects/{project}/analyses", json={"kind": "check"})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/analyses/{made['id']}")
    assert (made["kind"], made["status"], made["revision"], made["result"]) == ("check", "queued", revision, None)
    assert made["options"]["stems"] == [stem]
    assert await guest.call("GET", f"/analyses/{made['id']}") == made
    assert (await guest.call("GET", f"/projects/{project}/analyses"))["analyses"] == [made]


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"kind": "tempo"},
        {"kind": "match"},
        {"kind": "match", "reference": "nobody"},
        {"kind": "check", "stems": []},
        {"kind": "check", "stems": ["nobody"]},
        {"kind": "check", "revision": "none"},
        {"kind": "alignment", "stems": ["nobody"]},
        {"kind": "levels", "target_lufs": 3.0},
        {"kind": "levels", "scope": "bus"},
        {"kind": "trim", "threshold_db": 1.0},
        {"kind": "alignment", "reach_s": 0.0},
    ],
)
async def test_a_wrong_question_is_refused(house: Desk, guest: Guest, question: dict[str, Any]) -> None:
    """What cannot be answered is told before it is queued."""
    project, _, _ = await song(house, guest)
    await guest.refused("POST", f"/projects/{project}/analyses", 422, "invalid_parameter", json=question)
    assert (await guest.call("GET", f"/projects/{project}/analyses"))["analyses"] == []


async def test_a_project_without_stems_has_nothing_to_check(guest: Guest) -> None:
    """But the loudness of its mix can be asked for."""
    project = await guest.project()
    await guest.refused("POST", f"/projects/{project}/analyses", 422, "invalid_parameter", json={"kind": "check"})
    await guest.call("POST", f"/projects/{project}/analyses", 202, json={"kind": "levels", "scope": "mix"})


async def test_suggestions_become_edits(house: Desk, guest: Guest) -> None:
    """Applying answers the changed desk as a new revision."""
    project, _, revision = await song(house, guest)
    found = suggesting(("tracks/t1/trim_db", 0.0, 3.5), ("tracks/t1/polarity", False, True))
    row = await house.analysis(guest, project, revision, found)
    changed = await guest.call("POST", f"/analyses/{row.id}/apply", json={})
    assert changed["mix"]["tracks"][0]["params"] == {"trim_db": 3.5, "polarity": True}
    assert changed["revision"]["id"] != revision
    assert (await guest.call("GET", f"/projects/{project}"))["mix"] == changed["mix"]


async def test_only_what_is_chosen_is_applied(house: Desk, guest: Guest) -> None:
    """Suggestions are picked by their ids; an unknown one is refused and nothing is changed."""
    project, _, revision = await song(house, guest)
    found = suggesting(("tracks/t1/trim_db", 0.0, 3.5))
    found["suggestions"] += suggesting(("master/fader_db", 0.0, -3.0), name="two")["suggestions"]
    row = await house.analysis(guest, project, revision, found)
    await guest.refused("POST", f"/analyses/{row.id}/apply", 422, "invalid_parameter", json={"suggestions": ["three", "one"]})
    changed = await guest.call("POST", f"/analyses/{row.id}/apply", json={"suggestions": ["two"]})
    assert changed["mix"]["master"]["params"] == {"fader_db": -3.0}
    assert changed["mix"]["tracks"][0]["params"] == {}


async def test_what_has_changed_since_is_a_conflict(house: Desk, guest: Guest) -> None:
    """A suggestion counts on what it saw: once followed, edited or removed, it is refused and nothing is changed."""
    project, _, revision = await song(house, guest)
    found = suggesting(("master/fader_db", 0.0, -2.0), ("tracks/t1/trim_db", 0.0, 3.5))
    row = await house.analysis(guest, project, revision, found)
    await guest.edit(project, "tracks/t1/trim_db", 1.0)
    before = (await guest.call("GET", f"/projects/{project}"))["mix"]
    await guest.refused("POST", f"/analyses/{row.id}/apply", 409, "conflict", json={})
    await guest.edit(project, "tracks/t1", None)
    await guest.refused("POST", f"/analyses/{row.id}/apply", 409, "conflict", json={})
    await guest.edit(project, "tracks/t1", before["tracks"][0])
    assert (await guest.call("GET", f"/projects/{project}"))["mix"] == before


async def test_nothing_to_apply_is_a_conflict(house: Desk, guest: Guest) -> None:
    """An analysis that waits, or that suggests nothing, cannot be applied."""
    project, _, revision = await song(house, guest)
    waiting = await guest.call("POST", f"/projects/{project}/analyses", 202, json={"kind": "check"})
    await guest.refused("POST", f"/analyses/{waiting['id']}/apply", 409, "conflict", json={})
    row = await house.analysis(guest, project, revision)
    await guest.refused("POST", f"/analyses/{row.id}/apply", 409, "conflict", json={})


async def test_an_analysis_is_cancelled_tried_again_and_forgotten(house: Desk, guest: Guest) -> None:
    """Each only where it makes sense."""
    project, _, _ = await song(house, guest)
    made = (await guest.call("POST", f"/projects/{project}/analyses", 202, json={"kind": "check"}))["id"]
    await guest.refused("POST", f"/analyses/{made}/retry", 409, "conflict")
    assert (await guest.call("POST", f"/analyses/{made}/cancel"))["status"] == "cancelled"
    await guest.refused("POST", f"/analyses/{made}/cancel", 409, "conflict")
    assert (await guest.call("POST", f"/analyses/{made}/retry"))["status"] == "queued"
    async with house.context.database.write() as db:
        await analyses.fail(db, guest.workspace, made, "audio_missing", "A stem is missing.", 5)
    told = await guest.call("GET", f"/analyses/{made}")
    assert (told["status"], told["problem"]) == ("failed", {"code": "audio_missing", "detail": "A stem is missing."})
    await guest.call("DELETE", f"/analyses/{made}", 204)
    await guest.refused("GET", f"/analyses/{made}", 404, "not_found")


async def test_analyses_are_bounded(tmp_path: Path) -> None:
    """So many wait at once."""
    async with desk(tmp_path, analyses_queued=1) as house:
        guest = await house.guest()
        project, _, _ = await song(house, guest)
        await guest.call("POST", f"/projects/{project}/analyses", 202, json={"kind": "check"})
        await guest.refused("POST", f"/projects/{project}/analyses", 429, "too_many", json={"kind": "check"})


async def test_many_stems_are_aligned_to_a_reference(house: Desk, guest: Guest) -> None:
    """More than eight stems each with each would be too many pairs: one must be the reference."""
    question = {"kind": "alignment"}
    project = await guest.project()
    async with house.context.database.write() as db:
        await add_stems(db, guest.workspace, project, 9)
    await guest.refused("POST", f"/projects/{project}/analyses", 422, "invalid_parameter", json=question)
    made = await guest.call("POST", f"/projects/{project}/analyses", 202, json={**question, "reference": "s3"})
    assert (made["options"]["reference"], len(made["options"]["stems"])) == ("s3", 9)


async def add_stems(db: Any, workspace: str, project: str, count: int) -> None:
    """So many stems without audio."""
    from storage import stems
    from storage.rows import Stem

    for n in range(count):
        row = Stem(f"s{n}", project, f"{n:064x}", 8, None, 0, f"Stem {n}", 1, 2, 48_000, "pcm", None, None, 1, n)
        await stems.add(db, workspace, row, [], 64)


async def test_a_suggestion_is_one_step_of_undo(tmp_path: Path) -> None:
    """While a room is open, following passes through it as one gesture, however many places it changes."""
    room = OneRoom()
    async with desk(tmp_path, {"studio": room}) as house:
        guest = await house.guest()
        project = await guest.project()
        async with house.context.database.read() as db:
            head = await mixes.head(db, guest.workspace, project)
        clock, changed = MonotonicClock(), house.context.autosave.changed
        stage = room.stage = Stage(guest.workspace, project, desks.mix_of(head), head.id, clock, changed)
        found = suggesting(("master/match/on", False, True), ("master/match/gain/1", 0.0, 3.0), ("master/fader_db", 0.0, -2.0))
        row = await house.analysis(guest, project, head.id, found)
        answer = await guest.call("POST", f"/analyses/{row.id}/apply", json={})
        assert answer["mix"] == stage.room.mix.document()
        assert stage.room.mix.get("master/match/gain/1") == 3.0
        stage.undo(guest.workspace, None)
        assert stage.room.mix == desks.mix_of(head)
