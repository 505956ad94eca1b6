"""How far a stream is rendered: its run's timeline and slots, the chunk in flight, the epoch whose first chunk is still to come.

It turns "render on" and "render again from here" into jobs, and replies into what the feed may send. When to do either is the
stream's business.
"""

from dataclasses import dataclass, replace

from dsp.desk.mix import Mix
from dsp.grid import LATENCY, QUANTUM, ceil_quantum
from streaming.live.chunks import Chunks, Generation
from streaming.live.feed import Epoch, Feed, Reason
from streaming.live.lead import FIRST, HOLD_US, Lead
from streaming.live.playhead import us_of
from streaming.live.timeline import Loop, SourceOf, Timeline
from streaming.render.job import ABANDONED, DONE, Job, Reply


@dataclass(frozen=True, slots=True)
class Flight:
    """The job that the pool has, what it renders, and the epoch that it opens, if any."""

    job: Job
    timeline: Timeline
    opens: Epoch | None


class Rendering:
    """The rendered part of one stream."""

    def __init__(
        self, feed: Feed, lead: Lead, *, arena: int, generation: Generation, tracks: int, slots: int, sources: SourceOf
    ) -> None:
        self.timeline: Timeline | None = None
        self.opening: Epoch | None = None
        self.flight: Flight | None = None
        self.encoding = False
        self._feed = feed
        self._lead = lead
        self._generation = generation
        self.tracks = tracks
        self._sources = sources
        self._chunks = Chunks(arena, generation, slots)

    def begin(self, mix: Mix, frame: int, position: int, loop: Loop | None, encode: bool) -> None:
        """Start a run with fresh state at a tile of stream time."""
        self.timeline = Timeline(mix, self.tracks, self._sources, frame, position, loop)
        self._chunks.begin()
        self._lead.start()
        self._feed.end = None
        self.encoding = encode
        self._open("start", frame, is_start=True)

    def resume(self, timeline: Timeline, frame: int | None) -> int | None:
        """Go on with a run from a state at process ``frame``, or from its start; answers the slot that must hold the state."""
        self.timeline = timeline
        self._lead.start()
        return None if frame is None else self._chunks.resume(frame)

    def final(self, frame: int) -> int | None:
        """The last slot whose state no splice from stream frame ``frame`` on can void, if the run has one."""
        kept = self._chunks.newest(frame + LATENCY) if self.timeline else None
        return None if kept is None else kept.slot

    def splice(self, frame: int, reason: Reason, encode: bool, now_us: int) -> None:
        """What was rendered from stream frame ``frame`` on is void and will be rendered again."""
        self._feed.cut(frame)
        self._chunks.splice(frame + LATENCY)
        self._lead.splice(now_us)
        self.encoding = encode
        self._open(reason, frame)

    def widen(self, arena: int, generation: Generation, tracks: int) -> tuple[int, ...]:
        """Go on in the arena of a wider class; answers the slots that it must take over. What is in flight is void."""
        self.abandon()
        if self.flight:
            self._chunks.void(self.flight.job)
            self.flight = None
        if self.timeline:
            self.timeline.widen(tracks)
        self._generation, self.tracks = generation, tracks
        self._chunks.move(arena, generation)
        return tuple(kept.slot for kept in self._chunks.slots)

    def end(self, frame: int) -> Loop | None:
        """The run is over at a stream frame; answers where before it a splice was to be heard that nobody could be sent."""
        self.abandon()
        opening, self.timeline, self.opening = self.opening, None, None
        return (opening.starts_at, frame) if opening and not opening.is_start and opening.starts_at < frame else None

    def abandon(self) -> None:
        """Have the chunk in flight given up, once."""
        if self.flight and self.flight.job.generation == self._generation.generation:
            self._generation.bump_generation()

    def due_us(self, now_us: int, floor: int, playhead: int, margin_frames: int, is_moving: bool = True) -> int | None:
        """When the next chunk is to be rendered; nothing if there is none to render, or not before the playhead moves.

        No splice will lie before stream frame ``floor``, a tile.
        """
        if self.timeline is None or self.flight:
            return None
        if self.opening:
            return now_us
        if self._feed.end is not None:
            return None
        if self._furthest(self.timeline, floor) <= self._feed.ready_to:
            return self._freed_us(now_us, floor, playhead) if is_moving else None
        ahead = self._feed.ready_to - playhead
        rested_us = now_us + HOLD_US
        if not is_moving and self._lead.due_us(rested_us, ahead, margin_frames) > rested_us:
            return None
        return self._lead.due_us(now_us, ahead, margin_frames)

    def issue(self, now_us: int, floor: int, playhead: int, margin_frames: int) -> Job | None:
        """Return the job for the next chunk, if it is due; no splice will lie before stream frame ``floor``."""
        due_us = self.due_us(now_us, floor, playhead, margin_frames)
        if self.timeline is None or due_us is None or due_us > now_us:
            return None
        opens, ready_to = self.opening, self._feed.ready_to
        if opens:
            # A listener that has drained its lead gets all of it back at once, or a drag would starve it edit by edit.
            margin_to = opens.starts_at if opens.is_start else playhead + margin_frames
            stop = ceil_quantum(max(opens.starts_at, margin_to) + FIRST)
        else:
            chunk = self._lead.chunk(now_us, ready_to - playhead, margin_frames)
            stop = min(ready_to + chunk, self._furthest(self.timeline, floor))
        self._chunks.retain(self.timeline, floor)
        splice = opens.starts_at if opens and not opens.is_start else None
        job = self._chunks.cut(self.timeline, stop + LATENCY, self.encoding, splice, floor + LATENCY)
        self._feed.write(stop)
        if opens and job.encode and job.encode_from < job.packet_from:
            opens = replace(opens, preroll=job.encode_from)
        self.flight = Flight(job, self.timeline, opens)
        return job

    def _freed_us(self, now_us: int, floor: int, playhead: int) -> int | None:
        """When the playhead passes the slot that lets chunks end further on."""
        later = next((kept.frame - LATENCY for kept in self._chunks.slots if kept.frame > floor + LATENCY), None)
        return None if later is None else now_us + us_of(max(0, later - playhead))

    def _furthest(self, timeline: Timeline, floor: int) -> int:
        """The stream frame at which chunks must end, lest they overwrite the long lines of a slot that a splice could take."""
        kept = self._chunks.newest(floor + LATENCY)
        furthest = (kept.frame if kept else timeline.start) + self._lead.reach_frames - LATENCY
        return furthest - furthest % QUANTUM

    def completed(self, job: Job, reply: Reply) -> bool:
        """Take the answer to a job; False if the stream cannot go on."""
        flight = self.flight
        if flight is None or flight.job.number != job.number:
            return True
        self.flight = None
        if reply.status != DONE or flight.timeline is not self.timeline:
            self._chunks.void(job)
            return reply.status in (DONE, ABANDONED) or flight.timeline is not self.timeline
        self._chunks.done(job, reply)
        self._lead.rendered()
        self._publish(flight, reply)
        return True

    def _publish(self, flight: Flight, reply: Reply) -> None:
        feed = self._feed
        feed.ready_to = reply.stop - LATENCY
        if reply.ended:
            feed.end = feed.ready_to
        if flight.job.encode:
            feed.encoded(flight.job.packet_from, reply.packets_to)
        if flight.opens:
            feed.publish(flight.opens, flight.timeline)
            self.opening = None

    def _open(self, reason: Reason, frame: int, is_start: bool = False) -> None:
        self.opening = Epoch(frame, reason, is_start)
