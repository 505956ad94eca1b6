"""What a bounce renders: a mix or a log as runs of the console, into a raw file addressed by stream time.

It goes through the same renderer, timeline and log as a live stream, so its samples are the same bits. A checkpoint every ten
seconds of audio lets it go on after it was killed at any instant.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

import dsp.render
from dsp.cache import kernel_stamp
from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.desk.params import CLASSES
from dsp.grid import LATENCY, RATE, ceil_tile
from dsp.slot.layout import StateLayout, fresh, new_rings, new_state, ring_floats
from streaming.live import logbook
from streaming.live.log import replay
from streaming.live.timeline import Timeline
from streaming.offline import checkpoint
from streaming.offline.checkpoint import Checkpoint
from streaming.offline.errand import Refused, Report
from streaming.offline.plan import Plan
from streaming.render.job import NEVER
from streaming.render.renderer import Piece, Renderer, Tables, is_finite
from streaming.render.source import FRAME_BYTES, Maps

CHUNK = 2 * RATE
"""Frames rendered between two looks at tables and progress."""

CHECKPOINT = 10 * RATE

_State = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]
"""Both parts of the console's state, and the rings of its long lines (nobody goes back in a bounce)."""


class Voice(Protocol):
    """A part of a mix, or another way to hear it."""

    def apply(self, timeline: Timeline) -> None:
        """Let a timeline play nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Take:
    """One run from fresh state at stream frame ``start``, of which the frames ``keep`` to ``stop`` are wanted."""

    timeline: Timeline
    start: int
    keep: int
    stop: int

    @property
    def renders_to(self) -> int:
        """The process frame behind everything that is wanted."""
        return self.stop if self.stop == NEVER else ceil_tile(self.stop + LATENCY)

    @property
    def expected(self) -> int:
        """About how many frames it renders; a song's tails are not known ahead."""
        return (self.timeline.mix.end if self.stop == NEVER else self.stop - self.start) or 1


def takes_of(plan: Plan) -> tuple[int, list[Take]]:
    """The class of engine that a plan needs, and its takes; raises :class:`Refused`."""
    source_of = {asset: number for number, asset in enumerate(sorted(plan.sources))}
    if plan.log is None:
        mix = Mix.parse(plan.mix)
        tracks = tracks_class(mix)
        return tracks, [Take(Timeline(mix, tracks, source_of, 0, 0), 0, 0, NEVER)]
    log = logbook.read(plan.log)
    if log.entries and plan.start < log.entries[0].frame:
        raise Refused("log_shortened", "The beginning of what was heard is no longer kept; bounce from a later place.")
    tracks, takes = CLASSES[0], []
    for run in replay(log, source_of):
        tracks = run.timeline.tracks
        keep, stop = max(run.start, plan.start), min(run.stop, plan.stop)
        if keep < stop:
            takes.append(Take(run.timeline, run.start, keep, stop))
    return tracks, takes


class Recording:
    """One raw file on its way, ``<name>.f32`` in the plan's folder; its first frame is stream frame ``plan.start``.

    With a ``length`` it has as many frames, however early what a voice plays falls silent: there may be echoes to come.
    """

    def __init__(self, plan: Plan, name: str = "render", voice: Voice | None = None, length: int | None = None) -> None:
        self._plan, self._length = plan, length
        self.raw, self._mark = Path(plan.work) / f"{name}.f32", Path(plan.work) / f"{name}.mark"
        self._assets = sorted(plan.sources)
        self._maps = Maps()
        self._tracks, takes = takes_of(plan)
        until = NEVER if length is None else plan.start + length
        self._takes = [replace(take, stop=min(take.stop, until)) for take in takes]
        if voice is not None:
            for take in self._takes:
                voice.apply(take.timeline)
        self._layout = StateLayout(self._tracks)
        rendered = {key: plan.values()[key] for key in ("mix", "log", "start", "stop", "sources")}
        parts = (json.dumps(rendered, sort_keys=True), kernel_stamp(dsp.render.__file__), name)
        self._key = checkpoint.key_of(*(part.encode() for part in parts))

    def render(self, report: Report) -> int:
        """Render what is not rendered yet; returns the frames of the file, of which there may be none."""
        last = self._resume()
        written = last.written if last else 0
        with self.raw.open("r+b" if last else "wb") as raw:
            raw.truncate(written * FRAME_BYTES)
            for number, take in enumerate(self._takes):
                if last is None or number >= last.take:
                    here = last if last and number == last.take else None
                    written = self._render(raw, number, take, here, written, report)
            raw.flush()
            os.fsync(raw.fileno())
        return written

    def forget(self) -> None:
        """Remove the file: nobody needs it any more."""
        self.raw.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def _resume(self) -> Checkpoint | None:
        last = checkpoint.load(self._mark, self._key, (self._layout.n64, self._layout.n32, ring_floats(0)))
        is_there = last is not None and self.raw.exists() and self.raw.stat().st_size >= last.written * FRAME_BYTES
        return last if is_there else None

    def _render(self, raw: BinaryIO, number: int, take: Take, last: Checkpoint | None, written: int, report: Report) -> int:
        """One take, from its beginning or a checkpoint in it; returns how many frames the file has then."""
        state, frame = self._state(take, last)
        since = frame
        before = sum(done.expected for done in self._takes[:number])
        total = sum(known.expected for known in self._takes)
        ended = False
        while not ended and frame < take.renders_to:
            for piece in self._chunk(take, state, frame):
                written = max(written, self._write(raw, take, piece))
                frame, ended = piece.stop, piece.ended
            report(min(1.0, (before + frame - take.start) / total))
            if frame - since >= CHECKPOINT:
                raw.flush()
                os.fsync(raw.fileno())
                if not all(is_finite(part) for part in state):
                    raise Refused("not_finite", "The console's state is not a number: this mix cannot be rendered.")
                checkpoint.save(self._mark, self._key, Checkpoint(number, frame, written, *state))
                since = frame
        return written

    def _state(self, take: Take, last: Checkpoint | None) -> tuple[_State, int]:
        if last:
            return (last.state64, last.state32, last.rings), last.frame
        state64, state32 = new_state(self._tracks)
        fresh(self._tracks, state64, state32, take.timeline.values)
        return (state64, state32, new_rings()), take.start

    def _chunk(self, take: Take, state: _State, frame: int) -> Iterator[Piece]:
        stop = min(frame + CHUNK, take.renders_to)
        events, segments, clips = take.timeline.window(frame, stop)
        wanted = (int(source) for source in np.unique(clips["source"]))
        sources = self._maps.table([self._plan.sources[asset] for asset in self._assets], wanted)
        tables = Tables(events, segments, clips, sources)
        return Renderer(self._tracks).pieces(*state, frame, stop, self._ends_at(take, stop), tables)

    def _ends_at(self, take: Take, stop: int) -> int:
        return take.timeline.ends_at(stop) if self._length is None else NEVER

    def _write(self, raw: BinaryIO, take: Take, piece: Piece) -> int:
        """Write what is wanted of a piece; returns the frames up to its end. What no run has rendered stays silent."""
        low, high = max(piece.start, take.keep), min(piece.start + len(piece.audio), take.stop)
        if low >= high:
            return 0
        raw.seek((low - self._plan.start) * FRAME_BYTES)
        raw.write(piece.audio[low - piece.start : high - piece.start].tobytes())
        return high - self._plan.start
