"""What a person does at the desk of a listener: play, stop, seek, loops, drags, clips, undo; by chance, in gusts and pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from helpers.mixes import clip
from simulation.listener import Listener

from dsp.grid import RATE
from streaming.live.timeline import MIN_LOOP

WEIGHTS = {
    "rest": 20, "play": 10, "pause": 3, "stop": 2, "seek": 5, "loop": 3, "tiny_loop": 1, "unloop": 2, "turn": 10, "drag": 5,
    "clips": 2, "undo": 4, "redo": 2, "more": 1, "remove": 1, "switch": 1, "reset": 1, "storm": 1, "nonsense": 1, "cut": 1,
    "meters": 1,
}  # fmt: skip
"""How often what is done, against each other; each world takes some of them away."""

KNOBS = (
    ("fader_db", -60.0, 6.0),
    ("pan", -1.0, 1.0),
    ("trim_db", -20.0, 20.0),
    ("compressor/threshold_db", -60.0, 0.0),
    ("highpass/frequency_hz", 20.0, 400.0),
)


@dataclass
class Hands:
    """Two hands at one listener's desk."""

    listener: Listener
    chance: Random
    song: int
    """Frames of the song."""
    assets: tuple[str, ...]
    weights: dict[str, int]
    edits: int = 0
    tracks: int = 8

    async def work(self) -> None:
        """Do this and that until cancelled."""
        names, weights = list(self.weights), list(self.weights.values())
        await asyncio.sleep(self.chance.uniform(0.1, 1.0))
        while True:
            if self.listener.is_here:
                name = self.chance.choices(names, weights)[0]
                self.listener.book.figures[name] += 1
                done: Callable[[], Awaitable[None] | None] = getattr(self, name)
                waiting = done()
                if waiting is not None:
                    await waiting
            await asyncio.sleep(self.chance.expovariate(2.0))

    def say(self, kind: str, **fields: Any) -> None:
        """Say it to the server."""
        self.listener.book.note(self.listener.name, f"{kind} {fields}"[:160])
        self.listener.say(kind, **fields)

    def set(self, path: str, value: Any, gesture: str) -> None:
        """Turn a knob."""
        self.edits += 1
        self.listener.caused_us = self.listener.loop.now_us()
        playhead = self.listener.hearing.ring.playhead
        self.say("set", path=path, value=value, gesture=gesture, edit_id=self.edits, played_to=playhead)

    @property
    def track(self) -> str:
        """Some track."""
        tracks = self.listener.mix.tracks if self.listener.mix else ()
        return f"tracks/{self.chance.choice(tracks).id if tracks else 't0'}"

    @property
    def gesture(self) -> str:
        """A new one."""
        return f"{self.listener.name}.{self.edits}"

    # What hands do; a name is a row of WEIGHTS

    async def rest(self) -> None:
        """Listen."""
        await asyncio.sleep(self.chance.uniform(0.5, 6.0))

    def play(self) -> None:
        """Start, or go on."""
        self.say("play")

    def pause(self) -> None:
        """Hold."""
        self.say("pause")

    def stop(self) -> None:
        """Halt."""
        self.say("stop")

    def seek(self) -> None:
        """Go somewhere, sometimes near the end or beyond."""
        self.say(
            "seek", position=self.chance.choice((self.chance.randrange(self.song), max(0, self.song - RATE), self.song + RATE))
        )

    def loop(self) -> None:
        """Repeat a stretch."""
        start = self.chance.randrange(self.song)
        self.say("loop", start=start, end=start + self.chance.randrange(MIN_LOOP, 4 * RATE))

    def tiny_loop(self) -> None:
        """Repeat 50 ms."""
        start = self.chance.randrange(self.song)
        self.say("loop", start=start, end=start + MIN_LOOP)

    def unloop(self) -> None:
        """Go straight on."""
        self.say("loop", start=None, end=None)

    def turn(self) -> None:
        """Turn one knob, or flip a switch."""
        if self.chance.random() < 0.3:
            self.set(f"{self.track}/{self.chance.choice(('mute', 'solo'))}", self.chance.random() < 0.5, self.gesture)
        else:
            name, low, high = self.chance.choice(KNOBS)
            self.set(f"{self.track}/{name}", self.chance.uniform(low, high), self.gesture)

    async def drag(self) -> None:
        """Move a fader for a while, sixty times a second."""
        gesture, (name, low, high) = self.gesture, self.chance.choice(KNOBS)
        path = f"{self.track}/{name}"
        for _ in range(self.chance.randrange(5, 120)):
            self.set(path, self.chance.uniform(low, high), gesture)
            await asyncio.sleep(self.chance.choice((0.008, 0.016, 0.016, 0.017, 0.033)))

    async def storm(self) -> None:
        """Do everything at once."""
        for _ in range(self.chance.randrange(5, 30)):
            self.chance.choice((self.seek, self.loop, self.unloop, self.turn, self.clips, self.play, self.pause, self.undo))()
            if self.chance.random() < 0.5:
                await asyncio.sleep(self.chance.expovariate(60.0))

    def clips(self) -> None:
        """Move clips about."""
        made = [
            clip(f"c{self.edits}{n}", asset=self.chance.choice(self.assets), at=n * self.song // 2, length=self.song // 2)
            for n in range(self.chance.randrange(0, 3))
        ]
        self.set(f"{self.track}/clips", made, self.gesture)

    def undo(self) -> None:
        """Take back."""
        self.say("undo")

    def redo(self) -> None:
        """Do again."""
        self.say("redo")

    def add_track(self) -> None:
        """Bring a track in; beyond eight the stream grows."""
        name, asset = f"n{self.edits}{self.listener.name}", self.chance.choice(self.assets)
        self.set(f"tracks/{name}", {"name": name, "clips": [clip("c", asset=asset, length=self.song)]}, self.gesture)

    def more(self) -> None:
        """See :meth:`add_track`."""
        mix = self.listener.mix
        if mix is not None and len(mix.tracks) < self.tracks:
            self.add_track()

    def remove(self) -> None:
        """Take a track out."""
        mix = self.listener.mix
        if mix is not None and len(mix.tracks) > 1:
            self.set(self.track, None, self.gesture)

    def switch(self) -> None:
        """Put a stored revision on the desk; there may be none of that name."""
        self.say("mix", revision=f"r{self.chance.randrange(6)}")

    def reset(self) -> None:
        """Measure the loudness anew."""
        self.say("reset_loudness")

    def meters(self) -> None:
        """Ask for meters for a while, or for none."""
        self.say("subscribe", meters=self.chance.choice((0, 0, 1, 10)), scope=0)

    async def nonsense(self) -> None:
        """Say something that is not allowed: it is refused, and all goes on."""
        refused = (
            {"kind": "hello", "codecs": ["opus"], "buffer_frames": 96_000}, {"kind": "seek", "position": -1}, {"kind": "dance"},
            {"kind": "loop", "start": 5, "end": 6}, {"kind": "set", "path": "tracks/nobody/pan", "value": 0.0},
            {"kind": "set", "path": "master/fader_db", "value": "loud"}, {"kind": "mix", "revision": "never"},
        )  # fmt: skip
        listener = self.listener
        errors, peer = listener.errors, listener.peer
        self.say(**self.chance.choice(refused))
        await asyncio.sleep(10.0)
        if listener.is_here and peer is listener.peer and listener.errors == errors:
            listener.book.fail(listener.name, "was not told that what it said is not allowed")

    def cut(self) -> None:
        """Lose the line for a moment."""
        self.listener.cut()
