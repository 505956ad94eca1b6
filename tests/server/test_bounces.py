"""Bounces over HTTP: asked for, followed, cancelled, tried again, downloaded."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Desk, Guest, desk

from storage import bounces


class Recorder:
    """A job queue that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []

    async def enqueue(self, _workspace: str, bounce: str, attempt: int) -> None:
        """Note it."""
        self.told.append(("enqueue", bounce, attempt))

    async def cancel(self, _workspace: str, bounce: str, attempt: int) -> None:
        """Note it."""
        self.told.append(("cancel", bounce, attempt))


async def test_a_bounce_is_queued(tmp_path: Path) -> None:
    """The newest revision by default, 24 bits in a WAV; the job is told once its row is there."""
    jobs = Recorder()
    async with desk(tmp_path, {"jobs": jobs}) as house:
        guest = await house.guest()
        project = await guest.project("Song")
        head = (await guest.edit(project, "master/fader_db", -3.0))["revision"]["id"]
        answer = await guest.http.post(f"/api/v1/projects/{project}/bounces", json={})
        made = answer.json()
        assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/bounces/{made['id']}")
        assert (made["status"], made["progress"], made["revision"], made["stream"]) == ("queued", 0.0, head, None)
        assert (made["format"], made["rate"], made["bits"], made["name"]) == ("wav", 48_000, 24, "Song")
        assert (made["kind"], made["dither"], made["target"], made["result"]) == ("mix", "triangular", None, None)
        assert jobs.told == [("enqueue", made["id"], 1)]
        assert await guest.call("GET", f"/bounces/{made['id']}") == made
        del made["not_as_heard"]
        assert (await guest.call("GET", f"/projects/{project}/bounces"))["bounces"] == [made]


async def test_what_was_heard_is_queued(house: Desk, guest: Guest) -> None:
    """A stream's log from frame to frame."""
    project = await guest.project("Song")
    log = await house.log(guest, project, [{"start": 0}])
    plan = {"stream": log, "from": 960, "to": 96_000, "format": "flac", "bits": 16}
    made = await guest.call("POST", f"/projects/{project}/bounces", 202, json=plan)
    assert (made["stream"], made["from"], made["to"], made["revision"]) == (log, 960, 96_000, None)
    assert made["name"] == "Song (as heard)"


async def test_what_a_listener_did_not_hear_so_is_told(house: Desk, guest: Guest) -> None:
    """The answer names the frames in which a listener of the stream reported a splice late, as far as they are bounced."""
    project = await guest.project("Song")
    spans = {"l1": (100, 400), "l2": (900, 1_200), "l3": (95_000, 97_000), "l4": (96_000, 96_240)}
    rows = [{"kind": "late", "frame": 0, "author": listener, "span": span} for listener, span in spans.items()]
    log = await house.log(guest, project, [{"kind": "start", "frame": 0}, *rows])
    made = await guest.call("POST", f"/projects/{project}/bounces", 202, json={"stream": log, "from": 960, "to": 96_000})
    told = [{"listener": "l2", "from": 900, "to": 1_200}, {"listener": "l3", "from": 95_000, "to": 97_000}]
    assert made["not_as_heard"] == told
    assert (await guest.call("GET", f"/bounces/{made['id']}"))["not_as_heard"] == told
    whole = await guest.call("POST", f"/projects/{project}/bounces", 202, json={})
    assert whole["not_as_heard"] == []


@pytest.mark.parametrize(
    "plan",
    [
        {"format": "mp4"},
        {"format": "mp3", "bits": 16},
        {"format": "mp3", "rate": 96_000},
        {"format": "opus", "rate": 44_100},
        {"format": "mp3", "kbps": 500},
        {"format": "wav", "kbps": 320},
        {"rate": 22_050},
        {"dither": "loud"},
        {"loudness_lufs": -2.0},
        {"ceiling_dbtp": 1.0},
        {"kind": "stems", "loudness_lufs": -14.0},
        {"kind": "film"},
        {"tags": {"title": "a\nb"}},
        {"tags": {"track": "three"}},
        {"tags": {"cover": "x"}},
        {"bits": 20},
        {"format": "flac", "bits": 32},
        {"revision": "r1", "stream": "s1", "from": 0, "to": 1},
        {"stream": "s1"},
        {"stream": "s1", "from": 5},
        {"from": 0, "to": 5},
        {"stream": "s1", "from": 5, "to": 5},
        {"stream": "s1", "from": -1, "to": 5},
        {"stream": "s1", "from": 0, "to": 1 << 60},
        {"stream": "none", "from": 0, "to": 5},
        {"revision": "none"},
        {"revision": "../x"},
        {"bits": "24"},
    ],
)
async def test_a_wrong_plan_is_refused(guest: Guest, plan: dict[str, Any]) -> None:
    """What cannot be rendered is told before it is queued."""
    project = await guest.project()
    await guest.refused("POST", f"/projects/{project}/bounces", 422, "invalid_parameter", json=plan)
    assert (await guest.call("GET", f"/projects/{project}/bounces"))["bounces"] == []


async def test_all_wishes_are_kept(guest: Guest) -> None:
    """Format, rate, bit rate, tags, loudness and ceiling are told back; what is usual is filled in."""
    project = await guest.project("Song")
    wish = {"format": "mp3", "rate": 44_100, "tags": {"title": "Sång", "track": "3/10"}, "loudness_lufs": -14.0}
    made = await guest.call("POST", f"/projects/{project}/bounces", 202, json=wish)
    assert (made["format"], made["rate"], made["bits"], made["kbps"]) == ("mp3", 44_100, None, 320)
    assert made["tags"] == wish["tags"]
    assert made["target"] == {"loudness_lufs": -14.0, "ceiling_dbtp": -1.0}
    stems = {"kind": "stems", "format": "flac", "bits": 16, "dither": "shaped", "returns": False, "buses": True}
    made = await guest.call("POST", f"/projects/{project}/bounces", 202, json=stems)
    assert {name: made[name] for name in stems} == stems


async def test_impossible_wishes_are_told_in_a_sentence(guest: Guest) -> None:
    """Who asks for an MP3 of 96 kHz hears what there is."""
    project = await guest.project()
    plan = {"format": "mp3", "rate": 96_000}
    problem = await guest.refused("POST", f"/projects/{project}/bounces", 422, "invalid_parameter", json=plan)
    assert "MP3 is made at 44100 or 48000 Hz, not at 96000" in problem["detail"]


async def test_what_was_measured_is_told(house: Desk, guest: Guest) -> None:
    """A finished bounce has the loudness, range and true peak of its file."""
    made = (await guest.call("POST", f"/projects/{await guest.project()}/bounces", 202, json={}))["id"]
    result = {"frames": 9, "loudness_lufs": -14.02, "range_lu": 5.1, "true_peak_dbtp": -1.0, "gain_db": 3.0, "reached": True}
    async with house.context.database.write() as db:
        await bounces.start(db, guest.workspace, made, 4)
        await bounces.finish(db, guest.workspace, made, "c" * 64, 9, json.dumps({**result, "files": []}), 5)
    assert (await guest.call("GET", f"/bounces/{made}"))["result"] == {**result, "files": []}


async def test_stems_are_downloaded_as_a_zip(house: Desk, guest: Guest) -> None:
    """A ZIP has its own name and type."""
    project = await guest.project()
    revision = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
    row = await house.bounce(guest, project, revision, b"PK", kind="stems")
    answer = await guest.http.get(f"/api/v1/bounces/{row.id}/file")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith("%20%28stems%29.zip")


async def test_a_bounce_is_cancelled_and_tried_again(tmp_path: Path) -> None:
    """Cancelling tells the job; trying again is a new attempt; each only where it makes sense."""
    jobs = Recorder()
    async with desk(tmp_path, {"jobs": jobs}) as house:
        guest = await house.guest()
        made = (await guest.call("POST", f"/projects/{await guest.project()}/bounces", 202, json={}))["id"]
        await guest.refused("POST", f"/bounces/{made}/retry", 409, "conflict")
        assert (await guest.call("POST", f"/bounces/{made}/cancel"))["status"] == "cancelled"
        await guest.refused("POST", f"/bounces/{made}/cancel", 409, "conflict")
        assert (await guest.call("POST", f"/bounces/{made}/retry"))["status"] == "queued"
        assert jobs.told == [("enqueue", made, 1), ("cancel", made, 1), ("enqueue", made, 2)]
        await guest.call("DELETE", f"/bounces/{made}", 204)
        await guest.refused("GET", f"/bounces/{made}", 404, "not_found")


async def test_a_failure_is_told(house: Desk, guest: Guest) -> None:
    """A failed bounce says why, in words."""
    made = (await guest.call("POST", f"/projects/{await guest.project()}/bounces", 202, json={}))["id"]
    async with house.context.database.write() as db:
        await bounces.fail(db, guest.workspace, made, "render_failed", "A stem is missing.", 5)
    told = await guest.call("GET", f"/bounces/{made}")
    assert (told["status"], told["problem"]) == ("failed", {"code": "render_failed", "detail": "A stem is missing."})
    await guest.refused("GET", f"/bounces/{made}/file", 409, "conflict")


async def test_a_file_is_downloaded_by_ranges(house: Desk, guest: Guest) -> None:
    """The file comes as an attachment under the bounce's name, whole or in parts."""
    project = await guest.project()
    revision = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
    row = await house.bounce(guest, project, revision, b"RIFF" + bytes(1000))
    whole = await guest.http.get(f"/api/v1/bounces/{row.id}/file")
    assert (whole.status_code, whole.content) == (200, b"RIFF" + bytes(1000))
    assert whole.headers["content-type"] == "audio/wav"
    assert "filename*=UTF-8''S%C3%B6ng%20%221%22.wav" in whole.headers["content-disposition"]
    part = await guest.http.get(f"/api/v1/bounces/{row.id}/file", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, b"FF\x00\x00")
    await guest.refused("GET", f"/bounces/{row.id}/file", 416, "range_not_satisfiable", headers={"Range": "bytes=5000-"})


async def test_a_lost_file_is_not_found(house: Desk, guest: Guest) -> None:
    """A bounce whose blob is gone is a 404, not an error of ours."""
    project = await guest.project()
    revision = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
    row = await house.bounce(guest, project, revision)
    house.context.blobs.path(row.blob or "").unlink()
    await guest.refused("GET", f"/bounces/{row.id}/file", 404, "not_found")


async def test_bounces_are_bounded(tmp_path: Path) -> None:
    """So many wait at once."""
    async with desk(tmp_path, bounces_queued=1) as house:
        guest = await house.guest()
        project = await guest.project()
        await guest.call("POST", f"/projects/{project}/bounces", 202, json={})
        await guest.refused("POST", f"/projects/{project}/bounces", 429, "too_many", json={})
