"""A stand-in for the console's DSP: audio as a pure function of what a chunk is rendered from, thousands of times cheaper.

Every frame is one of a table of noise. Which one follows from the position that is read there and from a *chain*: a hash of all
events, segments and clips from the run's first frame on. So two renders agree at a frame only if they agree in all that came
before it (as with filters that never forget), at exactly these frames; and a whole run can be computed at once.
"""

import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dsp.desk.compile import rest_values
from dsp.desk.params import TRACK, reset_index
from dsp.grid import LATENCY, TILE

TAIL = 4_800
"""Frames that are heard after the song's last one."""

_LENGTH = 1 << 16
_MASK = (1 << 52) - 1
"""A chain fits into a float64 of a slot."""

Audio = NDArray[np.float32]


def _noise() -> Audio:
    noise = np.random.default_rng(1).uniform(-1.0, 1.0, (_LENGTH, 2)).astype(np.float32)
    return np.concatenate((noise, noise))


NOISE = _noise()


@dataclass(frozen=True, slots=True)
class Tables:
    """What a chunk is rendered from, for an engine of ``tracks`` tracks."""

    tracks: int
    events: NDArray[np.void]
    segments: NDArray[np.void]
    clips: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Audio of process frames on, the chain after them, and whether the song and its tail ended there."""

    audio: Audio
    chain: int
    ended: bool


def _fold(*numbers: float) -> int:
    return hash(numbers) & _MASK


def _code(index: int, tracks: int) -> int:
    """A number for an engine parameter that is the same in every class."""
    past = index - len(TRACK) * tracks
    return -1 - past if past >= 0 else (index // tracks) * 1_000 + index % tracks


def fresh(values: NDArray[np.float64], tracks: int) -> int:
    """The chain that a run begins with."""
    moved = np.flatnonzero(values != rest_values(tracks)).tolist()
    return _fold(*(number for index in moved for number in (_code(index, tracks), float(values[index]))))


def render(chain: int, start: int, stop: int, ends_at: int, tables: Tables) -> Rendered:
    """Render process frames ``start`` to ``stop``, or fewer where the song is over."""
    over = -(-(ends_at + TAIL + LATENCY) // TILE) * TILE
    ended = over < stop
    stop = max(start, min(stop, over))
    changes = _changes(tables, start, stop)
    rows = [(int(row["starts_at"]), int(row["position"])) for row in tables.segments]
    edges = sorted({start, stop, *changes, *(at for at, _ in rows if start < at < stop)})
    audio = np.zeros((stop - start, 2), np.float32)
    for begin, end in pairwise(edges):
        for change in changes.get(begin, ()):
            chain = _fold(chain, *change)
        at, position = next((row for row in reversed(rows) if row[0] <= begin), (begin, 0))
        _copy(audio[begin - start : end - start], chain * 7_919 + position + begin - at)
    return Rendered(audio, chain, ended)


def _copy(audio: Audio, first: int) -> None:
    for done in range(0, len(audio), _LENGTH):
        part = audio[done : done + _LENGTH]
        at = (first + done) % _LENGTH
        part[:] = NOISE[at : at + len(part)]


def _changes(tables: Tables, start: int, stop: int) -> dict[int, list[tuple[float, ...]]]:
    """What is folded into the chain, by the tile in which it comes."""
    found: dict[int, list[tuple[float, ...]]] = {}
    reset = reset_index(tables.tracks)
    for frame, index, glide, value in tables.events.tolist():
        if start <= frame < stop and index != reset:  # a meter's reset is not heard
            found.setdefault(frame, []).append((_code(index, tables.tracks), glide, value))
    for changes in found.values():
        changes.sort()
    for at, position, table, fade in tables.segments.tolist():
        if start <= at < stop:
            found.setdefault(at - at % TILE, []).append((at, position, fade, _clips(tables.clips, table, position)))
    return found


def _clips(clips: NDArray[np.void], table: int, position: int) -> int:
    """A hash of the clips of a table that sound at a position. Of a large table no more need travel with a job."""
    sounds = (clips["at"] < position + TILE) & (clips["at"] + clips["length"] > position)
    rows = clips[(clips["table"] == table) & sounds]
    rows["table"] = 0
    return zlib.crc32(rows.tobytes())
