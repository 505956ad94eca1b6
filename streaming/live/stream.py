"""One live rendering of a mix: its transport, what is spliced where, what is rendered next, what listeners hear of it. No I/O.

How a shell drives it, all on one thread, time in microseconds of its clock:

1. It calls the methods below for what clients say (``play``, ``seek``, ``apply``, ``ack`` ...); they may raise ``OutOfRange``.
2. After every such call, every reply and every wake-up it *pumps*: sends :meth:`Stream.notices` to everybody; for each listener
   asks :meth:`Stream.next_message` until it answers None or the transport is full, and writes what is named (audio
   and packets come from the arena); then :meth:`Stream.next_job`: a job goes to the pool with :meth:`Stream.deadline_us`.
   Messages come before the job, because a job may overwrite pre-roll. It sets a timer for :meth:`Stream.wake_at`.
3. The pool's reply goes to :meth:`Stream.completed`, whatever its status. A chunk in flight that is stale is given up by the
   arena's generation, which the stream itself bumps; its reply comes as usual.
"""

from collections.abc import Sequence

from dsp.desk.mix import Mix
from dsp.grid import LATENCY, ceil_tile
from streaming.listening.listeners import Listeners
from streaming.listening.pacer import Codec, Outgoing
from streaming.live.chunks import Generation
from streaming.live.feed import Feed, Reason
from streaming.live.lead import Lead, Limits
from streaming.live.log import Edit, Entry, Kind, Log
from streaming.live.pending import Jump, Pending, SetLoop
from streaming.live.playhead import us_of
from streaming.live.rendering import Rendering
from streaming.live.timeline import Loop, SourceOf, Timeline
from streaming.live.transport import Transport, checked_loop
from streaming.protocol.notices import Broken, Changed, Heard, Notice
from streaming.render.job import NEVER, Job, Reply

SPLICE_US = 20_000
"""At most one splice in this time; what comes meanwhile is heard with the next one."""

_SHORTEST_WAIT_US = 2_000


class Stream:
    """One stream. ``arena`` is its number in the pool, ``generation`` the arena itself, ``sources`` numbers the assets."""

    def __init__(
        self, mix: Mix, *, arena: int, generation: Generation, tracks: int, slots: int, ring_frames: int, sources: SourceOf,
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        limits = limits or Limits()
        self.feed = Feed(ring_frames)
        self.listeners = Listeners(self.feed)
        self.log = Log(limits.log_entries)
        self.transport = Transport()
        self.splices, self.failed = 0, False
        self.mix = mix
        self._rendering = Rendering(
            self.feed, Lead(limits), arena=arena, generation=generation, tracks=tracks, slots=slots, sources=sources
        )
        self._pending = Pending()
        self._is_starting, self._floor, self._next_splice_us, self._notices = False, 0, 0, list[Notice]()

    def play(self, now_us: int) -> None:
        """Start, or go on after a pause."""
        match self.transport.take("play"):
            case "start":
                self._is_starting = True
                self._floor = self.transport.frame = max(self.transport.frame, self._floor)
                self.listeners.place(self._floor, now_us)
                self._tell()
            case "resume":
                self.listeners.resume(now_us)
                self._note("resume")
                self._tell()

    def pause(self, now_us: int) -> None:
        """Stop the clock at a frame that everybody is told in time."""
        frame = self._soon(now_us)
        if self.transport.take("pause"):
            self._floor = self.transport.frame = frame
            self.listeners.hold(self._floor)
            self._note("pause")
            self._tell()

    def stop(self, now_us: int) -> None:
        """End the run; the next one begins at the song's beginning."""
        if self.transport.is_running:
            self._end_run(self._soon(now_us), "stop")
        if self.transport.take("stop"):
            self.transport.position = 0
            self._tell()

    def seek(self, position: int) -> None:
        """Go on at a position, or start there next time."""
        if self._is_playable:
            self._pending.move(Jump(position), "seek")
            return
        if self.transport.state == "ended":
            self.transport.take("stop")
        self.transport.position = position
        self._tell()

    def loop(self, loop: Loop | None) -> None:
        """Repeat a range of positions, or no longer; raises ``OutOfRange``."""
        self.transport.loop = checked_loop(loop)
        if self._is_playable:
            self._pending.move(SetLoop(loop), "loop")
        else:
            self._tell()

    def apply(self, mix: Mix, edits: Sequence[Edit], reason: Reason = "edit") -> None:
        """The desk is ``mix`` from now on; ``edits`` say how it came to that, ``reason`` is "revision" for a switch."""
        self.mix = mix
        if self._is_playable:
            self._pending.edit(edits, reason)
        else:
            self._notices.extend(Heard(edit, self.transport.frame) for edit in edits)

    def reset_loudness(self) -> None:
        """Measure integrated loudness, its range and the maxima anew; every run begins so."""
        if self._is_playable:
            self._pending.reset_loudness()

    def join(self, listener: str, codec: Codec, buffer_frames: int, now_us: int, _played_to: int | None = None) -> None:
        """A listener has come, or come back; it is sent audio from the room's playhead on, wherever it was."""
        self.listeners.join(listener, codec, buffer_frames, now_us)
        self._encode()

    def leave(self, listener: str, now_us: int) -> None:
        """A listener has gone. With nobody there the playhead stands still and nothing more is rendered."""
        self.listeners.leave(listener, now_us)
        self._encode()

    def ack(
        self, listener: str, epoch: int, played_to: int, now_us: int, late: int | None = None, ready_us: int | None = None
    ) -> None:
        """A listener has played to ``played_to``; raises ``OutOfRange`` for what it was not sent."""
        pacer = self.listeners[listener]
        pacer.ack(epoch, played_to, now_us)
        if ready_us is not None:
            pacer.margin.ready(ready_us)
        if late and (span := pacer.late(epoch, late)):
            self.log.miss(listener, self._floor, span)

    def notices(self) -> list[Notice]:
        """Return what everybody is to be told, once."""
        notices, self._notices = self._notices, []
        return notices

    def next_message(self, listener: str, now_us: int, room: int) -> Outgoing | None:
        """Return what a listener is to be sent next, if anything may be sent now; ``room`` is the playhead of all of them."""
        return self.listeners[listener].next(now_us, room, self.transport.state == "playing")

    def next_job(self, now_us: int) -> Job | None:
        """Return what is to be rendered now; one chunk is in flight at most."""
        self._settle(now_us)
        if self.failed or not self.transport.is_running:
            return None
        may_splice = self._rendering.opening is None and self._pending and now_us >= self._next_splice_us and self._is_there
        if self._rendering.flight:
            if may_splice:
                self._rendering.abandon()
            return None
        if self._is_starting:
            self._begin(self.transport.position)
        elif may_splice and self._rendering.timeline:
            self._commit(self._rendering.timeline, now_us)
        playhead = self.listeners.playhead(now_us)
        self._floor = max(self._floor, ceil_tile(playhead))
        return self._rendering.issue(now_us, self._floor, playhead, self.listeners.margin_frames())

    def deadline_us(self, now_us: int) -> int:
        """When the job that was just asked for should be done: the furthest listener gets there then."""
        return now_us + us_of(max(0, self.feed.ready_to - self.listeners.playhead(now_us)))

    def completed(self, job: Job, reply: Reply, now_us: int) -> None:
        """Take the pool's answer to a job."""
        if not self._rendering.completed(job, reply):
            self.fail(now_us)

    def widen(self, arena: int, generation: Generation, tracks: int) -> tuple[int, ...]:
        """Go on in the arena of a wider class, and answer which slots it must take over; the job in flight is void."""
        return self._rendering.widen(arena, generation, tracks)

    def fail(self, now_us: int) -> None:
        """Stop for good, and say so."""
        self.failed = True
        if self.transport.is_running:
            self._end_run(self._soon(now_us), "stop")
        self.transport.state = "stopped"
        self._tell()
        self._notices.append(Broken())

    def wake_at(self, now_us: int) -> int | None:
        """When to pump again if nothing happens before."""
        if self.failed or not self.transport.is_running:
            return None
        playhead, margin = self.listeners.playhead(now_us), self.listeners.margin_frames()
        floor, is_playing = max(self._floor, ceil_tile(playhead)), self.transport.state == "playing"
        times = [self._rendering.due_us(now_us, floor, playhead, margin, is_playing), self.listeners.stalls_at()]
        if is_playing and self.feed.end is not None:
            times.append(now_us + us_of(self.feed.end - playhead))
        if self._pending and self._rendering.opening is None:
            times.append(self._next_splice_us)
        first = min((time for time in times if time is not None), default=NEVER)
        return None if first == NEVER else max(first, now_us + _SHORTEST_WAIT_US)

    def final_slot(self, frame: int) -> int | None:
        """The last slot at or before a frame that was played, if there is a run and it has one: no splice can void it."""
        return self._rendering.final(frame)

    @property
    def _is_there(self) -> bool:
        """Whether everything is rendered up to where the stream goes on."""
        return True

    @property
    def _is_playable(self) -> bool:
        """Whether there is a run that an edit or a jump can be spliced into."""
        return self.transport.is_running and not self._is_starting

    def _soon(self, now_us: int) -> int:
        """The first stream frame at which something new may be heard: late enough for all, and breaking no promise."""
        if self.transport.state == "paused":
            return self._floor
        self._floor = max(self._floor, ceil_tile(self.listeners.playhead(now_us)))
        return max(self._floor, min(ceil_tile(self.listeners.horizon(now_us)), self.feed.ready_to))

    def _begin(self, position: int) -> None:
        frame, loop = self.transport.frame, self.transport.loop
        self._is_starting, self._pending, self._floor = False, Pending(), frame
        self._rendering.begin(self.mix, frame, position, loop, self.listeners.has_opus)
        self.log.append_document(Entry("start", frame, position=position, loop=loop, tracks=self._rendering.tracks), self.mix)

    def _commit(self, timeline: Timeline, now_us: int) -> None:
        """Put what is pending into the timeline and the log, and have it rendered."""
        pending, self._pending = self._pending, Pending()
        frame = self._soon(now_us)
        self._next_splice_us = now_us + SPLICE_US
        self._notices.extend(Heard(edit, frame) for edit in pending.edits)
        if self.feed.end is not None and frame >= self.feed.end:
            self._restart(timeline, pending)
            return
        self._floor = frame
        self.splices += 1
        if self.mix is not timeline.mix:
            self.log.edit(frame, self.splices, timeline.mix, self.mix, pending.edits)
            timeline.edit(frame + LATENCY, self.mix)
        for entry in pending.commit(timeline, frame, self.splices):
            self.log.append(entry)
        self._rendering.splice(frame, pending.reason, self.listeners.has_opus, now_us)
        if pending.moves:
            self._tell(frame, timeline.position(frame + LATENCY))

    def _restart(self, timeline: Timeline, pending: Pending) -> None:
        """The song's last frame is on its way: a jump begins a new run after it, anything else holds for the next run."""
        end = self.feed.end or 0
        position = pending.new_place(timeline.position(end))
        if position is not None:
            self.log.append(Entry("end", end))
            self.transport.frame = end
            self._begin(position)
            self._tell()

    def _settle(self, now_us: int) -> None:
        """The playhead may have come to the end of the song."""
        end, timeline = self.feed.end, self._rendering.timeline
        if self.transport.state != "playing" or end is None or timeline is None or self._pending:
            return
        if self.listeners.playhead(now_us) >= end:
            self._end_run(end, "end")
            self.transport.take("end")
            self._tell(end, timeline.position(end))
            self.transport.position = 0

    def _end_run(self, frame: int, kind: Kind) -> None:
        """From ``frame`` on this run is not heard; what waited for a splice holds for the next one."""
        self._notices.extend(Heard(edit, frame) for edit in self._pending.edits)
        self._pending = Pending()
        self.listeners.hold(frame)
        self.transport.frame, self._floor = frame, max(self._floor, frame)
        self.feed.ready_to = min(self.feed.ready_to, frame)
        if unheard := self._rendering.end(frame):
            for listener in self.listeners.joined:
                self.log.miss(listener, frame, unheard)
        if not self._is_starting:
            self._note(kind)
        self._is_starting = False

    def _encode(self) -> None:
        """Opus listeners come and go: the first one needs a splice with a new encoder."""
        if not self.listeners.has_opus:
            self._rendering.encoding = False
        elif not self._rendering.encoding and self._rendering.timeline:
            self._pending.reasons.add("resume")

    def _note(self, kind: Kind) -> None:
        self.log.append(Entry(kind, self.transport.frame))

    def _tell(self, frame: int | None = None, position: int | None = None) -> None:
        transport, timeline = self.transport, self._rendering.timeline
        frame = transport.frame if frame is None else frame
        if position is None:
            position = timeline.position(frame) if timeline else transport.position
        self._notices.append(Changed(transport.state, frame, position, self.feed.number, transport.loop))
