"""What of a stream is ready to be sent: the board between the stream, which writes it, and the pacers, which only read it."""

from collections import deque
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from dsp.grid import QUANTUM
from streaming.live.timeline import Loop, Timeline

Reason = Literal["start", "seek", "loop", "edit", "revision", "resume"]

_EPOCHS = 512
"""Epochs that are remembered: in ten seconds, after which a listener is stalled, there are no more."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """From stream frame ``starts_at`` on, what was rendered before is superseded.

    ``is_start`` if what lies before belongs to another run; ``preroll`` is the first packet of its pre-roll, if it has one.
    """

    starts_at: int
    reason: Reason
    is_start: bool = False
    preroll: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """From stream frame ``starts_at`` on the playhead stands at ``position`` and moves on from there."""

    starts_at: int
    position: int
    loop: Loop | None


class Feed:
    """Epochs, how far audio and packets may be sent, and the segments that belong to them.

    ``starts_us``: when what began or went on last is heard, which may be a moment ahead.
    """

    def __init__(self, ring_frames: int) -> None:
        self._ring_frames = ring_frames
        self._epochs: deque[Epoch] = deque(maxlen=_EPOCHS)
        self._runs: deque[Timeline] = deque(maxlen=2)
        self.ready_to = 0
        self.written_to = 0
        self.packets_from = 0
        self.packets_to = 0
        self.end: int | None = None
        self.starts_us = 0
        self.number = 0

    @property
    def epoch(self) -> Epoch | None:
        """The newest epoch."""
        return self._epochs[-1] if self._epochs else None

    @property
    def oldest(self) -> int:
        """The first frame that the ring still holds, whatever a worker may be writing."""
        return max(0, self.written_to - self._ring_frames)

    def after(self, number: int) -> list[Epoch]:
        """The epochs that came after epoch ``number``."""
        later = takewhile(lambda epoch: epoch.number > number, reversed(self._epochs))
        return list(later)[::-1]

    def take_number(self) -> int:
        """Return the number of a new epoch: a splice, or one listener's skip."""
        self.number += 1
        return self.number

    def publish(self, epoch: Epoch, timeline: Timeline) -> None:
        """An epoch's first audio is there: it gets its number now, so that listeners see numbers rise."""
        self._epochs.append(replace(epoch, number=self.take_number()))
        if epoch.is_start:
            self._runs.append(timeline)

    def resume(self, number: int, frame: int, timeline: Timeline | None) -> None:
        """Go on after epoch ``number``, from ``frame`` on, with a run that has begun before."""
        self.number, self.ready_to, self.written_to = number, frame, frame
        if timeline is not None:
            self._runs.append(timeline)
            self._epochs.append(Epoch(frame, "resume", number=self.take_number()))

    def cut(self, frame: int) -> None:
        """From ``frame`` on nothing may be sent: it is being superseded."""
        self.ready_to = min(self.ready_to, frame)
        self.packets_to = min(self.packets_to, frame // QUANTUM)
        self.end = None

    def encoded(self, first: int, stop: int) -> None:
        """Packets ``first`` to ``stop`` were encoded; they continue those before, or begin anew after a gap."""
        if not self.packets_from <= first <= self.packets_to:
            self.packets_from = first
        self.packets_to = stop

    def write(self, stop: int) -> None:
        """A worker is about to write up to frame ``stop``."""
        self.written_to = max(self.written_to, stop)

    def shown(self, frame: int) -> list[Shown]:
        """The segment that is heard at a frame, as it is there (nothing before the first run)."""
        run = self._run(frame)
        return [Shown(frame, run.position(frame), run.loop_at(frame))] if run else []

    def turns(self, start: int, stop: int) -> list[Shown]:
        """What changes after ``start`` and before ``stop``."""
        run = self._run(start)
        return [segment for frame in run.turns(start, stop) for segment in self.shown(frame)] if run else []

    def _run(self, frame: int) -> Timeline | None:
        return next((run for run in reversed(self._runs) if run.start <= frame), None)
