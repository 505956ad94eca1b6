"""Cuts the jobs of one stream: from which slot, through which legs, with which encoder; and keeps the table of its slots.

A chunk always starts at the last slot that is kept (a splice drops the later ones), or from fresh state at the run's start.
"""

from dataclasses import dataclass
from typing import Protocol

from dsp.grid import LATENCY, QUANTUM, RATE
from streaming.live.slots import Kept, SlotTable
from streaming.live.timeline import Timeline
from streaming.render.job import FRESH, Job, Leg, Reply

RETAINED = RATE * 3 // 10
"""Slots are kept from this far behind the playhead on."""

PREROLL_PACKETS = 4
"""An encoder goes back at least so many packets before a splice. Decoders have then converged, bit for bit, on all music that was
measured; after three of them they had at 97 of 100 splices of dense synthetic music."""

_FURTHEST_PACKETS = 16


class Generation(Protocol):
    """The word in the arena by which jobs are abandoned."""

    @property
    def generation(self) -> int:
        """What jobs must carry to be rendered."""
        ...

    def bump_generation(self) -> int:
        """Abandon what is in flight."""
        ...


@dataclass(frozen=True, slots=True)
class _Encoding:
    encode: bool = False
    kept: Kept | None = None
    encode_from: int = 0
    packet_from: int = 0


class Chunks:
    """The slots of one arena and the jobs that fill them. ``arena`` is the number by which the pool knows it."""

    def __init__(self, arena: int, generation: Generation, slots: int) -> None:
        self._arena = arena
        self._generation = generation
        self._slots = SlotTable(slots)
        self._number = 0

    @property
    def slots(self) -> tuple[Kept, ...]:
        """What is kept, by frame."""
        return self._slots.kept

    def newest(self, frame: int) -> Kept | None:
        """Return the slot from which a splice at a process frame would be rendered; none if that is the run's start."""
        return self._slots.newest(frame)

    def move(self, arena: int, generation: Generation) -> None:
        """Go on in another arena, whose slots hold the same."""
        self._arena, self._generation = arena, generation

    def begin(self) -> None:
        """A run begins: no slot of the one before is of use."""
        self._slots.drop_from(-1)

    def resume(self, frame: int) -> int:
        """Go on from a state at process ``frame``; answers the slot that must hold it, and holds no encoder."""
        slot = self._slots.take(frame)
        self._slots.keep(Kept(slot, frame, at_splice=True))
        return slot

    def splice(self, frame: int) -> None:
        """What was rendered from process ``frame`` on is void."""
        self._slots.drop_from(frame + 1)

    def cut(self, timeline: Timeline, stop: int, encode: bool, splice: int | None, sparing: int) -> Job:
        """Return the job that renders on to process frame ``stop``.

        ``splice`` is the stream frame at which what was sent is superseded, if it is; ``sparing`` the first process frame
        at which a splice may still begin.
        """
        kept = self._slots.kept[-1] if self._slots.kept else None
        start = kept.frame if kept else timeline.start
        encoding = self._encoding(kept, timeline.start, splice) if encode else _Encoding()
        frames = [stop - start]
        if splice is not None and start < splice + LATENCY < stop:
            frames = [splice + LATENCY - start, stop - splice - LATENCY]
        legs = tuple(Leg(self._slots.take(sparing, kept, encoding.kept), length) for length in frames)
        self._number += 1
        return Job(
            self._number, self._arena, self._generation.generation, kept.slot if kept else FRESH, start, legs,
            timeline.ends_at(stop), timeline.start, *timeline.window(start, stop),
            encoding.encode, encoding.kept.slot if encoding.kept else FRESH, encoding.encode_from, encoding.packet_from,
            timeline.values if kept is None else timeline.values[:0],
        )  # fmt: skip

    def done(self, job: Job, reply: Reply) -> None:
        """Keep the slots that a job has filled."""
        frame = job.start
        for leg in job.legs:
            reached = min(frame + leg.frames, reply.stop)
            if reached <= frame:
                self._slots.put_back(leg.dst)
                continue
            frame = reached
            packet = (frame - LATENCY) // QUANTUM
            has_encoder = job.encode and packet >= job.encode_from
            self._slots.keep(Kept(leg.dst, frame, packet if has_encoder else None, at_splice=leg is not job.legs[-1]))

    def void(self, job: Job) -> None:
        """Free the slots of a job that came to nothing."""
        for leg in job.legs:
            self._slots.put_back(leg.dst)

    def retain(self, timeline: Timeline, playhead: int) -> None:
        """Let go of slots and events that no splice can need any more."""
        oldest = playhead - RETAINED
        self._slots.thin(oldest)
        if self._slots.kept and self._slots.kept[0].frame <= oldest:
            timeline.forget(self._slots.kept[0].frame)

    def _encoding(self, kept: Kept | None, start: int, splice: int | None) -> _Encoding:
        """Which encoder goes on from where: the last slot's own, or at a splice one that lies some packets before it."""
        if splice is None and kept and kept.packet is not None:
            return _Encoding(True, kept, kept.packet, kept.packet)
        first = (splice if splice is not None else (kept.frame - LATENCY if kept else start)) // QUANTUM
        earlier = self._slots.encoder_before(first - PREROLL_PACKETS)
        if earlier and earlier.packet is not None and earlier.packet >= first - _FURTHEST_PACKETS:
            return _Encoding(True, earlier, earlier.packet, first)
        return _Encoding(True, None, max(start // QUANTUM, first - PREROLL_PACKETS - 1), first)
