import asyncio
import os
import signal

import numpy as np
import pytest
import pytest_asyncio
from helpers.descriptors import children, grandchildren
from helpers.tape_player import close_tape, open_tape, render, stems
from helpers.waiting import until

from streaming.render.opus import locate
from streaming.render.pool import Pool

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAMES = 960 * 150
KILLS = 200


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Stems of three seconds."""
    return stems(tmp_path_factory.mktemp("stems"), 8, FRAMES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    """Two workers, and a zygote that stands by."""
    pool = Pool(2, opus=locate(), limit_s=20.0)
    await pool.start()
    yield pool
    await pool.aclose()


def kill(pids):
    """Kill these processes, those that are dead already excepted."""
    killed = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed += 1
    return killed


async def play_under_fire(pool, tape, chance, splices_only=False):
    """Play a tape while all workers are killed at random instants of its chunks."""
    loop = asyncio.get_running_loop()
    while job := tape.step():
        reply = asyncio.ensure_future(render(pool, job))
        if len(job.legs) > 1 if splices_only else chance.random() < 0.8:
            instant = loop.create_future()
            loop.call_later(chance.uniform(0.0, 0.004), instant.set_result, None)
            await instant
            kill(grandchildren(os.getpid()))
        tape.take(await reply)


async def calm(pool, paths, **options):
    """The packets of the same performance when nobody is killed."""
    tape = open_tape(pool, paths, FRAMES, encode=True, **options)
    while job := tape.step():
        tape.take(await render(pool, job))
    close_tape(pool, tape)
    return tape.packets


async def test_two_hundred_kills_change_no_sample(pool, paths):
    """Whenever workers are killed, samples and packets are those of a pool in which none was."""
    chance, seed = np.random.default_rng(4), 0
    while pool.counts.deaths < KILLS:
        seed += 1
        tape = open_tape(pool, paths, FRAMES, seed=seed, encode=seed % 3 == 1)
        await play_under_fire(pool, tape, chance)
        assert np.array_equal(tape.heard, tape.offline())
        assert not tape.encode or tape.packets == await calm(pool, paths, seed=seed)
        close_tape(pool, tape)
    assert pool.counts.failed == 0


async def test_kills_between_a_splice_and_its_first_chunk(pool, paths):
    """A splice is rendered as if nothing had happened, wherever in it its worker was killed."""
    chance, before, seed = np.random.default_rng(5), pool.counts.deaths, 77
    while pool.counts.deaths - before < 20:
        tape = open_tape(pool, paths, FRAMES, seed=seed, splices=0.6)
        await play_under_fire(pool, tape, chance, splices_only=True)
        assert np.array_equal(tape.heard, tape.offline())
        close_tape(pool, tape)
        seed += 1


async def test_a_killed_zygote_is_replaced_by_the_one_that_stands_by(pool, paths):
    """When the zygote dies, and its workers with it, the stream goes on with the same samples."""
    tape = open_tape(pool, paths, FRAMES, seed=78, encode=True)
    for _ in range(2):
        await until(lambda: len(children(os.getpid())) == 2 and len(grandchildren(os.getpid())) == 2)
        for _ in range(3):
            tape.take(await render(pool, tape.step()))
        job = tape.step()
        serving = [pid for pid in children(os.getpid()) if children(pid)]
        reply = asyncio.ensure_future(render(pool, job))
        await asyncio.sleep(0)
        assert kill(serving) == 1
        tape.take(await reply)
    assert np.array_equal(tape.heard, tape.offline())
    assert all(tape.packets.values())
    close_tape(pool, tape)
