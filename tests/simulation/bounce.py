"""Guarantee 2: what a listener heard is what the log, rendered in one go, says; wherever it did not report that a splice came
late.
"""

from dataclasses import dataclass

import numpy as np
from simulation import kernel
from simulation.codec import checksum, heard_as
from simulation.listener import Listener
from simulation.tape import STRIDE, Span, overlap, without

from dsp.grid import LATENCY, QUANTUM, ceil_tile
from streaming.live.log import Run, replay
from streaming.live.logbook import read, rows
from streaming.live.stream import Stream


@dataclass(frozen=True, slots=True)
class Bounced:
    """The audio of one run, from stream frame ``start`` on."""

    start: int
    audio: kernel.Audio

    @property
    def stop(self) -> int:
        """The frame after the last."""
        return self.start + len(self.audio)


def bounced(stream: Stream, sources: dict[str, int]) -> list[Bounced]:
    """Every run of a stream's log that is kept, as far as it was rendered. The log is read as a store would give it back."""
    log = read(rows(stream.log))
    return [_rendered(run, min(run.stop, stream.feed.written_to)) for run in replay(log, sources)]


def _rendered(run: Run, stop: int) -> Bounced:
    start, timeline = run.start, run.timeline
    until = max(ceil_tile(stop), start) + LATENCY
    tables = kernel.Tables(timeline.tracks, *timeline.window(start, until))
    done = kernel.render(kernel.fresh(timeline.values, timeline.tracks), start, until, timeline.ends_at(until), tables)
    return Bounced(start, done.audio[LATENCY:][: stop - start])


def compare(listener: Listener, runs: list[Bounced]) -> tuple[int, str | None]:
    """Frames that were compared, and the first place that is not as it should be."""
    heard = without(listener.ring.heard, listener.ring.excused)
    first = runs[0].start if runs else 0
    known = without(heard, [(0, first)])  # the log has dropped its oldest runs
    orphans = without(known, [(run.start, run.stop) for run in runs])
    if orphans:
        return 0, f"heard {orphans[:3]}, which no run holds: {[(run.start, run.stop) for run in runs]}"
    compared = 0
    for run in runs:
        for span in overlap(heard, run.start, run.stop):
            wrong = _packets(listener, run, span) if listener.codec == "opus" else _samples(listener, run, span)
            if wrong is not None:
                return compared, f"heard something else at frame {wrong} of {span} in run {run.start} to {run.stop}"
            compared += span[1] - span[0]
    return compared, None


def _samples(listener: Listener, run: Bounced, span: Span) -> int | None:
    first, stop = (-(-frame // STRIDE) for frame in span)
    wanted = heard_as(run.audio[first * STRIDE - run.start : stop * STRIDE - run.start : STRIDE], listener.codec)
    wrong = np.flatnonzero((listener.samples.kept[first : first + len(wanted)] != wanted).any(axis=1))
    return int(first + wrong[0]) * STRIDE if wrong.size else None


def _packets(listener: Listener, run: Bounced, span: Span) -> int | None:
    for quantum in range(-(-span[0] // QUANTUM), span[1] // QUANTUM):
        at = quantum * QUANTUM
        audio = run.audio[at - run.start : at - run.start + QUANTUM]
        if (
            at >= run.start
            and len(audio) == QUANTUM
            and listener.packets.kept.get(quantum) != checksum(np.ascontiguousarray(audio))
        ):
            return at
    return None
