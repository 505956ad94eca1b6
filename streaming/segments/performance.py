"""Renders a mix segment by segment: from the state at the end of one to the state at the end of the next.

It goes through the same renderer and timeline as a live stream and a bounce, so the samples are the same bits wherever it begins.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import LATENCY, QUANTUM
from dsp.slot.layout import StateLayout, fresh, new_rings, new_state, ring_floats
from streaming.live.timeline import Timeline
from streaming.offline.errand import Refused
from streaming.render.renderer import Renderer, Tables, is_finite
from streaming.render.source import Maps
from streaming.segments.score import SEGMENT, Order

Audio = NDArray[np.float32]

LEAD_IN = 8 * QUANTUM
"""Frames before a segment that are kept with the state: an encoder that begins there is warm when it comes to the segment."""

_HEAD = Struct("<q?qq")


@dataclass(frozen=True, slots=True)
class Slot:
    """The console's state after ``number`` segments, and the last frames before it, shape ``(LEAD_IN, 2)``."""

    number: int
    state64: NDArray[np.float64]
    state32: NDArray[np.float32]
    rings: NDArray[np.float32]
    lead_in: Audio
    is_over: bool = False

    def to_bytes(self) -> bytes:
        """All of it; most long lines are empty and take no room."""
        head = _HEAD.pack(self.number, self.is_over, len(self.state64), len(self.state32))
        parts = (self.state64, self.state32, self.rings, self.lead_in)
        return head + zlib.compress(b"".join(part.tobytes() for part in parts), 1)

    @classmethod
    def of(cls, content: bytes) -> "Slot":
        """Read :meth:`to_bytes` back."""
        number, is_over, n64, n32 = _HEAD.unpack_from(content)
        whole = zlib.decompress(content[_HEAD.size :])
        state64 = np.frombuffer(whole, np.float64, n64).copy()
        floats = np.frombuffer(whole, np.float32, offset=8 * n64).copy()
        state32, rings, lead_in = np.split(floats, (n32, n32 + ring_floats(0)))
        return cls(number, state64, state32, rings, lead_in.reshape(-1, 2), is_over)


class Performance:
    """A mix on its way through the console."""

    def __init__(self, order: Order) -> None:
        mix = Mix.parse(order.mix)
        self._assets = sorted(order.sources)
        self._paths = [order.sources[asset] for asset in self._assets]
        self._tracks = tracks_class(mix)
        source_of = {asset: number for number, asset in enumerate(self._assets)}
        self._timeline = Timeline(mix, self._tracks, source_of, 0, 0)
        self._maps, self._renderer = Maps(), Renderer(self._tracks)

    def opening(self) -> Slot:
        """The state before the first segment."""
        state64, state32 = new_state(self._tracks)
        fresh(self._tracks, state64, state32, self._timeline.values)
        return Slot(0, state64, state32, new_rings(), np.zeros((LEAD_IN, 2), np.float32))

    def fits(self, slot: Slot) -> bool:
        """Whether a stored state is one of this mix's console."""
        layout = StateLayout(self._tracks)
        return (len(slot.state64), len(slot.state32)) == (layout.n64, layout.n32)

    def segment(self, before: Slot) -> tuple[Audio, Slot]:
        """The audio of the segment that follows a state, shape ``(frames, 2)``, and the state behind it."""
        state = before.state64.copy(), before.state32.copy(), before.rings.copy()
        begin = before.number * SEGMENT
        audio = np.zeros((SEGMENT, 2), np.float32)
        frame = begin + LATENCY if before.number else 0
        stop, reached, is_over = begin + SEGMENT + LATENCY, begin, False
        tables = self._tables(frame, stop)
        for piece in self._renderer.pieces(*state, frame, stop, self._timeline.ends_at(stop), tables):
            skipped = max(0, begin - piece.start)
            heard = piece.audio[skipped:]
            audio[reached - begin : reached - begin + len(heard)] = heard
            reached, is_over = reached + len(heard), piece.ended
        if not all(is_finite(part) for part in (*state, audio)):
            raise Refused("not_finite", "The console's state is not a number: this mix cannot be rendered.")
        audio = audio[: reached - begin]
        lead_in = np.concatenate((before.lead_in, audio))[-LEAD_IN:]
        return audio, Slot(before.number + 1, *state, lead_in, is_over)

    def segments(self, slot: Slot) -> Iterator[tuple[Audio, Slot, Slot]]:
        """Audio, state before and state behind, from a state to the song's end."""
        while not slot.is_over:
            audio, behind = self.segment(slot)
            yield audio, slot, behind
            slot = behind

    def _tables(self, frame: int, stop: int) -> Tables:
        events, segments, clips = self._timeline.window(frame, stop)
        wanted = (int(source) for source in np.unique(clips["source"]))
        return Tables(events, segments, clips, self._maps.table(self._paths, wanted))
