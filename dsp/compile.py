"""From the document to the engine: the vector of parameters, what changes in it, and the clip table.

Mute and solo are resolved here into the engine's ``audible``. Lanes without a track hold the rest values and are not audible.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE, TILE
from dsp.mix import Mix
from dsp.params import (
    AUDIBLE,
    CLASSES,
    EFFECT,
    MASTER,
    TRACK,
    Parameter,
    effect_index,
    master_index,
    track_index,
)  # fmt: skip
from dsp.tables import CLIP
from dsp.units import OFF_DB, gain

Change = tuple[int, float]
"""An index into the engine vector and the value to glide to."""


def tracks_class(mix: Mix) -> int:
    """Return how many tracks an engine for this mix must hold: the smallest class with all its lanes."""
    lanes = 1 + max((track.lane for track in mix.tracks), default=0)
    return next(tracks for tracks in CLASSES if tracks >= lanes)


def engine_values(mix: Mix, tracks: int) -> NDArray[np.float64]:
    """Return the whole engine vector of a mix, in the catalogue's units; shape ``(engine_size(tracks),)``."""
    values = rest_values(tracks)
    for index, value in _entries(mix, tracks):
        values[index] = value
    return values


def rest_values(tracks: int) -> NDArray[np.float64]:
    """Return the engine vector of a desk without tracks."""
    return np.array(_rest(tracks))


def changes(before: Mix, after: Mix, tracks: int) -> list[Change]:
    """Return what differs between two engine vectors, by index.

    Tracks, effects and master that are the same object in both are not looked at: one edit costs microseconds.
    """
    if before is after:
        return []
    old, new = dict(_entries(before, tracks, after)), dict(_entries(after, tracks, before))
    rest = _rest(tracks)
    indices = sorted(old.keys() | new.keys())
    pairs = ((index, old.get(index, rest[index]), new.get(index, rest[index])) for index in indices)
    return [(index, value) for index, was, value in pairs if was != value]


def glide_tiles(index: int, tracks: int) -> int:
    """Return over how many tiles an engine parameter glides to a new value."""
    return -(-round(_row(index, tracks).glide_ms * RATE) // (1000 * TILE))


def clip_rows(mix: Mix, table: int, source_of: Mapping[str, int]) -> NDArray[np.void]:
    """Return the clips as rows of clip table ``table``, by lane and position; ``source_of`` numbers the assets."""
    return np.array(
        [
            (table, track.lane, source_of[c.asset], c.fade_in, c.fade_out, gain(c.gain_db), c.at, c.offset, c.length)
            for track in mix.tracks
            for c in sorted(track.clips, key=lambda clip: clip.at)
        ],
        CLIP,
    )


def _entries(mix: Mix, tracks: int, other: Mix | None = None) -> Iterator[Change]:
    """Yield the places of the vector that are not at rest, leaving out parts that ``other`` holds as the same object."""
    soloed = _soloed(mix)
    same = {id(track) for track in other.tracks} if other and soloed == _soloed(other) else set()
    for track in mix.tracks:
        if id(track) not in same:
            yield track_index(AUDIBLE.name, track.lane, tracks), float(not track.mute and (track.solo or not soloed))
            for name, value in track.params.items():
                yield track_index(name, track.lane, tracks), float(value)
    if other is None or mix.effects != other.effects:
        yield from _effect_entries(mix, tracks)
    if other is None or mix.master is not other.master:
        for name, value in mix.master.params.items():
            yield master_index(name, tracks), float(value)


def _effect_entries(mix: Mix, tracks: int) -> Iterator[Change]:
    if not mix.effects:
        yield effect_index("return_db", tracks), OFF_DB
    for effect in mix.effects:
        for name, value in effect.params.items():
            yield effect_index(name, tracks), float(value)


def _soloed(mix: Mix) -> bool:
    return any(track.solo for track in mix.tracks)


@cache
def _rest(tracks: int) -> tuple[float, ...]:
    """Return the vector of an engine without tracks."""
    rest = [0.0 if row is AUDIBLE else row.default for row in TRACK for _ in range(tracks)]
    return (*rest, *(row.default for row in (*EFFECT, *MASTER)))


def _row(index: int, tracks: int) -> Parameter:
    past = index - len(TRACK) * tracks
    return TRACK[index // tracks] if past < 0 else (*EFFECT, *MASTER)[past]
