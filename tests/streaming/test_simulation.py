"""Streams under random hands, networks and workers, in simulated time: the protocol's guarantees, bounds, and replay of the log."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM, RATE
from helpers.fake_listener import FakeListener
from helpers.mixes import ASSET, OTHER, clip, desk
from helpers.stream_world import World
from streaming.timeline import MIN_LOOP

SOURCES = {ASSET: 0, OTHER: 1}
SONG = 12 * RATE
SLOTS = 12
LEAD = 2 * RATE

positions = st.integers(0, SONG + RATE)
actions = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 700)),
    st.tuples(st.sampled_from(["play", "play", "pause", "stop"])),
    st.tuples(st.just("seek"), positions),
    st.tuples(st.just("loop"), positions, st.integers(MIN_LOOP, 2 * RATE)),
    st.tuples(st.just("unloop")),
    st.tuples(st.just("edit"), st.floats(-60.0, 0.0)),
    st.tuples(st.just("drag"), st.integers(1, 30)),
    st.tuples(st.just("clips"), st.sampled_from([ASSET, OTHER]), st.integers(0, RATE)),
    st.tuples(st.just("join"), st.sampled_from(["bob", "eve"]), st.sampled_from(["pcm-f32", "opus"])),
    st.tuples(st.just("leave"), st.sampled_from(["bob", "eve"])),
    st.tuples(st.just("block"), st.sampled_from(["ann", "bob", "eve"]), st.integers(1, 900)),
)


def song():
    mix = desk()
    for n in range(2):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", length=SONG)])
    return mix


class Hands:
    """Does what an action says."""

    def __init__(self, world, chance):
        self.world, self.chance = world, chance
        self.blocked = {}

    def wait(self, ms=1):
        world = self.world
        for _ in range(ms):
            world.run(1)
            for listener in world.listeners.values():
                if self.chance.random() < 0.003:
                    world.ack(listener)
            self.blocked = {name: left - 1 for name, left in self.blocked.items() if left > 1}
            if world.blocked - self.blocked.keys():
                world.blocked = set(self.blocked)
                world.pump()
            check(world)

    def drag(self, moves):
        for n in range(moves):
            self.world.edit("tracks/t1/pan", n / 100)
            self.wait(self.chance.choice((8, 16, 17, 33)))

    def loop(self, start, length):
        self.world.loop((start, start + length))

    def unloop(self):
        self.world.loop(None)

    def edit(self, value):
        self.world.edit("tracks/t0/fader_db", value)

    def clips(self, asset, at):
        self.world.edit("tracks/t0/clips", [clip(f"c{len(self.world.jobs)}", asset=asset, at=at, length=SONG)])

    def join(self, name, codec):
        self.world.join(FakeListener(name, codec, delay_us=self.chance.randrange(1_000, 30_000)))

    def leave(self, name):
        if name in self.world.listeners:
            self.world.leave(name)

    def block(self, name, ms):
        self.blocked[name] = ms
        self.world.blocked = set(self.blocked)

    def __getattr__(self, name):
        return getattr(self.world, name)


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
    world = World(
        song(),
        SOURCES,
        render_us=lambda: chance.randrange(500, slowest_us),
        is_eager=lambda: chance.random() < 0.5,
        slots=SLOTS,
    )
    hands = Hands(world, chance)
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
@given(script=st.lists(actions.filter(lambda a: a[0] not in ("block", "join")), min_size=3, max_size=25), seed=st.integers(0, 1 << 30))
def test_nobody_starves(script, seed):
    """With a quick worker a listener that reads is never without audio while it plays."""
    world = simulate([("play",), *script], random.Random(seed), 4_000)
    assert world.listeners["ann"].underruns == 0
    assert_as_logged(world)
