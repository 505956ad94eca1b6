"""What hands do to a stream, at random: hypothesis strategies for scripts, and the one who carries them out."""

from helpers.fake_listener import FakeListener
from helpers.mixes import ASSET, OTHER, clip
from hypothesis import strategies as st

from dsp.grid import RATE
from streaming.live.timeline import MIN_LOOP

SONG = 12 * RATE

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


class Hands:
    """Does what an action says."""

    def __init__(self, world, chance, inspect):
        self.world, self.chance, self.inspect = world, chance, inspect
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
            self.inspect(world)

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
