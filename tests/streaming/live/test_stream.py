"""Streams in simulated time, with listeners that check the protocol's guarantees."""

import pytest
from helpers.fake_listener import FakeListener
from helpers.mixes import ASSET, OTHER, clip, desk
from helpers.stream_world import World

from dsp.desk.params import reset_index
from dsp.grid import LATENCY, QUANTUM, RATE
from streaming.protocol.notices import Broken, Changed
from streaming.render.job import FAILED, Reply

SOURCES = {ASSET: 0, OTHER: 1}


def long_desk(seconds=60):
    """A desk whose clips last."""
    mix = desk()
    for n in range(2):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", length=seconds * RATE)])
    return mix


@pytest.fixture
def world():
    """A stream at rest."""
    return World(long_desk(), SOURCES)


@pytest.fixture
def listener(world):
    """Somebody who listens to it."""
    listener = FakeListener("ann")
    world.join(listener)
    return listener


def acked(world, ms):
    """Let time pass with an acknowledgement every half second."""
    for _ in range(ms // 500):
        world.run(500)
        for listener in world.listeners.values():
            world.ack(listener)
    world.run(ms % 500)


def assert_as_logged(world, listener):
    """What was sent and what was heard is what the log says."""
    logged = world.replayed()
    assert {frame: tile for frame, tile in listener.ring.items() if logged.get(frame) != tile} == {}
    assert {frame for frame, tile in listener.heard.items() if frame not in listener.late and logged.get(frame) != tile} == set()


def test_play(world, listener):
    """A started stream is heard at once, and as the log says."""
    world.play()
    acked(world, 3000)
    assert listener.playhead > 2.9 * RATE
    assert listener.underruns == 0
    assert_as_logged(world, listener)


def test_first_audio(world, listener):
    """The first chunk is two quanta, the next ones grow to ten."""
    world.play()
    world.run(20)
    sizes = [job.stop - LATENCY - max(job.start - LATENCY, 0) for _, job in world.jobs]
    assert sizes[:4] == [2 * QUANTUM, 4 * QUANTUM, 8 * QUANTUM, 10 * QUANTUM]


def test_lead(world, listener):
    """Nothing is rendered further ahead than the lead."""
    world.play()
    acked(world, 1500)
    assert listener.playhead + 1.9 * RATE < world.stream.feed.ready_to <= listener.playhead + 2.1 * RATE


def test_edit(world, listener):
    """An edit is spliced in a margin ahead of the playhead, and the past of the song stays as it was."""
    world.play()
    acked(world, 1000)
    before = listener.playhead
    world.edit("tracks/t0/fader_db", -6.0)
    acked(world, 1000)
    splice = world.splices()[-1]
    assert splice.reason == "edit"
    assert before < splice.starts_at < before + 0.05 * RATE
    assert world.heard()[0].splice_frame == splice.starts_at
    assert_as_logged(world, listener)
    assert not listener.late


def test_drag(world, listener):
    """A drag does not creep: no job renders more than 100 ms, and hardly more in all than six times what is heard."""
    world.play()
    acked(world, 1000)
    first = len(world.jobs) + 1  # one is of the rest before
    for n in range(120):
        world.edit("tracks/t0/fader_db", -n / 10)
        acked(world, 16)
    sizes = [job.stop - job.start for _, job in world.jobs[first:]]
    assert max(sizes) <= 5 * QUANTUM
    assert sum(sizes) <= 6 * 120 * 0.016 * RATE
    acked(world, 1000)
    assert listener.underruns == 0
    assert_as_logged(world, listener)


def test_reset_of_loudness(world, listener):
    """A reset is spliced like an edit that changes nothing: the meters of what is not heard yet are rendered again."""
    for act in (lambda: world.stream.play(world.now_us), world.stream.reset_loudness):
        world.do(act)
        acked(world, 500)
    rows = {row[:2] for _, job in world.jobs for row in job.events.tolist()}
    assert rows == {(world.splices()[-1].starts_at + LATENCY, reset_index(8))}


def test_seek(world, listener):
    """A seek goes on elsewhere with the same state."""
    world.play()
    acked(world, 1000)
    world.seek(20 * RATE)
    acked(world, 1000)
    last = listener.shown[-1]
    assert world.splices()[-1].reason == "seek"
    assert last.position == 20 * RATE
    assert last.starts_at == world.splices()[-1].starts_at + LATENCY
    assert_as_logged(world, listener)


def test_pause(world, listener):
    """A pause holds everybody at one frame, edits are spliced there, and play goes on from there."""
    world.play()
    acked(world, 1000)
    world.pause()
    acked(world, 500)
    frame = world.stream.transport.frame
    assert listener.playhead == frame
    world.edit("tracks/t0/fader_db", -6.0)
    acked(world, 500)
    world.edit("tracks/t0/fader_db", -9.0)
    world.seek(9 * RATE)
    acked(world, 500)
    assert [heard.splice_frame for heard in world.heard()] == [frame, frame]
    world.play()
    acked(world, 1000)
    assert frame + 0.9 * RATE < listener.playhead
    assert_as_logged(world, listener)
    assert listener.underruns == 0


def test_loop(world, listener):
    """Loop passes are rendered ahead, at exact frames."""
    world.loop((0, 30_001))
    world.play()
    acked(world, 2000)
    starts = [shown.starts_at for shown in listener.shown]
    assert starts[:4] == [0, 30_001, 60_002, 90_003]
    assert_as_logged(world, listener)


def test_loop_behind_the_cursor(world, listener):
    """A loop that ends before the cursor makes it jump to its start."""
    world.play()
    acked(world, 1000)
    world.loop((4_800, 9_600))
    acked(world, 1000)
    splice = world.splices()[-1]
    assert splice.reason == "loop"
    assert (splice.starts_at + LATENCY, 4_800) in [(shown.starts_at, shown.position) for shown in listener.shown]
    world.loop(None)
    acked(world, 1000)
    assert listener.shown[-1].loop is None
    assert_as_logged(world, listener)


def test_end(listener, world):
    """The stream has ended when the playhead gets to the end of the song and its tails; play starts again."""
    world.seek(58 * RATE)
    world.play()
    acked(world, 3000)
    changed = [notice for _, notice in world.notices if isinstance(notice, Changed)]
    assert changed[-1].state == "ended"
    assert 2 * RATE <= changed[-1].frame <= 2 * RATE + 4_800
    assert listener.end == changed[-1].frame
    world.play()
    acked(world, 1000)
    assert listener.shown[-1].position == 0
    assert listener.playhead > changed[-1].frame + 0.9 * RATE
    assert_as_logged(world, listener)


def test_seek_beyond_the_end(listener, world):
    """A seek while the last frames are on their way begins a run after them."""
    world.seek(59 * RATE)
    world.play()
    while (world.stream.transport.state == "playing" and listener.playhead is None) or listener.playhead < RATE + 4_800 - 480:
        acked(world, 1)
    world.seek(10 * RATE)
    acked(world, 1000)
    assert world.stream.transport.state == "playing"
    assert listener.shown[-1].position == 10 * RATE
    assert [entry.kind for entry in world.stream.log.entries] == ["start", "end", "start"]
    assert_as_logged(world, listener)


def test_stop(listener, world):
    """After a stop the next start has fresh state, and stream time goes on."""
    world.play()
    acked(world, 1000)
    world.stop()
    acked(world, 500)
    stopped = world.stream.transport.frame
    assert listener.playhead == stopped
    world.play()
    acked(world, 1000)
    assert world.splices()[-1].starts_at == stopped
    assert listener.playhead > stopped + 0.9 * RATE
    assert_as_logged(world, listener)
    assert listener.underruns == 0


def test_clips(world, listener):
    """Other clips are faded in where the song is."""
    world.play()
    acked(world, 1000)
    world.edit("tracks/t0/clips", [clip("c9", asset=OTHER, length=30 * RATE)])
    acked(world, 1000)
    job = next(job for _, job in world.jobs[::-1] if len(job.legs) == 2 and len(job.segments) > 1)
    assert [segment["fade"] for segment in job.segments] == [0, 256]
    assert set(job.clips["source"]) == {0, 1}
    assert_as_logged(world, listener)


def test_opus(world):
    """Packets are encoded only while somebody wants them; the first one to come gets a splice with a new encoder."""
    pcm, opus = FakeListener("ann"), FakeListener("bob", "opus")
    world.join(pcm)
    world.play()
    acked(world, 1000)
    assert not any(job.encode for _, job in world.jobs)
    world.join(opus)
    acked(world, 1000)
    assert opus.preroll is not None
    world.edit("tracks/t0/fader_db", -6.0)
    acked(world, 1000)
    assert opus.underruns == 0
    assert_as_logged(world, opus)
    world.leave("bob")
    first = len(world.jobs)
    acked(world, 500)
    assert not any(job.encode for _, job in world.jobs[first:])


def test_paused_streams_sleep(world, listener):
    """A paused stream whose lead is full wants nothing until somebody does something."""
    world.play()
    acked(world, 500)
    world.pause()
    acked(world, 1000)
    assert world.stream.wake_at(world.now_us) is None


def test_a_chunk_that_cannot_be_rendered(world, listener):
    """A stream whose chunk fails stops for good, and says so."""
    world.play()
    acked(world, 500)
    world.now_us += 200_000
    job = world.stream.next_job(world.now_us)
    world.stream.completed(job, Reply(job.number, FAILED, job.start, False, 0, 0, 0, 0), world.now_us)
    assert isinstance(world.stream.notices()[-1], Broken)
    world.stream.play(world.now_us)
    assert world.stream.next_job(world.now_us) is None
    assert world.stream.wake_at(world.now_us) is None


def test_coming_back(world, listener):
    """A listener that comes back goes on where it would be by now, and the stream did not start anew."""
    world.play()
    acked(world, 1000)
    again = FakeListener("ann")
    world.join(again)
    acked(world, 1000)
    assert again.playhead > 1.9 * RATE
    assert len([entry for entry in world.stream.log.entries if entry.kind == "start"]) == 1
    assert_as_logged(world, again)


def test_two_listeners(world, listener):
    """In a room both hear the same, and a splice waits for the one that is further."""
    bob = FakeListener("bob", delay_us=20_000)
    world.play()
    acked(world, 500)
    world.join(bob)
    acked(world, 500)
    world.edit("tracks/t0/fader_db", -6.0)
    acked(world, 500)
    assert world.splices()[-1] == world.splices()[-2]
    assert_as_logged(world, bob)
    assert_as_logged(world, listener)
