"""A stream goes on in another process, with the real worker, arena and kernel: the samples of one that never stopped."""

import json
import random

import pytest
from helpers.fake_listener import FakeListener
from helpers.hands import Hands
from helpers.mixes import ASSET, OTHER, clip, desk
from helpers.music import write_stem
from helpers.real_world import RealArena, RealWorld
from streaming.live.test_replay import bounced

from dsp.grid import QUANTUM, RATE
from streaming.live import logbook
from streaming.live.bookmark import Bookmark
from streaming.live.past import Standing, recall
from streaming.live.resumed import Resumed, standing_of

TRACKS, SLOTS, RING = 8, 24, 300 * QUANTUM
SOURCES = {ASSET: 0, OTHER: 1}
SONG = 30 * RATE
STAMP = bytes(32)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two stems."""
    folder = tmp_path_factory.mktemp("stems")
    return [write_stem(folder, seed, SONG) for seed in range(2)]


def world_of(paths, seed=1):
    """A world that rests; the reverb and the delay have work to do."""
    mix, chance = desk(), random.Random(seed)
    for n, asset in enumerate((ASSET, OTHER)):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", length=SONG, asset=asset)])
        mix = mix.set(f"tracks/t{n}/send/1/level_db", -12.0).set(f"tracks/t{n}/send/2/level_db", -6.0)
    arena = RealArena(TRACKS, SLOTS, RING, paths)
    return RealWorld(mix, SOURCES, lambda: chance.randrange(500, 6_000), lambda: False, SLOTS, RING, arena=arena)


def kept(world):
    """What is on disk of a stream: its log, standing and bookmark, as text and bytes."""
    stream, arena = world.stream, world.arena.arena
    standing = standing_of(stream, world.now_us)
    slot = stream.final_slot(standing.playhead)
    bookmark = None if slot is None else Bookmark.of(arena, arena.slots[slot]).pack(STAMP)
    return json.dumps(logbook.rows(stream.log)), json.dumps(standing.to_json()), bookmark


def die_and_go_on(world, paths, log, standing, bookmark, elapsed=RATE):
    """Another world in which the listeners have not come back yet; what they hold plays on for a second."""
    longest = len(world.arena.arena.rings)
    state = None if bookmark is None else Bookmark.unpack(bookmark, STAMP, longest)
    rows = json.loads(log)
    entries = logbook.take_up(rows, sum("document" not in row for row in rows), 50_000)
    past = recall(entries, Standing.from_json(json.loads(standing)), state, SOURCES, elapsed)
    after = world_of(paths, 2)
    after.now_us, after.mix = world.now_us + 5_000_000, past.timeline.mix if past.timeline else world.mix
    after.stream = Resumed(
        past, after.mix, arena=7, generation=after.arena, tracks=TRACKS, slots=SLOTS, ring_frames=RING, sources=SOURCES
    )
    if after.stream.slot is not None:
        state.put(after.arena.arena, after.stream.slot)
    after._written = after.stream.feed.written_to
    after._ahead = 1 << 40  # it renders up from a place that long lines behind it need no more
    return after


def come_back(world, after):
    """Its only listener connects again and says where it is."""
    ann = world.listeners["ann"]
    ann.play(RATE)
    after.listeners["ann"] = ann
    after.stream.join("ann", ann.codec, ann.buffer_frames, after.now_us, int(ann.playhead))
    after.pump()


def assert_heard(after, paths):
    """All that the listener heard, before and after, is what the log says now."""
    logged = bounced(after.stream.log.to_json(), paths, after.stream.feed.written_to, 10)
    ann = after.listeners["ann"]
    assert [at for at, tile in ann.heard.items() if at not in ann.late and logged.get(at) != tile] == []
    return ann


def playing(paths, seconds=2.0):
    """A world in which a drag was heard."""
    world = world_of(paths)
    hands = Hands(world, random.Random(4), inspect=lambda _: None)
    world.join(FakeListener("ann"))
    world.play()
    world.run(1_000)
    hands.drag(12)
    world.run(int(seconds * 1000))
    return world


@pytest.mark.parametrize("has_bookmark", [True, False])
def test_a_playing_stream_goes_on(paths, has_bookmark):
    """From a bookmark, or from the run's beginning where there is none: the listener hears one unbroken performance."""
    world = playing(paths)
    log, standing, bookmark = kept(world)
    world.run(700)
    after = die_and_go_on(world, paths, log, standing, bookmark if has_bookmark else None)
    come_back(world, after)
    after.run(1_500)
    Hands(after, random.Random(5), inspect=lambda _: None).drag(10)
    after.run(1_500)
    ann = assert_heard(after, paths)
    assert ann.playhead > 6 * RATE
    assert max(ann.heard) > ann.announced_at
    assert (world.arena.close(), after.arena.close()) == (None, None)


def test_what_was_pending_of_the_desk_is_heard(paths):
    """A desk that is newer than the log is spliced in where the stream goes on, and not before that is rendered."""
    world = playing(paths)
    after = die_and_go_on(world, paths, *kept(world))
    after.mix = after.mix.set("tracks/t0/fader_db", -20.0)
    after.stream.apply(after.mix, [], "revision")
    come_back(world, after)
    after.run(2_000)
    assert_heard(after, paths)
    (switch,) = [entry for entry in after.stream.log.entries if entry.kind == "switch"]
    assert switch.frame >= after.splices()[0].starts_at


def test_a_paused_stream_rests_where_it_was(paths):
    """It is resumed at the frame of its pause, wherever the listener says it is."""
    world = playing(paths)
    world.pause()
    world.run(300)
    frame = world.stream.transport.frame
    after = die_and_go_on(world, paths, *kept(world))
    come_back(world, after)
    assert (after.stream.transport.state, after.stream.transport.frame) == ("paused", frame)
    after.run(500)
    after.play()
    after.run(1_000)
    assert_heard(after, paths)


def test_a_stopped_stream_starts_after_what_it_has_played(paths):
    """Stream time goes on; the log has both runs."""
    world = playing(paths)
    world.stop()
    world.run(300)
    frame = world.stream.transport.frame
    after = die_and_go_on(world, paths, *kept(world))
    come_back(world, after)
    after.run(300)
    after.play()
    after.run(1_000)
    assert_heard(after, paths)
    starts = [entry.frame for entry in after.stream.log.entries if entry.kind == "start"]
    assert (len(starts), starts[1] >= frame) == (2, True)


def test_epochs_rise_and_old_acknowledgements_pass(paths):
    """A listener sees a higher epoch than ever before, and may acknowledge what the process that died had sent."""
    world = playing(paths)
    before = world.stream.feed.number
    after = die_and_go_on(world, paths, *kept(world))
    come_back(world, after)
    ann = world.listeners["ann"]
    after.stream.ack("ann", before, int(ann.playhead) + RATE, after.now_us)
    after.run(500)
    assert after.splices()[0].epoch > before
    assert after.splices()[0].reason == "resume"
