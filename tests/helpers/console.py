"""A console for tests: stems in memory, a fresh slot, and the real kernel in calls of any length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dsp.desk.compile import rest_values
from dsp.desk.params import Scope, bus_index, track_index
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.render import render
from dsp.slot.columns import meter_columns
from dsp.slot.layout import StateLayout, fresh, new_rings
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE

Audio = NDArray[np.float32]
NEVER = 1 << 60


def index_of(path: str, tracks: int) -> int:
    """Place of ``<lane>/<name>``, ``group<number>/<name>``, ``reverb/``, ``delay/`` or ``master/<name>`` in the engine vector."""
    scope, name = path.split("/", 1)
    if scope.isdigit():
        return track_index(name, int(scope), tracks)
    if scope.startswith("group"):
        return bus_index("group", name, tracks, int(scope.removeprefix("group")))
    return bus_index(cast("Scope", scope), name, tracks)


def defaults(tracks: int) -> NDArray[np.float64]:
    """The catalogue's defaults, but for the limiter, which is off: most tests look at one stage only."""
    values = rest_values(tracks)
    values[[track_index("audible", lane, tracks) for lane in range(tracks)]] = 1.0
    values[bus_index("master", "limiter/on", tracks)] = 0.0
    return values


def events(rows: Iterable[tuple[int, str, float, int]], tracks: int = 8) -> NDArray[np.void]:
    """The event table of ``(process frame, path, value, glide in tiles)`` rows."""
    return np.array([(at, index_of(path, tracks), glide, value) for at, path, value, glide in sorted(rows)], EVENT)


def stereo(plane: NDArray[np.floating]) -> Audio:
    """The same signal left and right."""
    return np.stack([plane, plane], axis=1).astype(np.float32)


def noise(frames: int, seed: int = 0, level: float = 0.1) -> Audio:
    """White stereo noise."""
    return (level * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


@dataclass
class Console:
    """Stem ``k`` plays on lane ``k`` from position 0, unless ``clips`` says otherwise."""

    stems: Sequence[Audio]
    settings: Mapping[str, float] = field(default_factory=dict)
    tracks: int = 8
    clips: NDArray[np.void] | None = None
    segments: Sequence[tuple[int, int, int, int]] = ((0, 0, 0, 0),)
    events: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, EVENT))
    ends_at: int = NEVER
    frame: int = 0

    def __post_init__(self) -> None:
        """Lay out tables and a fresh slot."""
        layout, values = StateLayout(self.tracks), defaults(self.tracks)
        for path, value in self.settings.items():
            values[index_of(path, self.tracks)] = value
        self.state64, self.state32 = np.ones(layout.n64), np.ones(layout.n32, np.float32)
        fresh(self.tracks, self.state64, self.state32, values)
        self.rings = new_rings()
        self.rings[:] = 3.0
        self.sources = np.array([(stem.ctypes.data, len(stem)) for stem in self.stems], SOURCE)
        if self.clips is None:
            self.clips = np.array([(0, k, k, 0, 0, 1.0, 0, 0, len(stem)) for k, stem in enumerate(self.stems)], CLIP)
        self.meters = np.zeros((0, meter_columns(self.tracks)), np.float32)

    def render(self, frames: int) -> Audio:
        """Render one call of whole tiles; fewer frames come back where the song is over. Meter rows are collected."""
        tiles = frames // TILE
        out = np.full((frames, 2), np.nan, np.float32)
        meters = np.full((frames // QUANTUM + 1, self.meters.shape[1]), np.nan, np.float32)
        segments = np.array(list(self.segments), SEGMENT)
        tables = (self.events, segments, self.clips, self.sources)
        done = render(self.state64, self.state32, self.rings, self.tracks, self.frame, tiles, self.ends_at, *tables, out, meters)
        before, self.frame = self.frame, self.frame + done * TILE
        rows = (self.frame - LATENCY) // QUANTUM - (before - LATENCY) // QUANTUM
        self.meters = np.concatenate([self.meters, meters[:rows]])
        return out[: done * TILE]

    def play(self, frames: int) -> Audio:
        """Render ``frames`` of stream time from the start: the delay is taken off."""
        return self.render(-(-(frames + LATENCY) // TILE) * TILE)[LATENCY : LATENCY + frames]

    def render_in(self, pieces: Iterable[int]) -> Audio:
        """Render in several calls."""
        return np.concatenate([self.render(piece) for piece in pieces])
