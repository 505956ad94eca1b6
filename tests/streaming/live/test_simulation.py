"""Streams under random hands, networks and workers, in simulated time: guarantees, bounds, and the replay of the log."""

import random

from helpers.fake_listener import FakeListener
from helpers.hands import SONG, Hands, actions
from helpers.mixes import ASSET, OTHER, clip, desk
from helpers.stream_world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM, RATE

SOURCES = {ASSET: 0, OTHER: 1}
SLOTS = 12
LEAD = 2 * RATE

alone = actions.filter(lambda action: action[0] not in ("block", "join"))


def song():
    """Two tracks that sound from beginning to end."""
    mix = desk()
    for n in range(2):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", length=SONG)])
    return mix


def check(world):
    """Bounds that hold at any time."""
    stream, arena = world.stream, world.arena
    kept = stream._rendering._chunks.slots
    assert len(kept) <= SLOTS
    assert len({each.slot for each in kept}) == len(kept)
    assert all(arena.kept[each.slot].frame == each.frame for each in kept)
    flight = stream._rendering.flight
    if flight:
        assert not {leg.dst for leg in flight.job.legs} & {each.slot for each in kept}
    assert stream.feed.ready_to <= max(stream.listeners.playhead(world.now_us), stream._floor) + LEAD + 5 * QUANTUM


def assert_as_logged(world):
    """What each listener holds and heard is what the log says, but for what it played before a splice arrived."""
    logged = world.replayed()
    frames = [entry.frame for entry in world.stream.log.entries]
    assert frames == sorted(frames)
    for listener in world.listeners.values():
        final = {at: tile for at, tile in listener.ring.items() if listener.hold_at is None or at < listener.hold_at}
        assert {at for at, tile in final.items() if logged.get(at) != tile} == set(), listener.name
        heard = {at: tile for at, tile in listener.heard.items() if at not in listener.late}
        assert {at for at, tile in heard.items() if logged.get(at) != tile} == set(), listener.name


def simulate(script, chance, slowest_us):
    """Carry a script out, with jobs that take up to ``slowest_us``."""
    world = World(
        song(),
        SOURCES,
        render_us=lambda: chance.randrange(500, slowest_us),
        is_eager=lambda: chance.random() < 0.5,
        slots=SLOTS,
    )
    hands = Hands(world, chance, check)
    world.join(FakeListener("ann", delay_us=chance.randrange(1_000, 8_000)))
    hands.wait(5)
    for name, *values in script:
        getattr(hands, name)(*values)
        hands.wait(chance.randrange(1, 40))
    hands.wait(1_000)
    return world


@settings(max_examples=30, deadline=None, derandomize=True)
@given(script=st.lists(actions, min_size=3, max_size=25), seed=st.integers(0, 1 << 30))
def test_any_hands(script, seed):
    """Whatever people, network and workers do, what is heard is what the log says, within all bounds."""
    world = simulate([("play",), *script], random.Random(seed), 25_000)
    assert_as_logged(world)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(script=st.lists(alone, min_size=3, max_size=25), seed=st.integers(0, 1 << 30))
def test_nobody_starves(script, seed):
    """With a quick worker a listener that reads is never without audio while it plays."""
    world = simulate([("play",), *script], random.Random(seed), 4_000)
    assert world.listeners["ann"].underruns == 0
    assert_as_logged(world)
