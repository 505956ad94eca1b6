"""Analyses in the job worker: carried out whatever is killed, and what cannot be found out is said."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from helpers.studio_files import WORKSPACE, Song, song_in
from helpers.working import LIMIT_S, running, until, up

from server.jobs import Jobs
from storage import bounces
from storage.rows import Analysis

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def song(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Song]:
    """A store with a song of two and a half minutes."""
    made = await song_in(tmp_path_factory.mktemp("song"), 60)
    yield made
    await made.database.aclose()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def jobs(song: Song) -> AsyncIterator[Jobs]:
    """A queue with its worker."""
    queue = Jobs(song.order)
    await queue.start()
    await up(queue)
    yield queue
    await queue.aclose()


async def test_an_analysis_is_carried_out(song: Song, jobs: Jobs) -> None:
    """A queued analysis is answered in its row, and leaves nothing behind."""
    row = await song.analysis("a-check", "check")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    done = await found(song, row.id)
    assert done.status == "done"
    assert json.loads(done.result or "")["figures"]["stems"][0]["stem"] == "s1"
    await until(lambda: not (song.folder / "bounces" / row.id).exists())


async def test_an_analysis_survives_its_child_and_worker(song: Song, jobs: Jobs) -> None:
    """Killed on its way, child or worker, it is carried out all the same."""
    row = await song.analysis("a-killed", "levels", scope="mix", target_lufs=-14.0)
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    for module in ("streaming.analyse", "server.job_worker"):
        await until(lambda: running("streaming.analyse"))
        [process] = running(module)
        process.kill()
        await until(lambda process=process: not process.is_running())
    done = await found(song, row.id)
    assert done.status == "done"
    assert json.loads(done.result or "")["suggestions"][0]["changes"][0]["path"] == "master/fader_db"


async def test_an_analysis_that_cannot_be_made_says_why(song: Song, jobs: Jobs) -> None:
    """A refusal of the child is the row's problem."""
    row = await song.analysis("a-refused", "match")
    await jobs.enqueue(WORKSPACE, row.id, row.attempt)
    failed = await found(song, row.id)
    assert (failed.status, failed.problem_code) == ("failed", "no_reference")


async def found(song: Song, analysis: str) -> Analysis:
    """The row of an analysis that is over."""
    async with asyncio.timeout(LIMIT_S):
        while (row := await song.analysed(analysis)).status in bounces.OPEN:
            await asyncio.sleep(0.02)
        return row
