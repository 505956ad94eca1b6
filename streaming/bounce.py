"""The child process that renders a bounce: ``python -m streaming.bounce``, plan on standard input, progress by lines.

It goes through the same renderer, timeline and log as a live stream, only at idle priority, so its samples are the same bits. The
audio goes raw into a file of the work folder, addressed by stream time, with a checkpoint every ten seconds of it; killed at any
instant, it goes on from the last one. When all is rendered, the raw file becomes the WAV or FLAC that was asked for.
"""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

import dsp.render
from dsp.cache import kernel_stamp
from dsp.compile import tracks_class
from dsp.grid import LATENCY, RATE, ceil_tile
from dsp.layout import StateLayout, fresh, new_rings, new_state, ring_floats
from dsp.mix import Mix
from dsp.params import CLASSES
from streaming import checkpoint, logbook
from streaming.checkpoint import Checkpoint
from streaming.child import die_with_parent, run_idle
from streaming.export import write_flac, write_wav
from streaming.job import NEVER
from streaming.log import replay
from streaming.plan import BounceRefused, Plan, done_line, progress_line, refusal_line
from streaming.renderer import Piece, Renderer, Tables, is_finite
from streaming.source import FRAME_BYTES, Maps
from streaming.timeline import Timeline

CHUNK = 2 * RATE
"""Frames rendered between two looks at tables and progress."""

CHECKPOINT = 10 * RATE
_RENDERING = 0.95
"""The share of the work that rendering is; the rest is writing the file."""

Report = Callable[[float], None]

_State = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]
"""Both parts of the console's state, and the rings of its long lines (nobody goes back in a bounce)."""


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


class Bounce:
    """One bounce on its way; ``origin`` is the stream frame with which its file begins."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._work = Path(plan.work)
        self._raw, self._mark = self._work / "render.f32", self._work / "checkpoint"
        self._assets = sorted(plan.sources)
        self._maps = Maps()
        self._origin = plan.start
        self._tracks, self._takes = self._read_plan()
        self._layout = StateLayout(self._tracks)
        values = {name: value for name, value in asdict(plan).items() if name in ("mix", "log", "start", "stop", "sources")}
        self._key = checkpoint.key_of(json.dumps(values, sort_keys=True).encode(), kernel_stamp(dsp.render.__file__).encode())

    def _read_plan(self) -> tuple[int, list[Take]]:
        source_of = {asset: number for number, asset in enumerate(self._assets)}
        if self._plan.log is None:
            mix = Mix.parse(self._plan.mix)
            tracks = tracks_class(mix)
            return tracks, [Take(Timeline(mix, tracks, source_of, 0, 0), 0, 0, NEVER)]
        log = logbook.read(self._plan.log)
        if log.entries and self._plan.start < log.entries[0].frame:
            raise BounceRefused("log_shortened", "The beginning of what was heard is no longer kept; bounce from a later place.")
        tracks, takes = CLASSES[0], []
        for run in replay(log, source_of):
            tracks = run.timeline.tracks
            keep, stop = max(run.start, self._plan.start), min(run.stop, self._plan.stop)
            if keep < stop:
                takes.append(Take(run.timeline, run.start, keep, stop))
        return tracks, takes

    def render(self, report: Report) -> int:
        """Render what is not rendered yet into the raw file; returns the frames of the bounce."""
        last = self._resume()
        written = last.written if last else 0
        with self._raw.open("r+b" if last else "wb") as raw:
            raw.truncate(written * FRAME_BYTES)
            for number, take in enumerate(self._takes):
                if last is None or number >= last.take:
                    here = last if last and number == last.take else None
                    written = self._render(raw, number, take, here, written, report)
            os.fsync(raw.fileno())
        if not written:
            raise BounceRefused("nothing_to_bounce", "There is nothing to hear in what was asked for.")
        return written

    def _resume(self) -> Checkpoint | None:
        last = checkpoint.load(self._mark, self._key, (self._layout.n64, self._layout.n32, ring_floats(0)))
        is_there = last is not None and self._raw.exists() and self._raw.stat().st_size >= last.written * FRAME_BYTES
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
            report(_RENDERING * min(1.0, (before + frame - take.start) / total))
            if frame - since >= CHECKPOINT:
                raw.flush()
                os.fsync(raw.fileno())
                if not all(is_finite(part) for part in state):
                    raise BounceRefused("not_finite", "The console's state is not a number: this mix cannot be rendered.")
                checkpoint.save(self._mark, self._key, Checkpoint(number, frame, written, *state))
                since = frame
        return written

    def _state(self, take: Take, last: Checkpoint | None) -> tuple[_State, int]:
        if last:
            return (last.state64, last.state32, last.rings), last.frame
        state64, state32 = new_state(self._layout.tracks)
        fresh(self._tracks, state64, state32, take.timeline.values)
        return (state64, state32, new_rings()), take.start

    def _chunk(self, take: Take, state: _State, frame: int) -> Iterator[Piece]:
        stop = min(frame + CHUNK, take.renders_to)
        events, segments, clips = take.timeline.window(frame, stop)
        wanted = (int(source) for source in np.unique(clips["source"]))
        sources = self._maps.table([self._plan.sources[asset] for asset in self._assets], wanted)
        tables = Tables(events, segments, clips, sources)
        return Renderer(self._tracks).pieces(*state, frame, stop, take.timeline.ends_at(stop), tables)

    def _write(self, raw: BinaryIO, take: Take, piece: Piece) -> int:
        """Write what is wanted of a piece; returns the frames up to its end. What no run has rendered stays silent."""
        low, high = max(piece.start, take.keep), min(piece.start + len(piece.audio), take.stop)
        if low >= high:
            return 0
        raw.seek((low - self._origin) * FRAME_BYTES)
        raw.write(piece.audio[low - piece.start : high - piece.start].tobytes())
        return high - self._origin

    def export(self, frames: int, report: Report) -> None:
        """Make the file that was asked for."""
        write = write_flac if self._plan.format == "flac" else write_wav
        part = self._work / "out.part"
        with self._raw.open("rb") as raw:
            for done in write(raw, part, frames, self._plan.bits):
                report(_RENDERING + (1 - _RENDERING) * done / frames)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(self._plan.out)


def carry_out(plan: Plan, report: Report) -> int:
    """Render and write a bounce; returns its frames. Raises :class:`BounceRefused`."""
    try:
        bounce = Bounce(plan)
        frames = bounce.render(report)
        bounce.export(frames, report)
    except FileNotFoundError:
        raise BounceRefused("audio_missing", "Audio that the mix plays is no longer stored.") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise BounceRefused("disk_full", "The server's disk is full.") from None
    return frames


def main() -> None:
    """Read a plan, step back behind everybody else, render, answer."""
    plan, parent = Plan.from_json(sys.stdin.buffer.read())
    die_with_parent(parent)
    run_idle()
    try:
        last = done_line(carry_out(plan, lambda fraction: print(progress_line(fraction), flush=True)))
    except BounceRefused as refusal:
        last = refusal_line(refusal)
    print(last, flush=True)


if __name__ == "__main__":
    main()
