"""A mix of made-up stems, as the segments' child gets it."""

from pathlib import Path
from typing import Any

from helpers.music import music
from helpers.songs import Songs

from streaming.offline.plan import Plan
from streaming.render.opus import locate
from streaming.segments.score import Codec, Order, Score

RATE = 48_000


def score(folder: Path, seconds: float = 12.0) -> Score:
    """Two stems through a compressor, reverb and echoes of 1.9 s."""
    songs = Songs(folder)
    for seed in range(2):
        songs.add(music(seed, int(seconds * RATE)))
    mix = songs.mix.set("tracks/t0/compressor/on", True)
    for bus in (1, 2):
        mix = mix.set(f"tracks/t1/send/{bus}/level_db", -9.0)
    for name, value in (("division", "free"), ("time_ms", 1_900.0), ("feedback", 0.3)):
        mix = mix.set(f"effects/delay/{name}", value)
    return Score(mix.document(), {stem.asset: stem.path for stem in songs.stems})


def order(of: Score, shelf: Path, codec: Codec = "opus", first: int = 0, **more: Any) -> Order:
    """Have it rendered into a folder."""
    shelf.mkdir(exist_ok=True)
    return Order(of.mix, of.sources, of.key, codec, str(shelf), first, locate(), **more)


def plan(of: Score, folder: Path) -> Plan:
    """The same mix as a bounce."""
    folder.mkdir(exist_ok=True)
    return Plan(of.sources, str(folder), "", mix=dict(of.mix))
