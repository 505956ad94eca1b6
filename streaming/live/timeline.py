"""One run of a stream as the kernels see it: which parameters change when, and which place of the song is read at which frame.

A run begins with fresh state and lasts until a stop or the song's end. Its timeline only grows: whoever commits an edit or a jump
at a frame gives no smaller frame later. It is built by the same calls live and from a log, so both render the same samples.
Frames given to the methods are *process* frames (``dsp.grid``); as a place of input they are also the stream frames heard.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dsp.desk.compile import changes, clip_rows, engine_values, glide_tiles, rest_values
from dsp.desk.mix import Mix
from dsp.desk.params import reset_index
from dsp.grid import JUMP_FADE
from dsp.slot.widen import Widening
from dsp.tables import CLIP, EVENT, SEGMENT
from streaming.render.job import NEVER

_Event = tuple[int, int, int, float]

Loop = tuple[int, int]
"""First position of a loop and the position at which it goes back there."""

SourceOf = Mapping[str, int]
"""The number of an asset among the arena's sources."""

FEW_CLIPS = 64
"""So many rows travel with a job as they are; of more only those that it can read."""

MIN_LOOP = 2_400
"""A loop is never shorter than 50 ms."""


@dataclass(frozen=True, slots=True)
class Segment:
    """From stream frame ``starts_at`` on the song is read from ``position`` on, out of clip table ``table``."""

    starts_at: int
    position: int
    table: int
    fade: int

    def at(self, frame: int) -> int:
        """The position that is read at a frame."""
        return self.position + frame - self.starts_at


@dataclass(frozen=True, slots=True)
class _Span:
    """From frame ``since`` on ``segment`` (which may have begun earlier) is read, and repeats at the end of ``loop``."""

    since: int
    segment: Segment
    loop: Loop | None

    @property
    def first_pass(self) -> int:
        """The frame at which it first goes back to the loop's start."""
        if self.loop is None or self.segment.at(self.since) >= self.loop[1]:
            return NEVER
        return self.segment.starts_at + self.loop[1] - self.segment.position


class Timeline:
    """Events, segments and clip tables of one run."""

    def __init__(self, mix: Mix, tracks: int, source_of: SourceOf, start: int, position: int, loop: Loop | None = None) -> None:
        self.start = start
        self.mix = mix
        self.tracks = tracks
        self.values: NDArray[np.float64] = engine_values(mix, tracks)
        self._source_of = source_of
        self._events: list[_Event] = []
        self._tables: dict[int, NDArray[np.void]] = {0: clip_rows(mix, 0, source_of)}
        self._ends: dict[int, int] = {0: mix.end}
        # A place inside the material is faded in from silence; the song's first frame is not.
        first = Segment(start, position, 0, JUMP_FADE if position else 0)
        self._spans = [_Span(start, first, loop)]

    @property
    def loop(self) -> Loop | None:
        """The loop that holds from the last commit on."""
        return self._spans[-1].loop

    def widen(self, tracks: int) -> None:
        """Be a timeline for an engine of this class, if it is the wider one: what is heard stays the same."""
        if tracks <= self.tracks:
            return
        widening = Widening(self.tracks, tracks)
        self.values = widening.values(self.values, rest_values(tracks))
        self._events = [(frame, widening.index(index), glide, value) for frame, index, glide, value in self._events]
        self.tracks = tracks

    def hold(self, held: Mapping[int, float]) -> None:
        """Let engine parameters (by index) stand at these values from the beginning on, whatever was edited until now."""
        for index, value in held.items():
            self.values[index] = value
        self._events = [event for event in self._events if event[1] not in held]

    def reaches(self, index: int, above: float) -> bool:
        """Whether an engine parameter ever stands above a value."""
        return self.values[index] > above or any(event[1] == index and event[3] > above for event in self._events)

    def edit(self, frame: int, mix: Mix) -> None:
        """From ``frame`` on the desk is ``mix``: parameters glide, other clips fade in."""
        fresh = {
            index: (frame, index, glide_tiles(index, self.tracks), float(value))
            for index, value in changes(self.mix, mix, self.tracks)
        }
        # Commits at one frame (edits while paused) leave one event for a parameter, else a glide would start twice.
        first = bisect_left(self._events, frame, key=_frame)
        self._events[first:] = [*(event for event in self._events[first:] if event[1] not in fresh), *fresh.values()]
        if _clips(mix) != _clips(self.mix):
            table = max(self._tables) + 1
            self._tables[table] = clip_rows(mix, table, self._source_of)
            self._ends[table] = mix.end
            self._add(frame, Segment(frame, self.position(frame), table, JUMP_FADE), self.loop)
        self.mix = mix

    def reset_loudness(self, frame: int) -> None:
        """From ``frame`` on the loudness is measured anew."""
        event = (frame, reset_index(self.tracks), 0, 0.0)
        if event not in self._events[bisect_left(self._events, frame, key=_frame) :]:
            self._events.append(event)

    def jump(self, frame: int, position: int) -> None:
        """From ``frame`` on the song goes on at ``position``."""
        self._add(frame, Segment(frame, position, max(self._tables), JUMP_FADE), self.loop)

    def set_loop(self, frame: int, loop: Loop | None) -> None:
        """From ``frame`` on passes repeat at the end of ``loop``; a cursor that is beyond its end jumps to its start."""
        if loop is not None and self.position(frame) >= loop[1]:
            self._add(frame, Segment(frame, loop[0], max(self._tables), JUMP_FADE), loop)
        else:
            self._add(frame, self._reading(frame)[0], loop)

    def position(self, frame: int) -> int:
        """The place of the song that is heard at a stream frame."""
        return self._reading(frame)[0].at(frame)

    def loop_at(self, frame: int) -> Loop | None:
        """The loop in force at a stream frame."""
        return self._reading(frame)[1].loop

    def ends_at(self, stop: int) -> int:
        """The frame at which the song's content is over, for a chunk that ends at ``stop``; NEVER while it loops.

        It does not lie before the last jump or loop, so a chunk that holds that one ends where two chunks would.
        """
        segment, span = self._reading(stop - 1)
        if span.first_pass != NEVER:
            return NEVER
        return max(span.since, segment.starts_at, segment.starts_at + self._ends[segment.table] - segment.position)

    def segments(self, start: int, stop: int) -> list[Segment]:
        """Segments and loop passes that begin before ``stop``, from the one that is read at ``start`` on."""
        found: list[Segment] = []
        for span, until in zip(self._spans, [span.since for span in self._spans[1:]] + [stop], strict=True):
            if until > start and (span.since < stop or not found):
                found.extend(self._rows(span, start, min(until, stop)))
        rows = [row for row, following in pairwise(found) if following.starts_at > max(start, row.starts_at)]
        return rows + found[-1:]

    def turns(self, start: int, stop: int) -> list[int]:
        """The frames after ``start`` and before ``stop`` at which a segment begins or the loop changes."""
        last = self._spans[-1]
        if last.since <= start and last.first_pass >= stop:
            return []
        turns = {segment.starts_at for segment in self.segments(start, stop)} | {span.since for span in self._spans}
        return sorted(frame for frame in turns if start < frame < stop)

    def window(self, start: int, stop: int) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.void]]:
        """Events, segments and clips that a render of process frames ``start`` to ``stop`` needs."""
        events = self._events[bisect_left(self._events, start, key=_frame) : bisect_left(self._events, stop, key=_frame)]
        # A fade that still runs at ``start`` needs what it fades from.
        segments = self.segments(start - JUMP_FADE, stop)
        rows = [(s.starts_at, s.position, s.table, s.fade) for s in segments]
        return np.array(events, EVENT), np.array(rows, SEGMENT), self._clips_of(segments, start, stop)

    def forget(self, frame: int) -> None:
        """Drop what no render from ``frame`` on needs (the log keeps it)."""
        del self._events[: bisect_left(self._events, frame, key=_frame)]
        reading = frame - JUMP_FADE
        while len(self._spans) > 1 and self._spans[1].since <= reading:
            del self._spans[0]
        needed = {span.segment.table for span in self._spans} | {max(self._tables)}
        self._tables = {table: rows for table, rows in self._tables.items() if table in needed}
        self._ends = {table: end for table, end in self._ends.items() if table in needed}

    def _add(self, frame: int, segment: Segment, loop: Loop | None) -> None:
        if self._spans[-1].since == frame and segment.starts_at == frame:
            segment = replace(segment, fade=max(segment.fade, self._faded_at(frame)))
        self._spans = [span for span in self._spans if span.since < frame]
        self._spans.append(_Span(frame, segment, loop))

    def _faded_at(self, frame: int) -> int:
        last = self._spans[-1].segment
        return last.fade if last.starts_at == frame else 0

    def _reading(self, frame: int) -> tuple[Segment, _Span]:
        span = next((span for span in reversed(self._spans) if span.since <= frame), self._spans[0])
        last = span.segment
        for last in self._rows(span, frame, frame + 1):  # noqa: B007 - the last one counts
            pass
        return last, span

    def _rows(self, span: _Span, start: int, stop: int) -> Iterator[Segment]:
        """The span's segment and its loop passes before ``stop``, without passes that ``start`` has left behind."""
        first = span.first_pass
        if span.loop is None or first >= stop:
            yield span.segment
            return
        length = span.loop[1] - span.loop[0]
        skipped = max(0, (start - first) // length) if start >= first else 0
        if start < first:
            yield span.segment
        for at in range(first + skipped * length, stop, length):
            yield Segment(at, span.loop[0], span.segment.table, self._pass_fade(span, at == first))

    def _pass_fade(self, span: _Span, is_first: bool) -> int:
        """A pass needs no fade where the loop's ends cut through no clip, and no fade is running already."""
        if span.loop is None:
            return 0
        rows = self._tables[span.segment.table]
        cut = any(np.any((rows["at"] < place) & (rows["at"] + rows["length"] > place)) for place in span.loop)
        running = is_first and span.first_pass < span.segment.starts_at + span.segment.fade
        return JUMP_FADE if cut or running else 0

    def _clips_of(self, segments: list[Segment], start: int, stop: int) -> NDArray[np.void]:
        if not segments:
            return np.empty(0, CLIP)
        tables = {segment.table for segment in segments}
        if sum(len(self._tables[table]) for table in tables) <= FEW_CLIPS:
            return np.concatenate([self._tables[table] for table in sorted(tables)])
        picked: dict[int, NDArray[np.bool_]] = {}
        for segment in segments:
            rows = self._tables[segment.table]
            low, high = segment.at(max(start, segment.starts_at)), segment.at(stop)
            heard = (rows["at"] < high) & (rows["at"] + rows["length"] > low)
            picked[segment.table] = picked.get(segment.table, np.zeros(len(rows), np.bool_)) | heard
        return np.concatenate([self._tables[table][mask] for table, mask in picked.items()])


def _frame(event: _Event) -> int:
    return event[0]


def _clips(mix: Mix) -> list[object]:
    return [(track.lane, track.clips) for track in mix.tracks]
