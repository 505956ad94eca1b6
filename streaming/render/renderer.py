"""What live chunks and offline bounces share: state and tables in, audio out, one quantum of stream time after the other.

It knows no arena and no file. Pieces end on quanta of stream time wherever the render begins and stops, and the kernel's samples
do not depend on the cuts, so any way of chunking a stream gives the same bits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.cache import direct
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.render import render
from dsp.slot.columns import meter_columns


@dataclass(frozen=True, slots=True)
class Tables:
    """What a render reads (see ``dsp.tables``): its events, segments, clips, and where the sources lie in this process."""

    events: NDArray[np.void]
    segments: NDArray[np.void]
    clips: NDArray[np.void]
    sources: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Piece:
    """At most a quantum of audio, shape ``(frames, 2)``, whose first frame is stream frame ``start``.

    ``meters`` is the row of the quantum that it completes, or nothing. ``stop`` is the process frame at which the state stands
    now; ``ended`` says that the song and its tails are over there. The arrays are good until the next piece is asked for.
    """

    start: int
    stop: int
    audio: NDArray[np.float32]
    meters: NDArray[np.float32] | None
    ended: bool


Kernel = Callable[..., int]


def next_edge(frame: int) -> int:
    """The first process frame after ``frame`` at which a quantum of stream time is complete."""
    return ((frame - LATENCY) // QUANTUM + 1) * QUANTUM + LATENCY


class Renderer:
    """Renders mixes of one class of tracks in whatever state it is given."""

    def __init__(self, tracks: int, kernel: Kernel | None = None) -> None:
        self._tracks, self._kernel = tracks, kernel or direct(render)
        self._audio: NDArray[np.float32] = np.zeros((QUANTUM, 2), np.float32)
        self._meters: NDArray[np.float32] = np.zeros((1, meter_columns(tracks)), np.float32)

    def pieces(
        self, state64: NDArray[np.float64], state32: NDArray[np.float32], rings: NDArray[np.float32], frame: int, stop: int,
        ends_at: int, tables: Tables,
    ) -> Iterator[Piece]:  # fmt: skip
        """Render from process frame ``frame``, where the state stands, to ``stop`` (both tiles) or to the end of the song."""
        while frame < stop:
            edge = next_edge(frame)
            tiles = (min(edge, stop) - frame) // TILE
            done = self._kernel(
                state64, state32, rings, self._tracks, frame, tiles, ends_at,
                tables.events, tables.segments, tables.clips, tables.sources, self._audio, self._meters,
            )  # fmt: skip
            start, frame = frame - LATENCY, frame + done * TILE
            meters = self._meters[0] if frame == edge else None
            yield Piece(start, frame, self._audio[: done * TILE], meters, done < tiles)
            if done < tiles:
                return


def is_finite(values: NDArray[np.floating]) -> bool:
    """Whether no value is infinite or not a number."""
    return bool(np.isfinite(values).all())
