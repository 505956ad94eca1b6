"""The job worker as a process: bounces are made whatever is killed, bit for bit, and nothing is forgotten."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from zipfile import ZipFile

import psutil
import pytest
import pytest_asyncio
import soundfile
from helpers.studio_files import WORKSPACE, Song, song_in
from helpers.working import checkpoint, is_over, reached, running, until, up

from server.job_worker import Reaper
from server.jobs import Jobs, WorkerOrder
from storage import bounces
from streaming.bounce import carry_out
from streaming.formats import Delivery
from streaming.plan import Plan

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT_S = 300
CLIPS = 60
"""Two and a half minutes: long enough to be killed on the way."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def song(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Song]:
    """A store with a song."""
    made = await song_in(tmp_path_factory.mktemp("song"), CLIPS)
    yield made
    await made.database.aclose()


@pytest.fixture(scope="module")
def whole(song: Song) -> bytes:
    """The samples of the song's bounce, made without a queue, a worker or a kill."""
    work = song.folder / "reference"
    work.mkdir()
    asset = song.mix.tracks[0].clips[0].asset
    plan = Plan({asset: str(song.blobs.path(asset))}, str(work), str(work / "out"), Delivery(bits=32), song.mix.document())
    carry_out(plan, lambda _: None)
    return Path(plan.out).read_bytes()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def jobs(song: Song) -> AsyncIterator[Jobs]:
    """A queue with its worker."""
    queue = Jobs(song.order)
    await queue.start()
    await up(queue)
    yield queue
    await queue.aclose()


async def short(song: Song) -> str:
    """A revision with little in it."""
    mix = song.mix.set("tracks/t1/clips", [])
    return await song.revise(mix)


async def test_a_bounce_is_made(song: Song, jobs: Jobs, whole: bytes) -> None:
    """A queued bounce becomes a blob with the samples of its revision, and nothing is left of its work."""
    row = await song.bounce("b-plain")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    done = await reached(song, row.id, is_over)
    assert (done.status, done.progress, done.problem_code) == ("done", 1.0, None)
    assert song.blobs.path(done.blob or "").read_bytes() == whole
    assert done.size == len(whole)
    await until(lambda: not (song.folder / "bounces" / row.id).exists())


async def test_asking_twice_is_asking_once(song: Song, jobs: Jobs) -> None:
    """The same attempt is queued once, whoever asks again, and when."""
    row = await song.bounce("b-twice", await short(song), "flac", 16)
    for _ in range(3):
        await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    done = await reached(song, row.id, is_over)
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    assert done.status == "done"
    assert soundfile.info(song.blobs.path(done.blob or "")).subtype == "PCM_16"


async def test_killed_child_is_replaced(song: Song, jobs: Jobs, whole: bytes) -> None:
    """A child that is killed on its way is started again; the file is the one it would have been."""
    row = await song.bounce("b-child")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    await checkpoint(song, row.id)
    [child] = running("streaming.bounce")
    child.kill()
    done = await reached(song, row.id, is_over)
    assert done.status == "done"
    assert song.blobs.path(done.blob or "").read_bytes() == whole


async def test_killed_worker_is_replaced(song: Song, jobs: Jobs, whole: bytes) -> None:
    """A worker that is killed takes its child with it; the next one goes on, and the file is the one it would have been."""
    row = await song.bounce("b-worker")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    for _ in range(2):
        await until(lambda: running("streaming.bounce"))
        await checkpoint(song, row.id)
        [worker], [child] = running("server.job_worker"), running("streaming.bounce")
        worker.kill()
        await until(lambda child=child: not child.is_running())
    done = await reached(song, row.id, is_over)
    assert done.status == "done"
    assert song.blobs.path(done.blob or "").read_bytes() == whole


async def test_cancelled_bounce_stops_and_can_be_tried_again(song: Song, jobs: Jobs, whole: bytes) -> None:
    """Cancelling ends the child; a retry goes on from its last checkpoint."""
    row = await song.bounce("b-cancel")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    await checkpoint(song, row.id)
    async with song.database.write() as db:
        assert await bounces.cancel(db, WORKSPACE, row.id, 2)
    await jobs.cancel(WORKSPACE, row.id, row.attempt)
    await until(lambda: not running("streaming.bounce"))
    assert (await song.row(row.id)).status == "cancelled"
    async with song.database.write() as db:
        assert await bounces.requeue(db, WORKSPACE, row.id, 3)
    await jobs.enqueue(WORKSPACE, row.id, 2)
    done = await reached(song, row.id, is_over)
    assert song.blobs.path(done.blob or "").read_bytes() == whole


async def test_a_mastered_bounce_tells_its_levels(song: Song, jobs: Jobs) -> None:
    """A bounce to a loudness has it, and the row says what was measured."""
    wish = {"kbps": 192, "dither": "none", "tags": {"title": "One"}, "target": {"loudness_lufs": -18.0, "ceiling_dbtp": -1.0}}
    made = {"rate": 44_100, "wish": json.dumps({**wish, "returns": True, "buses": False})}
    row = await song.bounce("b-loud", await short(song), "mp3", 0, **made)
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    done = await reached(song, row.id, is_over)
    assert (done.status, done.problem_code) == ("done", None)
    result = json.loads(done.result or "")
    assert result["reached"] is (result["loudness_lufs"] is not None)
    info = soundfile.info(song.blobs.path(done.blob or ""))
    assert (info.format, info.samplerate, info.frames) == ("MP3", 44_100, result["frames"])


async def test_stems_are_made(song: Song, jobs: Jobs) -> None:
    """A bounce of kind stems becomes a ZIP whose names the row tells."""
    row = await song.bounce("b-stems", kind="stems")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    done = await reached(song, row.id, is_over)
    with ZipFile(song.blobs.path(done.blob or "")) as archive:
        assert archive.namelist() == json.loads(done.result or "")["files"] == ["01 One.wav", "02 Reverb return.wav"]


async def test_what_nobody_queued_is_found(song: Song, jobs: Jobs) -> None:
    """A row whose queueing got lost, as the server died in between, is rendered all the same."""
    row = await song.bounce("b-lost", await short(song))
    assert (await reached(song, row.id, is_over)).status == "done"
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)


async def test_failure_says_why(song: Song, jobs: Jobs) -> None:
    """A mix whose audio is gone fails with a code and a sentence."""
    gone = [{"id": "c0", "asset": "ab" * 32, "at": 0, "length": 48_000}]
    revision = await song.revise(song.mix.set("tracks/t1/clips", gone))
    row = await song.bounce("b-gone", revision)
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    failed = await reached(song, row.id, is_over)
    assert (failed.status, failed.problem_code) == ("failed", "audio_missing")


SERVER = """
import asyncio, json, os, sys
from server.jobs import Jobs, WorkerOrder

async def serve():
    jobs = Jobs(WorkerOrder(**{**json.loads(sys.argv[1]), "parent": os.getpid()}))
    await jobs.start()
    await asyncio.Event().wait()

asyncio.run(serve())
"""


async def test_killed_server_leaves_no_process_and_forgets_no_bounce(tmp_path: Path, whole: bytes) -> None:
    """With the server die its worker and the child; the next server's worker goes on to the same file."""
    song = await song_in(tmp_path, CLIPS)
    row = await song.bounce("b-server")
    server = await serving(song.order)
    await checkpoint(song, row.id)
    family = psutil.Process(server.pid).children(recursive=True)
    assert len(family) == 2
    server.kill()
    await server.wait()
    await until(lambda: not any(process.is_running() and process.status() != "zombie" for process in family))
    again = Jobs(song.order)
    await again.start()
    done = await reached(song, row.id, is_over)
    await again.aclose()
    await song.database.aclose()
    assert song.blobs.path(done.blob or "").read_bytes() == whole


async def serving(order: WorkerOrder) -> asyncio.subprocess.Process:
    """A process that keeps a job worker, as the server does."""
    return await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, json.dumps(asdict(order)))


class Told:
    """A queue that tells what it is told to, and notes what is put into it."""

    def __init__(self, status: str | None) -> None:
        self.answer = status
        self.queued: list[tuple[str, str, int]] = []

    def status(self, _bounce: str, _attempt: int) -> str | None:
        return self.answer

    def put(self, workspace: str, bounce: str, attempt: int) -> None:
        self.queued.append((workspace, bounce, attempt))


@pytest.mark.parametrize("status", ["MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR"])
async def test_what_the_engine_gave_up_fails(status: str, tmp_path: Path) -> None:
    """A bounce that was interrupted too often does not wait for ever: it fails and can be tried again."""
    song = await song_in(tmp_path, 1)
    (tmp_path / "bounces").mkdir()
    row = await song.bounce("b-given-up")
    reaper = Reaper(song.database, Told(status), tmp_path / "bounces")
    await reaper.reap()
    failed = await song.row(row.id)
    assert (failed.status, failed.problem_code) == ("failed", "interrupted")
    await song.database.aclose()


async def test_old_work_is_tidied_away(tmp_path: Path) -> None:
    """What is left of a bounce that is over goes after a while; what is waited for, or fresh, stays."""
    song = await song_in(tmp_path, 1)
    row = await song.bounce("b-waiting")
    for name in (row.id, "b-old", "b-fresh"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    for name in (row.id, "b-old"):
        os.utime(tmp_path / "bounces" / name, (1, 1))
    queue = Told(None)
    await Reaper(song.database, queue, tmp_path / "bounces").reap()
    assert sorted(os.listdir(tmp_path / "bounces")) == ["b-fresh", row.id]
    assert queue.queued == [(WORKSPACE, row.id, 1)]
    await song.database.aclose()
