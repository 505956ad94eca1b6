"""Guarantee 2: what a listener heard is what its stream's log says, wherever it did not report that a splice came late."""

from dataclasses import dataclass

import numpy as np
from simulation import kernel
from simulation.codec import checksum, heard_as
from simulation.listener import Listener
from simulation.tape import STRIDE, Span, overlap, without

from dsp.grid import LATENCY, QUANTUM, RATE, ceil_tile
from streaming.live.log import Run, replay
from streaming.live.logbook import read, rows
from streaming.live.stream import Stream

PIECE = RATE
"""Frames that are rendered in one go."""


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
    chain, pieces = kernel.fresh(timeline.values, timeline.tracks), list[kernel.Audio]()
    for begin in range(start, until, PIECE):  # in one go there would be more clips than travel with a job
        end = min(begin + PIECE, until)
        tables = kernel.Tables(timeline.tracks, *timeline.window(begin, end))
        done = kernel.render(chain, begin, end, timeline.ends_at(until), tables)
        chain = done.chain
        pieces.append(done.audio)
    return Bounced(start, np.concatenate(pieces)[LATENCY:][: stop - start])


def missed(stream: Stream, listener: Listener) -> list[Span]:
    """Where a stream's log says that a listener heard something else."""
    return [entry.span for entry in stream.log.entries if entry.span is not None and entry.author in listener.ids]


def compare(listener: Listener, runs: list[Bounced], missed: list[Span]) -> tuple[int, str | None]:
    """Frames that were compared, and the first place that is not as it should be."""
    heard = without(without(listener.hearing.ring.heard, listener.hearing.ring.excused), missed)
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
    wrong = np.flatnonzero((listener.hearing.samples.kept[first : first + len(wanted)] != wanted).any(axis=1))
    return int(first + wrong[0]) * STRIDE if wrong.size else None


def _packets(listener: Listener, run: Bounced, span: Span) -> int | None:
    for quantum in range(-(-span[0] // QUANTUM), span[1] // QUANTUM):
        at = quantum * QUANTUM
        audio = run.audio[at - run.start : at - run.start + QUANTUM]
        if (
            at >= run.start
            and len(audio) == QUANTUM
            and listener.hearing.packets.kept.get(quantum) != checksum(np.ascontiguousarray(audio))
        ):
            return at
    return None
