"""One stream, played: the asyncio shell around :class:`streaming.live.stream.Stream`.

It hands the stream's jobs to the pool, writes to every listener what its pacer names, and passes on what listeners say. It
decides nothing about time; whatever it does follows from the stream's and the pacers' answers.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import QUANTUM
from streaming.listening.pacer import MEDIA, Announce, Outgoing, Send
from streaming.listening.seats import Seat
from streaming.listening.telemetry import Figures, Telemetry
from streaming.live import telling
from streaming.live.alarm import Alarm
from streaming.live.bookmark import Bookmark
from streaming.live.clock import Clock
from streaming.live.engine import CannotGrow, Engine
from streaming.live.feed import Reason
from streaming.live.log import Edit
from streaming.live.stream import Stream
from streaming.protocol import messages
from streaming.protocol.controls import Ack
from streaming.protocol.wire import Close
from streaming.render.job import DONE, Job, Reply

logger = logging.getLogger(__name__)

LAGGING_S = 0.02
"""How soon a listener whose line was full is asked again."""

_GRAIN_S, _LONG_S = 0.01, 0.05
"""Waits longer than the second are lengthened to a multiple of the first: what is due within a moment then takes one turn."""


Rendered = Callable[[int, int], None]
"""Told after each chunk: frames rendered and microseconds of CPU."""


@dataclass(slots=True)
class _Pump:
    running: bool = False
    again: bool = False
    timer: asyncio.TimerHandle | None = None
    seats: dict[str, Seat] = field(default_factory=dict)


class Player:
    """One stream with its engine and its listeners. Lives on one event loop."""

    def __init__(
        self, identity: str, stream: Stream, engine: Engine, clock: Clock, revision: Callable[[], str], rendered: Rendered
    ) -> None:
        self.id = identity
        self.stream = stream
        self.figures = Figures()
        self._engine, self._clock = engine, clock
        self._revision, self._rendered_cb = revision, rendered
        self._pump, self.alarm = _Pump(), Alarm(self.broadcast, clock)
        self._loop = asyncio.get_running_loop()
        self._closed = False

    @property
    def seats(self) -> Sequence[Seat]:
        """Who listens."""
        return tuple(self._pump.seats.values())

    @property
    def tracks(self) -> int:
        """The class of the engine that plays it."""
        return self._engine.tracks

    @property
    def telemetry(self) -> Telemetry:
        """What its engine tells of the audio."""
        return self._engine.telemetry

    @property
    def packed(self) -> int:
        """Media messages that were made of its audio, each for all listeners of one codec that are sent the same."""
        return self._engine.packing.made

    def now_us(self) -> int:
        """The stream's clock."""
        return self._clock.now_us()

    def frames(self, start: int, frames: int) -> NDArray[np.float32]:
        """A copy of the audio from stream frame ``start`` on, shape ``(frames, 2)``; the ring must still hold it."""
        return self._engine.arena.frames(start, frames)

    def sit(self, seat: Seat, buffer_frames: int, played_to: int | None = None) -> None:
        """Take a listener in, in place of one of the same id, and tell it the state; it may say how far it had played."""
        self._pump.seats[seat.id] = seat
        self.stream.join(seat.id, seat.codec, buffer_frames, self.now_us(), played_to)
        seat.outlet.write_text(self._state())
        self.pump()

    def rise(self, seat: Seat) -> None:
        """A listener's line has ended; its place is kept until :meth:`dismiss`."""
        if self._pump.seats.get(seat.id) is seat:
            del self._pump.seats[seat.id]

    def dismiss(self, listener: str) -> None:
        """A listener will not come back."""
        if listener not in self._pump.seats and not self._closed:
            self.stream.leave(listener, self.now_us())
            self.pump()

    def bookmark(self) -> Bookmark | None:
        """A place just behind the playhead from which another process can go on, if there is a run and it has come so far."""
        playhead = self.stream.listeners.playhead(self.now_us())
        slot = self.stream.final_slot(min(playhead, self.stream.feed.ready_to))
        return None if slot is None else self._engine.bookmark(slot)

    def provide(self, assets: Iterable[str], paths: Mapping[str, str]) -> None:
        """Make sure that the workers know where these assets lie."""
        self._engine.provide(assets, paths)

    def apply(self, mix: Mix, edits: Sequence[Edit], reason: Reason = "edit") -> None:
        """The desk has changed; where it has outgrown the engine, that one grows."""
        if tracks_class(mix) > self.tracks and not self.stream.failed:
            self._widen(tracks_class(mix))
        self.stream.apply(mix, edits, reason)
        self.pump()

    def command(self, act: Callable[[Stream, int], None]) -> None:
        """Let a listener's command act on the stream; raises what the stream raises."""
        act(self.stream, self.now_us())
        self.pump()

    def ack(self, seat: Seat, ack: Ack) -> None:
        """A listener has said how far it has played."""
        self.stream.ack(seat.id, ack.epoch, ack.played_to, self.now_us(), late=ack.late, ready_us=ack.ready_us)
        if ack.heard_us is not None:
            self.stream.listeners.heard(seat.id, ack.played_to, ack.heard_us)
        if len(self._pump.seats) > 1 and self._pump.timer and not self._pump.running:
            self._credit(seat)
        else:
            self.pump()

    def subscribe(self, seat: Seat, meters_hz: int, scope_hz: int) -> None:
        """Send rows of meters and of the scope from what is sent next on."""
        seat.meters_hz, seat.scope_hz = meters_hz, scope_hz
        seat.metered_to = seat.scoped_to = self.stream.listeners[seat.id].sent_to // QUANTUM

    def stats(self) -> messages.Stats:
        """How the stream is doing."""
        return telling.stats(self.stream, self.figures, self._engine.rendered_again, self.now_us())

    def broadcast(self, message: messages.ServerMessage) -> None:
        """Tell every listener."""
        self._write_all(message.to_json())

    def tell_state(self) -> None:
        """Tell every listener how things stand: the desk is another revision now."""
        self._write_all(self._state())

    def close(self, code: int, reason: str) -> None:
        """End the stream and every listener's line."""
        if self._closed:
            return
        self._closed = True
        if self._pump.timer:
            self._pump.timer.cancel()
        for seat in self.seats:
            seat.outlet.close(code, reason)
        self._pump.seats.clear()
        self._engine.close()

    def pump(self) -> None:
        """Say, send and render whatever is due now, and come back when more is."""
        pump = self._pump
        if pump.running:
            pump.again = True
            return
        pump.running = True
        try:
            self._turn()
            while pump.again and not self._closed:
                pump.again = False
                self._turn()
        finally:
            pump.running = pump.again = False
        if not self._closed:
            self._arm()

    def _credit(self, seat: Seat) -> None:
        """An acknowledgement in a room: its sender may be sent more, and nobody else; all the rest can wait for the timer."""
        now_us = self.now_us()
        self._serve(seat, now_us, self.stream.listeners.playhead(now_us), {})
        if seat.lagging:
            self._arm()

    def _widen(self, tracks: int) -> None:
        try:
            self._engine.widen(tracks, self.stream)
        except (CannotGrow, OSError):
            logger.exception("stream %s cannot grow to %d tracks", self.id, tracks)
            self.stream.fail(self.now_us())

    def _turn(self) -> None:
        now_us = self.now_us()
        if news := self.stream.listeners.clock.news(now_us):
            anchor = news[0]
            self.broadcast(messages.Clock(anchor.frame, anchor.at_us) if anchor else messages.Clock(None, None))
        self._tell()
        lines: dict[str, str] = {}
        room = self.stream.listeners.playhead(now_us)
        for seat in self.seats:
            self._serve(seat, now_us, room, lines)
        job = self.stream.next_job(now_us)
        self._tell()
        if job is not None:
            self._engine.render(job, self.stream.deadline_us(now_us), partial(self._rendered, job))

    def _arm(self) -> None:
        pump = self._pump
        if pump.timer:
            pump.timer.cancel()
        now_us = self.now_us()
        self._dismiss_stalled(now_us)
        wake_us = self.stream.wake_at(now_us)
        delay_s = None if wake_us is None else _coarse(max(0, wake_us - now_us) / 1e6)
        if any(seat.lagging for seat in self.seats):
            delay_s = min(delay_s or LAGGING_S, LAGGING_S)
        pump.timer = None if delay_s is None else self._loop.call_later(delay_s, self.pump)

    def _dismiss_stalled(self, now_us: int) -> None:
        for listener in self.stream.listeners.stalled(now_us):
            seat = self._pump.seats.pop(listener, None)
            if seat is not None:
                self.figures.drops += 1
                seat.outlet.close(Close.STALLED, "no acknowledgement for too long")
            self.stream.leave(listener, now_us)

    def _rendered(self, job: Job, reply: Reply) -> None:
        if self._closed:
            return
        self.stream.completed(job, reply, self.now_us())
        if reply.status == DONE:
            frames, cpu_us = reply.stop - job.start, reply.render_us + reply.encode_us
            self.figures.audio_frames += frames
            self.figures.encoded_frames += frames if job.encode else 0
            self.figures.render_us += reply.render_us
            self.figures.encode_us += reply.encode_us
            self.figures.nonfinite += reply.nonfinite
            self._rendered_cb(frames, cpu_us)
        self.alarm.check(reply, self._engine, self.stream.mix)
        self.pump()

    def _serve(self, seat: Seat, now_us: int, room: int, lines: dict[str, str]) -> None:
        """Write what is due to one listener, until nothing is or its line is full."""
        while True:
            seat.lagging = not seat.outlet.writable
            if seat.lagging:
                return
            outgoing = self.stream.next_message(seat.id, now_us, room)
            if outgoing is None:
                return
            self._write(seat, outgoing, now_us)
            if isinstance(outgoing, Send) and outgoing.kind == MEDIA:
                for text in self._engine.telemetry.due(seat, outgoing.start + outgoing.frames, lines):
                    seat.outlet.write_text(text)

    def _write(self, seat: Seat, outgoing: Outgoing, now_us: int) -> None:
        if isinstance(outgoing, Send):
            shared = len(self._pump.seats) > 1
            seat.outlet.write_binary(self._engine.packing.media(seat.codec, outgoing, now_us // 1000, shared=shared))
            return
        if isinstance(outgoing, Announce):
            seat.metered_to = min(seat.metered_to, outgoing.starts_at // QUANTUM)
            seat.scoped_to = min(seat.scoped_to, outgoing.starts_at // QUANTUM)
        seat.outlet.write_text(telling.heading_text(outgoing))

    def _tell(self) -> None:
        for notice in self.stream.notices():
            self._write_all(telling.notice_text(notice, self._revision(), self.now_us()))

    def _write_all(self, text: str) -> None:
        for seat in self.seats:
            seat.outlet.write_text(text)

    def _state(self) -> str:
        return telling.notice_text(telling.standing(self.stream, self.now_us()), self._revision(), self.now_us())


def _coarse(delay_s: float) -> float:
    """Lengthen a long wait to whole grains. The event loop's clock counts milliseconds and may be early, hence one more."""
    return 0.001 + (math.ceil(delay_s / _GRAIN_S) * _GRAIN_S if delay_s > _LONG_S else delay_s)
