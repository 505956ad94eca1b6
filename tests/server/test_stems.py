"""Stems over HTTP: real files through the real decoder, onto tracks, and their waveforms out again."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from helpers.desk import Desk, Guest, desk
from helpers.sounds import wav

from dsp.peaks import BIN_BYTES, FRAMES_PER_BIN, bins

RATE = 48_000


async def upload(guest: Guest, project: str, status: int = 201, **files: bytes) -> dict[str, object]:
    """Upload files, named by the keywords."""
    form = [("files", (f"{name.replace('_', ' ')}.wav", content)) for name, content in files.items()]
    answer: dict[str, object] = await guest.call("POST", f"/projects/{project}/stems", status, files=form)
    return answer


async def test_files_become_stems_on_tracks(house: Desk, guest: Guest) -> None:
    """Two files of different lengths: two stems, two tracks that play them from 0 on, one revision."""
    project = await guest.project()
    made = await upload(guest, project, Kick_in=wav(1.0), Snare=wav(0.5, 300.0), Broken=b"PK\x03\x04" + bytes(500))
    song = await guest.call("GET", f"/projects/{project}")
    assert [(stem["name"], stem["frames"]) for stem in song["stems"]] == [("Kick in.wav", RATE), ("Snare.wav", RATE // 2)]
    assert [(track["name"], track["lane"], track["colour"]) for track in song["mix"]["tracks"]] == [
        ("Kick in", 0, 0),
        ("Snare", 1, 1),
    ]
    clips = [track["clips"][0] for track in song["mix"]["tracks"]]
    assert [(clip["asset"], clip["at"], clip["length"]) for clip in clips] == [
        (s["asset"], 0, s["frames"]) for s in song["stems"]
    ]
    assert (made["stems"], made["tracks"]) == (song["stems"], song["mix"]["tracks"])
    assert made["failed"] == [{"name": "Broken.wav", "code": "unsupported_format", "detail": made["failed"][0]["detail"]}]  # type: ignore[index]
    assert song["revision"]["number"] == 2
    assert (await guest.call("GET", "/projects"))["projects"][0]["end_frames"] == RATE
    assert not list(house.context.blobs.scratch().parent.iterdir())


async def test_the_same_file_is_stored_once(house: Desk, guest: Guest) -> None:
    """The same bytes in two projects: two stems, one set of blobs."""
    sound = wav(0.2)
    for _ in range(2):
        await upload(guest, await guest.project(), Kick=sound)
    root = house.context.blobs.scratch().parents[1]
    assert len(list(root.glob("??/??/*"))) == 2 + len(FRAMES_PER_BIN)


async def test_if_all_fail_it_is_their_problem(guest: Guest) -> None:
    """An upload of which nothing can be read is refused, and the project is untouched."""
    project = await guest.project()
    form = {"files": ("list.m3u8", b"#EXTM3U\nfile:///etc/passwd\n")}
    problem = await guest.refused("POST", f"/projects/{project}/stems", 415, "unsupported_format", files=form)
    assert "passwd" not in str(problem)
    song = await guest.call("GET", f"/projects/{project}")
    assert (song["stems"], song["revision"]["number"]) == ([], 1)


async def test_a_full_project_takes_no_more(tmp_path: Path) -> None:
    """Of three files, two fit."""
    async with desk(tmp_path, stems_per_project=2) as house:
        guest = await house.guest()
        project = await guest.project()
        made = await upload(guest, project, A=wav(0.1), B=wav(0.1), C=wav(0.1))
        assert (len(made["stems"]), made["failed"][0]["code"]) == (2, "too_many")  # type: ignore[arg-type,index]


async def test_a_full_desk_keeps_no_stem(guest: Guest) -> None:
    """When no lane is free the upload is refused and leaves no stem."""
    project = await guest.project()
    edits = [{"path": f"tracks/t{number}", "value": {}} for number in range(64)]
    await guest.call("POST", f"/projects/{project}/edits", json={"edits": edits})
    form = {"files": ("a.wav", wav(0.1))}
    await guest.refused("POST", f"/projects/{project}/stems", 422, "invalid_parameter", files=form)
    assert (await guest.call("GET", f"/projects/{project}"))["stems"] == []


@pytest.mark.parametrize(("limit", "value"), [("workspace_bytes", 1), ("free_bytes", 1 << 50)])
async def test_without_room_nothing_is_taken(tmp_path: Path, limit: str, value: int) -> None:
    """A full workspace, and a full disk, refuse before a byte is decoded."""
    async with desk(tmp_path, **{limit: value}) as house:
        guest = await house.guest()
        project = await guest.project()
        await house.stem(guest, project)
        form = {"files": ("a.wav", wav(0.1))}
        await guest.refused("POST", f"/projects/{project}/stems", 507, "storage_full", files=form)
        await guest.refused("POST", f"/projects/{project}/bounces", 507, "storage_full", json={})


async def test_uploads_at_once_are_bounded(tmp_path: Path) -> None:
    """Of two uploads at once, where one may be, one is told to come again."""
    async with desk(tmp_path, uploads_at_once=1) as house:
        guest = await house.guest()
        project = await guest.project()
        sent = [guest.http.post(f"/api/v1/projects/{project}/stems", files={"files": ("a.wav", wav(0.2))}) for _ in range(2)]
        answers = await asyncio.gather(*sent)
        assert sorted(answer.status_code for answer in answers) == [201, 503]
        assert all(answer.headers["retry-after"] == "5" for answer in answers if answer.status_code == 503)


@pytest.mark.parametrize("level", [0, 1, 2])
async def test_the_waveform_shows_the_sound(guest: Guest, level: int) -> None:
    """Each level has a bin for so many frames; a loud half and a silent half are seen."""
    project = await guest.project()
    sound = np.concatenate((0.5 * np.ones(RATE, np.float32), np.zeros(RATE, np.float32)))
    stem = (await upload(guest, project, Half=wav(2.0, samples=sound)))["stems"][0]  # type: ignore[index]
    answer = await guest.http.get(f"/api/v1/projects/{project}/stems/{stem['id']}/peaks", params={"level": level})
    assert answer.headers["stemwire-frames-per-bin"] == str(FRAMES_PER_BIN[level])
    rows = np.frombuffer(answer.content, "<i2").reshape(-1, 6)
    assert len(rows) == bins(2 * RATE, level) == len(answer.content) // BIN_BYTES
    assert rows[0].tolist() == pytest.approx([16383, 16384, 16384] * 2, abs=2)
    assert not rows[-1].any()
    again = await guest.http.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("level", ["-1", "3", "x", "1.5"])
async def test_there_are_three_levels(house: Desk, guest: Guest, level: str) -> None:
    """Another level is refused."""
    project = await guest.project()
    stem = await house.stem(guest, project)
    await guest.refused("GET", f"/projects/{project}/stems/{stem.id}/peaks?level={level}", 422, "invalid_parameter")
