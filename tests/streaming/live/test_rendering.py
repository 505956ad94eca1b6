import pytest
from helpers.fake_listener import FakeListener
from helpers.mixes import ASSET, clip, desk
from helpers.stream_world import World

from dsp.grid import LATENCY, QUANTUM, RATE
from streaming.live.feed import Feed
from streaming.live.lead import Lead, Limits
from streaming.live.rendering import Rendering
from streaming.live.slots import FEWEST
from streaming.render.job import ABANDONED, DONE, FAILED, Reply

MARGIN = 1_920


class Word:
    """A generation word."""

    generation = 0

    def bump_generation(self):
        """Move on."""
        self.generation += 1
        return self.generation


@pytest.fixture
def rendering():
    """A run that has just begun."""
    rendering = Rendering(Feed(5 * RATE), Lead(Limits()), arena=1, generation=Word(), tracks=8, slots=12, sources={ASSET: 0})
    rendering.begin(desk(), 0, 0, None, encode=False)
    return rendering


def issue(rendering, now_us=0):
    """The next job, with the playhead at the beginning."""
    return rendering.issue(now_us, 0, 0, MARGIN)


def reply(job, status=DONE, ended=False):
    """The answer to a job."""
    return Reply(job.number, status, job.stop, ended, 0, 0, 1, 1)


def test_one_chunk_in_flight(rendering):
    """There is no second job before the answer to the first."""
    job = issue(rendering)
    assert issue(rendering) is None
    assert rendering.completed(job, reply(job))
    assert issue(rendering).start == job.stop


def test_epoch_is_published_with_its_first_chunk(rendering):
    """An epoch is heard of when its first audio is there."""
    feed = rendering._feed
    job = issue(rendering)
    assert feed.epoch is None
    rendering.completed(job, reply(job))
    assert (feed.epoch.number, feed.epoch.starts_at, feed.ready_to) == (1, 0, 1_920)
    rendering.splice(960, "edit", encode=False, now_us=0)
    assert feed.ready_to == 960
    job = issue(rendering)
    rendering.completed(job, reply(job))
    assert (feed.epoch.number, feed.epoch.starts_at, feed.ready_to) == (2, 960, MARGIN + 1_920)


def test_abandoned(rendering):
    """A chunk that was given up is rendered again."""
    job = issue(rendering)
    rendering.abandon()
    rendering.abandon()
    assert rendering._generation.generation == 1
    assert rendering.completed(job, reply(job, ABANDONED))
    again = issue(rendering)
    assert (again.start, again.stop, again.generation) == (job.start, job.stop, 1)


def test_failed(rendering):
    """A chunk that cannot be rendered ends the stream."""
    job = issue(rendering)
    assert not rendering.completed(job, reply(job, FAILED))


def test_answer_to_a_run_that_is_over(rendering):
    """What comes of a run that was ended is of no use, and no harm."""
    job = issue(rendering)
    assert rendering.end(0) is None
    assert issue(rendering) is None
    assert rendering.completed(job, reply(job, FAILED))
    assert rendering._feed.epoch is None


def test_unknown_answer(rendering):
    """An answer that nobody waits for is ignored."""
    job = issue(rendering)
    rendering.completed(job, reply(job))
    assert rendering.completed(job, reply(job))


def test_end(rendering):
    """After the end of the song nothing more is rendered."""
    job = issue(rendering)
    rendering.completed(job, reply(job, ended=True))
    assert rendering._feed.end == job.stop - LATENCY
    assert rendering.due_us(0, 0, 0, MARGIN) is None


def test_widen(rendering):
    """A chunk in flight is void, and the same frames are rendered in the wider arena, from the slots that it takes over."""
    first = issue(rendering)
    rendering.completed(first, reply(first))
    lost, wide = issue(rendering), Word()
    assert rendering.widen(2, wide, 16) == (first.legs[0].dst,)
    assert rendering.timeline.tracks == 16
    assert rendering.completed(lost, reply(lost))
    job = issue(rendering)
    assert (job.arena, job.generation, job.src) == (2, wide.generation, first.legs[0].dst)
    assert (job.start, job.stop) == (lost.start, lost.stop)


def test_no_chunk_overwrites_the_long_lines_of_a_slot():
    """Where slots are few the last one before the playhead may lie far back: rendering waits until a later one will do."""
    limits, playhead, behind = Limits(), 0, []
    few = Rendering(Feed(5 * RATE), Lead(limits), arena=1, generation=Word(), tracks=8, slots=FEWEST, sources={ASSET: 0})
    few.begin(desk().set("tracks/t0/clips", [clip("c", length=99 * RATE)]), 0, 0, None, encode=False)
    for _ in range(2_000):
        if job := few.issue(10_000_000, playhead, playhead, MARGIN):
            kept = few._chunks.newest(playhead + LATENCY)
            behind.append(job.stop - (kept.frame if kept else 0))
            few.completed(job, reply(job))
        else:
            assert few.due_us(10_000_000, playhead, playhead, MARGIN) > 10_000_000, "it is known when to look again"
            playhead += QUANTUM
    assert limits.reach_frames - QUANTUM < max(behind) <= limits.reach_frames
    assert playhead > 10 * RATE


def test_a_long_drag_far_ahead_starves_nobody():
    """Splices a wide margin ahead may use up every slot before the playhead; what follows the last one is rendered in time."""
    limits = Limits(lead_frames=RATE // 2)
    mix = desk().set("tracks/t0/clips", [clip("c", length=60 * RATE)])
    world = World(mix, {ASSET: 0}, slots=limits.slots, ring_frames=limits.ring_frames, limits=limits)
    listener = FakeListener("ann")
    world.join(listener)
    world.play()
    world.run(500)
    margin = world.stream.listeners["ann"].margin
    for _ in range(64):
        margin.ready(margin.HIGHEST_US)
    for n in range(120):
        world.edit("tracks/t0/pan", n / 120)
        world.run(17)
        margin.ready(margin.HIGHEST_US)
    world.run(1_000)
    assert listener.underruns == 0


def test_a_splice_that_never_came_is_logged_as_missed():
    """Where a run ends before a splice could be rendered, the log says that its listeners heard on what was before."""
    slow = []
    mix = desk().set("tracks/t0/clips", [clip("c", length=60 * RATE)])
    world = World(mix, {ASSET: 0}, render_us=lambda: 10_000_000 if slow else 2_000)
    world.join(FakeListener("ann"))
    world.play()
    world.run(1_000)
    slow.append("the worker hangs")
    world.edit("tracks/t0/pan", 0.5)
    world.run(300)
    world.stop()
    edit, late, stop = world.stream.log.entries[-3:]
    assert (edit.kind, late.kind, late.author, stop.kind) == ("edit", "late", "ann", "stop")
    assert late.span == (edit.frame, stop.frame)
    assert edit.frame + RATE // 5 < stop.frame
