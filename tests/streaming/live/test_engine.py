"""The engine of a stream, in a real pool: it grows, and neither listeners nor memory notice."""

import asyncio
import os
from functools import partial

import numpy as np
import pytest
import pytest_asyncio
from helpers.descriptors import children, grandchildren, memory_files, open_descriptors
from helpers.mixes import ASSET, clip, desk
from helpers.music import write_stem
from helpers.waiting import until

from dsp.desk.compile import rest_values
from dsp.desk.params import CLASSES
from dsp.grid import QUANTUM
from dsp.slot.columns import track_meter
from dsp.slot.layout import HEAD
from streaming.live.engine import CannotGrow, Engine
from streaming.live.stream import Stream
from streaming.render.job import DONE
from streaming.render.opus import locate
from streaming.render.pool import Pool

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOTS, RING = 12, 100 * QUANTUM
PAST = 40 * QUANTUM


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A stem."""
    return write_stem(tmp_path_factory.mktemp("stems"), 1, 2 * PAST)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    """A pool that knows the wider classes."""
    pool = Pool(1, opus=locate(), limit_s=20.0, standby=False, classes=CLASSES[1:])
    await pool.start()
    await until(lambda: len(pool.rest) == len(CLASSES) - 1)
    yield pool
    await pool.aclose()


class Played:
    """A stream that is rendered as fast as it can be, with one listener who takes it all in."""

    def __init__(self, pool, tracks, path, codec="pcm-f32"):
        self.engine = Engine(pool, tracks, SLOTS, RING, {ASSET: path})
        engine = self.engine
        self.stream = Stream(
            desk(4),
            arena=engine.number,
            generation=engine.arena,
            tracks=tracks,
            slots=SLOTS,
            ring_frames=RING,
            sources=engine.sources,
        )
        self.stream.join("ann", codec, 10 * RING, 0)
        self.stream.play(0)
        self.now_us = 0

    def submit(self):
        """Ask for the next chunk; answers the future of its reply."""
        job = self.stream.next_job(self.now_us)
        assert job
        reply = asyncio.get_running_loop().create_future()
        self.engine.render(job, 0, partial(self._take, job, reply))
        return reply

    def _take(self, job, reply, answer):
        self.stream.completed(job, answer, self.now_us)
        reply.set_result(answer)

    async def render(self, frames):
        """Until so much is ready."""
        while self.stream.feed.ready_to < frames:
            self.now_us += 40_000
            assert (await asyncio.wait_for(self.submit(), 30)).status == DONE

    def close(self):
        """Take it out of the pool."""
        self.engine.close()


async def test_the_pool_learns_what_rest_is(pool):
    """Soon after its start it knows the state of rest of every class that it was made for, with the laws applied."""
    assert sorted(pool.rest) == list(CLASSES[1:])
    for tracks, rest in pool.rest.items():
        values = rest_values(tracks)
        assert rest.tracks == tracks
        assert rest.state64[0] == 1.0
        assert not np.array_equal(rest.state64[HEAD : HEAD + len(values)], values)


@pytest.mark.parametrize("codec", ["pcm-f32", "opus"])
async def test_an_engine_grows_unheard(pool, path, codec):
    """A chunk in flight is forgotten; audio, packets and meters, past and to come, are those of one that was wide at first."""
    grown, wide = Played(pool, 8, path, codec), Played(pool, 16, path, codec)
    for played in (grown, wide):
        await played.render(PAST // 2)
    lost = grown.submit()
    grown.engine.widen(16, grown.stream)
    for played in (grown, wide):
        await played.render(PAST)
    assert not lost.done()
    ours, theirs = grown.engine.arena, wide.engine.arena
    assert np.abs(ours.frames(0, PAST)).max() > 0.01
    assert ours.pcm(0, PAST) == theirs.pcm(0, PAST)
    quanta = range(PAST // QUANTUM)
    assert [ours.meters(k).tobytes() for k in quanta] == [theirs.meters(k).tobytes() for k in quanta]
    assert ours.meters(quanta[-1])[track_meter("peak_l", 3, 16)] > 0.0
    assert [ours.packet(k) for k in quanta] == [theirs.packet(k) for k in quanta]
    assert (ours.packet(quanta[-1]) is None) == (codec == "pcm-f32")
    for played in (grown, wide):
        played.close()


async def test_sources_go_along(pool, path):
    """What was provided before and after is known to the workers."""
    played = Played(pool, 8, path)
    played.engine.provide(["cd" * 32], {"cd" * 32: path})
    played.engine.widen(32, played.stream)
    played.engine.provide(["ef" * 32, ASSET], {"ef" * 32: path})
    mix = desk(4)
    for n, asset in enumerate(("cd" * 32, "ef" * 32)):
        mix = mix.set(f"tracks/n{n}", {"lane": 30 + n, "clips": [clip("c", asset=asset)]})
    played.stream.apply(mix, [])
    await played.render(PAST)
    row = played.engine.arena.meters(PAST // QUANTUM - 1)
    assert all(row[track_meter("peak_l", lane, 32)] > 0.0 for lane in (0, 30, 31))
    played.close()


async def test_the_narrow_memory_is_freed(pool, path):
    """However often it grows, server and workers hold one arena, and none at the end."""
    before, played = open_descriptors(), Played(pool, 8, path)
    await played.render(QUANTUM)
    holders = [os.getpid(), *grandchildren(os.getpid())]
    one = [memory_files(pid) for pid in holders]
    assert all(one)
    assert len(one) > 1
    for tracks in CLASSES[1:]:
        played.submit()
        played.engine.widen(tracks, played.stream)
        await played.render(played.stream.feed.ready_to + QUANTUM)
        await until(lambda: [memory_files(pid) for pid in holders] == one)
    played.close()
    assert open_descriptors() <= before


async def test_a_class_that_the_pool_does_not_know(path):
    """An engine does not grow where rest is not known, and is as it was."""
    pool = Pool(1, standby=False)
    await pool.start()
    played = Played(pool, 8, path)
    with pytest.raises(CannotGrow):
        played.engine.widen(16, played.stream)
    assert played.engine.tracks == 8
    await played.render(QUANTUM)
    played.close()
    await pool.aclose()


async def test_closing_before_rest_is_known(path):
    """A pool that is closed at once leaves no memory behind."""
    descriptors, processes = open_descriptors(), children(os.getpid())
    pool = Pool(1, standby=False, classes=CLASSES)
    await pool.start()
    await pool.aclose()
    assert open_descriptors() <= descriptors
    assert children(os.getpid()) <= processes
