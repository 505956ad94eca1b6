"""What one listener holds and has heard, by stream time: audio that splices replace ahead of its playhead.

Of PCM one frame in sixteen is kept (a message is a piece of memory: what is wrong with it is wrong with many frames), of packets
the checksum of their audio.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from simulation.codec import Decoder

from dsp.grid import QUANTUM, RATE

STRIDE = 16
ENOUGH = 2 * QUANTUM
"""What must be there before playing begins."""

Span = tuple[int, int]


def merged(spans: list[Span], span: Span) -> None:
    """Add a span to a list in order, as one with its neighbour where they touch."""
    if spans and spans[-1][0] <= span[0] <= spans[-1][1]:
        spans[-1] = spans[-1][0], max(spans[-1][1], span[1])
    else:
        spans.append(span)


class Samples:
    """PCM, thinned."""

    def __init__(self) -> None:
        self.kept: NDArray[np.float32] = np.zeros((60 * RATE // STRIDE, 2), np.float32)

    def write(self, start: int, audio: NDArray[np.float32]) -> None:
        """Put audio where it belongs."""
        first = -start % STRIDE
        at = (start + first) // STRIDE
        part = audio[first::STRIDE]
        while at + len(part) > len(self.kept):
            self.kept = np.concatenate((self.kept, np.zeros_like(self.kept)))
        self.kept[at : at + len(part)] = part


class Packets:
    """Checksums of packets' audio, by quantum."""

    def __init__(self) -> None:
        self.kept: dict[int, int | None] = {}
        self.decoder = Decoder()


@dataclass(slots=True)
class Ring:
    """Which frames are there, where the playhead is among them, and what it has passed."""

    ranges: deque[Span] = field(default_factory=deque)
    """What can be played from the playhead on; there may be a gap before another run."""
    playhead: int = 0
    heard: list[Span] = field(default_factory=list)
    excused: list[Span] = field(default_factory=list)
    """What was not heard as it is now, and why is known: a splice came late, or the line was down."""
    anchor: tuple[int, int] | None = None
    """Stream frame and time at which it began to play; nothing while it stands."""
    hold: int | None = 0
    """Where it must stop: an announced pause, or the end of a run that was stopped."""
    end: int | None = None
    """Where the song is over."""
    has_begun: bool = False

    @property
    def reaches(self) -> int:
        """Up to where it can play without a gap."""
        return self.ranges[0][1] if self.ranges else self.playhead

    @property
    def limit(self) -> int | None:
        """Where it stops, whatever more there is."""
        return min((frame for frame in (self.hold, self.end) if frame is not None), default=None)

    def advance(self, now_us: int) -> bool:
        """Let time pass; answers whether it has run dry."""
        if self.anchor is None:
            self._begin(now_us)
            return False
        frame, since_us = self.anchor
        wanted = frame + (now_us - since_us) * RATE // 1_000_000
        limit = self.limit
        stop = wanted if limit is None else min(wanted, max(limit, self.playhead))
        reached = max(self.playhead, min(stop, self.reaches))
        if reached > self.playhead:
            merged(self.heard, (self.playhead, reached))
            self.playhead = reached
        if reached == wanted:
            return False
        self.anchor = None
        is_dry = reached < stop and len(self.ranges) < 2
        self._begin(now_us)
        return is_dry

    def _begin(self, now_us: int) -> None:
        """Play, if there is enough and nobody says halt."""
        while self.ranges and self.ranges[0][1] <= self.playhead and len(self.ranges) > 1:
            self.ranges.popleft()
        limit = self.limit
        if not self.ranges or (limit is not None and self.playhead >= limit):
            return
        first, stop = self.ranges[0]
        start = max(self.playhead, first)
        if stop - start >= ENOUGH or (limit is not None and stop >= limit > start):
            self.playhead, self.anchor, self.has_begun = start, (start, now_us), True

    def supersede(self, start: int) -> None:
        """What lies from ``start`` on is void."""
        self.ranges = deque((a, min(b, start)) for a, b in self.ranges if a < start)

    def add(self, start: int, stop: int) -> None:
        """Frames have come that continue what is there, or begin after a gap."""
        if self.ranges and self.ranges[-1][1] == start:
            self.ranges[-1] = self.ranges[-1][0], stop
        else:
            self.ranges.append((start, stop))

    def excuse(self, start: int, stop: int) -> None:
        """Frames that need not be what the log says."""
        if stop > start:
            self.excused.append((start, stop))


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Spans, without the holes."""
    left = list(spans)
    for a, b in holes:
        left = [part for c, d in left for part in ((c, min(d, a)), (max(c, b), d)) if part[1] > part[0]]
    return left


def overlap(spans: list[Span], start: int, stop: int) -> list[Span]:
    """What of spans lies within one."""
    return [(max(a, start), min(b, stop)) for a, b in spans if max(a, start) < min(b, stop)]
