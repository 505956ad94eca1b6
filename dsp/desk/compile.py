"""From the document to the engine: the vector of parameters, what changes in it, and the clip table.

Mute, solo and groups are resolved here into the engine's ``audible``, ``heard`` and ``route`` (a muted group mutes its tracks, so
that their sends fall silent too), tempo and note value into frames. Lanes
without a track hold the rest values and are not audible.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dsp.desk.mix import Effect, Group, Mix, Track
from dsp.desk.params import (
    AUDIBLE,
    BUSES,
    CLASSES,
    DELAY_FRAMES,
    DOCUMENT_ONLY,
    EFFECT_KINDS,
    GROUP_AUDIBLE,
    HEARD,
    ROUTES,
    TRACK,
    Parameter,
    Scope,
    Value,
    bus_index,
    find,
    track_index,
)  # fmt: skip
from dsp.desk.units import OFF_DB, gain
from dsp.grid import RATE, TILE
from dsp.tables import CLIP

Change = tuple[int, float]
"""An index into the engine vector and the value to glide to."""
DEFAULT_BPM = 120.0
"""The tempo of a song that names none."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What is soloed: any track at all, and which groups."""

    anything: bool
    groups: frozenset[str]

    def hears(self, track: Track) -> bool:
        """Tell whether solos leave a track audible."""
        return not self.anything or track.solo or track.group in self.groups or track.params.get("solo_safe", False) is True


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
    alone = _alone(mix)
    same = {id(track) for track in other.tracks} if other and alone == _alone(other) and mix.groups == other.groups else set()
    groups = {group.id: group for group in mix.groups}
    for track in mix.tracks:
        if id(track) not in same:
            yield from _track_entries(track, tracks, alone, groups.get(track.group or ""))
    if other is None or mix.groups is not other.groups:
        for group in mix.groups:
            yield from _group_entries(group, tracks)
    if other is None or mix.effects != other.effects or mix.tempo_map != other.tempo_map:
        yield from _effect_entries(mix, tracks)
    if other is None or mix.master is not other.master:
        for name, value in mix.master.params.items():
            yield bus_index("master", name, tracks), _number("master", name, value)


def _track_entries(track: Track, tracks: int, alone: Alone, group: Group | None) -> Iterator[Change]:
    muted = track.mute or (group is not None and _is_muted(group))
    yield track_index(AUDIBLE.name, track.lane, tracks), float(alone.hears(track) and not muted)
    yield track_index(HEARD.name, track.lane, tracks), float(alone.hears(track))
    if group is not None:
        yield track_index(ROUTES[0].name, track.lane, tracks), 0.0
        yield track_index(ROUTES[1 + group.lane].name, track.lane, tracks), 1.0
    for name, value in track.params.items():
        if ("track", name) not in DOCUMENT_ONLY:
            yield track_index(name, track.lane, tracks), _number("track", name, value)


def _group_entries(group: Group, tracks: int) -> Iterator[Change]:
    yield bus_index("group", GROUP_AUDIBLE.name, tracks, group.lane), float(not _is_muted(group))
    if "fader_db" in group.params:
        yield bus_index("group", "fader_db", tracks, group.lane), float(group.params["fader_db"])


def _is_muted(group: Group) -> bool:
    return group.params.get("mute", False) is True


def _effect_entries(mix: Mix, tracks: int) -> Iterator[Change]:
    present = {effect.kind: effect for effect in mix.effects}
    for kind in EFFECT_KINDS:
        if kind not in present:
            yield bus_index(kind, "return_db", tracks), OFF_DB
            continue
        for name, value in present[kind].params.items():
            if (kind, name) not in DOCUMENT_ONLY:
                yield bus_index(kind, name, tracks), _number(kind, name, value)
    if "delay" in present:
        yield bus_index("delay", DELAY_FRAMES.name, tracks), echo_frames(mix, present["delay"])


def echo_frames(mix: Mix, delay: Effect) -> float:
    """Return the frames between two echoes: a note value at the song's first tempo, or a free time."""
    division, time_ms = (delay.params.get(name, row.rest) for name in ("division", "time_ms") if (row := find("delay", name)))
    if division == "free":
        return float(time_ms) * RATE / 1000
    bpm = mix.tempo_map[0].bpm if mix.tempo_map else DEFAULT_BPM
    return min(max(60.0 / bpm * RATE * beats(str(division)), DELAY_FRAMES.low), DELAY_FRAMES.high)


def beats(division: str) -> float:
    """Return the quarter notes of a note value such as ``1/8d`` (dotted) or ``1/16t`` (triplet)."""
    factor = {"d": 1.5, "t": 2.0 / 3.0}.get(division[-1], 1.0)
    return 4.0 * factor / float(division.rstrip("dt").partition("/")[2])


def _alone(mix: Mix) -> Alone:
    groups = frozenset(group.id for group in mix.groups if group.params.get("solo", False))
    return Alone(bool(groups) or any(track.solo for track in mix.tracks), groups)


def _number(scope: Scope, name: str, value: Value) -> float:
    row = find(scope, name)
    return float(value) if row is None else row.number(value)


@cache
def _rest(tracks: int) -> tuple[float, ...]:
    """Return the vector of an engine without tracks."""
    rest = [0.0 if row is AUDIBLE else row.default for row in TRACK for _ in range(tracks)]
    return (*rest, *(row.default for row in BUSES))


def _row(index: int, tracks: int) -> Parameter:
    past = index - len(TRACK) * tracks
    return TRACK[index // tracks] if past < 0 else BUSES[past]
