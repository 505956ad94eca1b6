"""A stream's log against the stream itself, with the real worker, arena and kernel: the same samples, bit for bit."""

import random

import numpy as np
import pytest
from helpers.fake_listener import FakeListener
from helpers.hands import SONG as LONGEST
from helpers.hands import Hands, actions
from helpers.mixes import ASSET, OTHER, clip, desk
from helpers.music import write_stem
from helpers.real_world import RealArena, RealWorld
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import LATENCY, QUANTUM, RATE, TILE
from dsp.slot.layout import StateLayout, fresh, new_rings
from streaming.live.log import Log, replay
from streaming.render.renderer import Renderer, Tables
from streaming.render.source import Maps

TRACKS, SLOTS, RING = 8, 12, 300 * QUANTUM
SOURCES = {ASSET: 0, OTHER: 1}
SONG = 6 * RATE
CHUNKS = (1, 3, 10)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two stems."""
    folder = tmp_path_factory.mktemp("stems")
    return [write_stem(folder, seed, SONG) for seed in range(2)]


def bounced(log, paths, until, quanta):
    """What a bounce of the whole log holds, by tile, rendered in chunks of so many quanta."""
    maps, heard = Maps(), {}
    for run in replay(Log.from_json(log), SOURCES):
        tracks = run.timeline.tracks
        layout = StateLayout(tracks)
        state64, state32 = np.empty(layout.n64), np.empty(layout.n32, np.float32)
        fresh(tracks, state64, state32, run.timeline.values)
        rings = new_rings()
        frame, stop, ended = run.start, min(run.stop, until) + LATENCY, False
        while frame < stop and not ended:
            chunk = min(frame + quanta * QUANTUM, stop)
            tables = Tables(*run.timeline.window(frame, chunk), maps.table(paths))
            pieces = Renderer(tracks).pieces(state64, state32, rings, frame, chunk, run.timeline.ends_at(chunk), tables)
            for piece in pieces:
                for index in range(0, len(piece.audio), TILE):
                    if run.start <= piece.start + index < stop - LATENCY:
                        heard[piece.start + index] = piece.audio[index : index + TILE].tobytes()
                frame, ended = piece.stop, piece.ended
    return heard


def played(script, seed, paths):
    """A world in which a script was carried out."""
    chance = random.Random(seed)
    mix = desk()
    for n, asset in enumerate((ASSET, OTHER)):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", length=SONG, asset=asset)])
        mix = mix.set(f"tracks/t{n}/send/1/level_db", -12.0).set(f"tracks/t{n}/send/2/level_db", -12.0)
    arena = RealArena(TRACKS, SLOTS, RING, paths)
    world = RealWorld(mix, SOURCES, lambda: chance.randrange(500, 6_000), lambda: chance.random() < 0.5, SLOTS, RING, arena=arena)
    hands = Hands(world, chance, inspect=lambda _: None)
    world.join(FakeListener("ann"))
    for name, *values in [("play",), *script, ("wait", 500)]:
        getattr(hands, name)(*values)
        hands.wait(chance.randrange(1, 40))
    world.arena.close()
    return world


def assert_equal(world, paths, quanta):
    """Every tile that was heard in time is the log's."""
    logged = bounced(world.stream.log.to_json(), paths, world.stream.feed.written_to, quanta)
    listener = world.listeners["ann"]
    assert len(listener.heard) > 10
    differing = [at for at, tile in listener.heard.items() if at not in listener.late and logged.get(at) != tile]
    assert differing == []


@pytest.mark.parametrize("quanta", CHUNKS)
def test_a_played_song(paths, quanta):
    """Edits, jumps, a loop, a pause, other clips, bounced from the log in chunks of any size, are what was heard."""
    script = [
        ("wait", 300), ("edit", -6.0), ("wait", 200), ("seek", 3 * RATE + 17), ("drag", 12), ("loop", RATE, 30_011),
        ("wait", 700), ("pause",), ("wait", 50), ("edit", -2.0), ("wait", 50), ("play",), ("clips", OTHER, 999), ("unloop",),
        ("wait", 300), ("seek", LONGEST - 9_600), ("wait", 4_500), ("play",), ("wait", 300), ("stop",), ("wait", 50), ("play",),
    ]  # fmt: skip
    world = played(script, 1, paths)
    assert {entry.kind for entry in world.stream.log.entries} == {
        "start", "edit", "jump", "loop", "pause", "resume", "end", "stop",
    }  # fmt: skip
    assert_equal(world, paths, quanta)


@pytest.mark.parametrize("quanta", CHUNKS)
def test_a_growing_song(paths, quanta):
    """Tracks come while a stream plays, is dragged, loops, rests, until its engine is the widest: that is not heard."""
    clips = [clip("c", length=SONG, asset=OTHER)]
    script = [
        ("wait", 300), ("edit", -6.0), ("add", 7, clips), ("edit", -3.0), ("wait", 400), ("drag", 5),
        ("add", 8, clips), ("drag", 5), ("loop", RATE, 30_011), ("wait", 500), ("pause",), ("wait", 50), ("edit", -2.0),
        ("add", 20, clips), ("play",), ("unloop",), ("wait", 300), ("stop",), ("wait", 50), ("play",), ("wait", 300),
        ("seek", 77_777), ("wait", 300),
    ]  # fmt: skip
    world = played(script, 2, paths)
    assert world.arena.arena.tracks == 64
    assert world.listeners["ann"].underruns == 0
    assert_equal(world, paths, quanta)


steps = st.one_of(
    actions.filter(lambda action: action[0] not in ("join", "leave", "block")),
    st.tuples(st.just("add"), st.integers(1, 9), st.just([clip("c", length=SONG)])),
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(script=st.lists(steps, min_size=3, max_size=20), seed=st.integers(0, 1 << 30), quanta=st.sampled_from(CHUNKS))
def test_any_song(paths, script, seed, quanta):
    """Whatever was done to a stream, a bounce of its log has the samples that were heard."""
    assert_equal(played(script, seed, paths), paths, quanta)
