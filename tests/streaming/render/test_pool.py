import asyncio
import dataclasses
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import pytest_asyncio
from helpers.descriptors import grandchildren, memory_files
from helpers.tape import whole_clips
from helpers.tape_player import close_tape, open_tape, play, render, stems
from helpers.waiting import kill, until

from streaming.render.job import ABANDONED, DONE, FAILED, MAX_JOB_BYTES
from streaming.render.opus import locate
from streaming.render.pool import DEATHS, Pool

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAMES = 960 * 100


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Stems of two seconds."""
    return stems(tmp_path_factory.mktemp("stems"), 4, FRAMES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    """A pool with two workers."""
    pool = Pool(2, opus=locate(), limit_s=20.0, standby=False)
    await pool.start()
    yield pool
    await pool.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def single():
    """A pool with one worker and a short time limit."""
    pool = Pool(1, limit_s=2.0, standby=False)
    await pool.start()
    yield pool
    await pool.aclose()


@pytest.fixture
def tape(pool, paths):
    """A stream of it, driven by hand."""
    tape = open_tape(pool, paths, FRAMES)
    yield tape
    close_tape(pool, tape)


@pytest.mark.parametrize("quanta", [1, 3, 10])
async def test_live_chunks_equal_one_offline_render(pool, paths, quanta):
    """Through sockets, processes and shared memory every sample is the offline one, with edits, jumps and any chunk size."""
    tape = open_tape(pool, paths, FRAMES, seed=10 + quanta, quanta=quanta, encode=True)
    await play(pool, tape)
    assert np.array_equal(tape.heard, tape.offline())
    close_tape(pool, tape)


async def test_the_earliest_deadline_comes_first(single, paths):
    """Of what waits for a worker, the chunk whose listener runs dry first is rendered first."""
    tapes = [open_tape(single, paths, FRAMES, quanta=10) for _ in range(4)]
    order = []
    await until(lambda: single.counts.busy == 0)
    for tape, deadline in zip(tapes, (0, 300, 100, 200), strict=True):
        single.submit(tape.step(), deadline, lambda _, deadline=deadline: order.append(deadline))
    await until(lambda: len(order) == 4)
    assert order[1:] == [100, 200, 300]
    for tape in tapes:
        close_tape(single, tape)


async def test_one_chunk_of_a_stream_is_in_flight(pool, tape):
    """A second one is the caller's mistake."""
    job = tape.step()
    first = asyncio.ensure_future(render(pool, job))
    await asyncio.sleep(0)
    with pytest.raises(ValueError, match="has a chunk in flight"):
        pool.submit(job, 0, print)
    assert (await first).status == DONE


async def test_a_chunk_that_is_not_wanted_any_more_is_not_rendered(pool, tape):
    """A chunk of an older generation comes back abandoned."""
    job = tape.step()
    tape.arena.bump_generation()
    assert (await render(pool, job)).status == ABANDONED


async def test_a_chunk_is_given_up_under_way(pool, paths):
    """A worker notices between two quanta that its chunk is not wanted, and the stream goes on at once."""
    for _ in range(50):
        tape = open_tape(pool, paths, FRAMES, quanta=190)
        reply = asyncio.ensure_future(render(pool, tape.step()))
        await until(lambda tape=tape: tape.arena.frames(960, 960).any())
        tape.arena.bump_generation()
        status = (await reply).status
        again = dataclasses.replace(tape.job, generation=tape.arena.generation)
        assert (await render(pool, again)).status == DONE
        close_tape(pool, tape)
        if status == ABANDONED:
            return
        assert status == DONE  # it was quicker than we were: once more
    pytest.fail("no chunk was given up")


async def test_sources_may_come_later(pool, paths):
    """A stem added to a playing stream is known to whichever worker renders next."""
    tape = open_tape(pool, paths[:1], FRAMES, splices=0.0)
    tape.take(await render(pool, tape.step()))
    numbers = [pool.add_source(tape.number, path) for path in paths[1:]]
    assert numbers == [1, 2, 3]
    job = dataclasses.replace(tape.step(), clips=whole_clips(paths, FRAMES))
    assert (await render(pool, job)).status == DONE
    close_tape(pool, tape)


async def test_tables_that_fit_no_message_fail_their_stream(pool, tape):
    """A mix with more clips than a job holds is refused, not half sent."""
    job = tape.step()
    too_many = np.resize(job.clips, MAX_JOB_BYTES // job.clips.itemsize + 1)
    assert (await render(pool, dataclasses.replace(job, clips=too_many))).status == FAILED
    assert (await render(pool, job)).status == DONE


async def test_closing_a_stream_drops_its_chunks(pool, paths):
    """No reply comes for a stream that is closed, and workers let go of its memory."""
    tape = open_tape(pool, paths, FRAMES)
    replies = []
    pool.submit(tape.step(), 0, replies.append)
    close_tape(pool, tape)
    other = open_tape(pool, paths, FRAMES)
    await play(pool, other)
    close_tape(pool, other)
    await until(lambda: not any(memory_files(pid) for pid in grandchildren(os.getpid())))
    assert not replies


async def test_a_dead_idle_worker_is_replaced(pool, tape):
    """Workers that die while they have nothing to do are not missed."""
    kill(grandchildren(os.getpid()))
    await play(pool, tape)
    assert np.array_equal(tape.heard, tape.offline())


async def test_echoes_survive_whoever_writes_them(pool, tmp_path):
    """Workers are killed in the middle of writing long lines that wrap again and again: what is heard is one unbroken render."""
    frames, rng = 8 * 48_000, np.random.default_rng(5)
    tape = open_tape(pool, stems(tmp_path, 2, frames), frames, ahead=25 * 960, seed=4, quanta=10)
    before = pool.counts.rendered_again
    while job := tape.step():
        reply = asyncio.ensure_future(render(pool, job))
        if rng.random() < 0.3:
            await until(lambda: tape.arena.begun)
            await asyncio.sleep(rng.uniform(0, 0.003))
            kill(grandchildren(os.getpid()))
        tape.take(await reply)
    assert pool.counts.rendered_again > before
    assert np.abs(tape.heard).max() > 0.05
    assert np.array_equal(tape.heard, tape.offline())
    close_tape(pool, tape)


async def test_a_hung_worker_is_killed_and_its_chunk_rendered_again(single, paths):
    """A worker that does not answer within the limit costs that time, and no sample."""
    tape = open_tape(single, paths, FRAMES, splices=0.0)
    tape.take(await render(single, tape.step()))
    before = single.counts
    workers = grandchildren(os.getpid())
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    tape.take(await render(single, tape.step()))
    after = single.counts
    await play(single, tape)
    for pid in workers & grandchildren(os.getpid()):
        os.kill(pid, signal.SIGCONT)
    assert after.overruns > before.overruns
    assert after.rendered_again > before.rendered_again
    assert np.array_equal(tape.heard, tape.offline())
    close_tape(single, tape)


async def test_a_chunk_that_workers_die_of_fails_only_its_stream(pool, paths, tape, tmp_path):
    """A stream whose chunk kills whoever renders it is stopped; the others go on."""
    gate = tmp_path / "gate.f32"
    os.mkfifo(gate)  # whoever opens it waits for a writer, and none will come: no chunk is done before its worker is killed
    deadly = open_tape(pool, [str(gate)], FRAMES)
    before = pool.counts.deaths
    reply = asyncio.ensure_future(render(pool, deadly.step()))
    while not reply.done():
        await asyncio.sleep(0.01)
        await until(lambda: reply.done() or (pool.counts.busy and deadly.arena.begun))
        kill(grandchildren(os.getpid()))
    assert (await reply).status == FAILED
    assert pool.counts.deaths - before >= DEATHS
    await play(pool, tape)
    assert np.array_equal(tape.heard, tape.offline())
    close_tape(pool, deadly)


async def test_memory_that_cannot_be_mapped_fails_only_its_stream(pool, single, paths, tape):
    """A stream whose memory is not what it should be is stopped; the workers live on."""
    await until(lambda: pool.workers + single.workers == len(grandchildren(os.getpid())) == 3)  # whoever was killed is replaced
    broken = open_tape(pool, paths, FRAMES)
    os.ftruncate(broken.arena.fd, 4096)
    before = pool.counts.deaths
    assert (await render(pool, broken.step())).status == FAILED
    assert (await render(pool, tape.step())).status == DONE
    assert pool.counts.deaths == before
    pool.close(broken.number)


async def test_closing_leaves_nothing(tmp_path):
    """After the pool is closed, in the middle of a chunk, no process and no descriptor of it is left."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "helpers.pool_alone", str(tmp_path)]
    options = {"capture_output": True, "text": True, "env": environment, "timeout": 120, "check": True}
    alone = await asyncio.to_thread(subprocess.run, command, **options)
    before, after = alone.stdout.splitlines()
    assert after == before
    assert "anon_inode" in before
