"""One stream, played: the asyncio shell around :class:`streaming.live.stream.Stream`.

It hands the stream's jobs to the pool, writes to every listener what its pacer names, and passes on what listeners say. It
decides nothing about time; whatever it does follows from the stream's and the pacers' answers.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import QUANTUM, RATE
from streaming.listening.pacer import MEDIA, Announce, Outgoing, Send, Show
from streaming.listening.seats import Seat
from streaming.listening.telemetry import Figures
from streaming.live.clock import Clock
from streaming.live.engine import CannotGrow, Engine
from streaming.live.feed import Reason
from streaming.live.log import Edit
from streaming.live.stream import Stream
from streaming.protocol import messages
from streaming.protocol.controls import Ack
from streaming.protocol.notices import Broken, Changed, Heard, Notice
from streaming.protocol.wire import Close
from streaming.render.job import DONE, Job, Reply

logger = logging.getLogger(__name__)

LAGGING_S = 0.02
"""How soon a listener whose line was full is asked again."""


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
        self._pump = _Pump()
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
    def columns(self) -> int:
        """Length of a meter row."""
        return self._engine.telemetry.columns

    def now_us(self) -> int:
        """The stream's clock."""
        return self._clock.now_us()

    def sit(self, seat: Seat, buffer_frames: int) -> None:
        """Take a listener in, in place of one of the same id, and tell it the state."""
        self._pump.seats[seat.id] = seat
        self.stream.join(seat.id, seat.codec, buffer_frames, self.now_us())
        seat.outlet.write_text(self._state(self._standing()))
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
        self.pump()

    def subscribe(self, seat: Seat, meters_hz: int, scope_hz: int) -> None:
        """Send rows of meters and of the scope from what is sent next on."""
        seat.meters_hz, seat.scope_hz = meters_hz, scope_hz
        seat.metered_to = seat.scoped_to = self.stream.listeners[seat.id].sent_to // QUANTUM

    def stats(self) -> messages.Stats:
        """How the stream is doing."""
        now_us, stream, figures = self.now_us(), self.stream, self.figures
        audio_us = max(1, figures.audio_frames * 1_000_000 // RATE)
        return messages.Stats(
            render_load=round((figures.render_us + figures.encode_us) / audio_us, 5),
            lead_frames=max(0, stream.feed.ready_to - stream.listeners.playhead(now_us)),
            margin_us=max((pacer.margin.us for pacer in stream.listeners), default=0),
            splices=stream.splices,
            rerenders=self._engine.rendered_again,
            drops=figures.drops,
        )

    def broadcast(self, message: messages.ServerMessage) -> None:
        """Tell every listener."""
        self._write_all(message.to_json())

    def tell_state(self) -> None:
        """Tell every listener how things stand: the desk is another revision now."""
        self._write_all(self._state(self._standing()))

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

    def _widen(self, tracks: int) -> None:
        try:
            self._engine.widen(tracks, self.stream)
        except (CannotGrow, OSError):
            logger.exception("stream %s cannot grow to %d tracks", self.id, tracks)
            self.stream.fail(self.now_us())

    def _turn(self) -> None:
        now_us = self.now_us()
        self._tell()
        lines: dict[str, str] = {}
        for seat in self.seats:
            self._serve(seat, now_us, lines)
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
        delay_s = None if wake_us is None else max(0, wake_us - now_us) / 1e6
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
            self.figures.render_us += reply.render_us
            self.figures.encode_us += reply.encode_us
            self.figures.nonfinite += reply.nonfinite
            self._rendered_cb(frames, cpu_us)
        self.pump()

    def _serve(self, seat: Seat, now_us: int, lines: dict[str, str]) -> None:
        """Write what is due to one listener, until nothing is or its line is full."""
        while True:
            seat.lagging = not seat.outlet.writable
            if seat.lagging:
                return
            outgoing = self.stream.next_message(seat.id, now_us)
            if outgoing is None:
                return
            self._write(seat, outgoing, now_us)
            if isinstance(outgoing, Send) and outgoing.kind == MEDIA:
                for text in self._engine.telemetry.due(seat, outgoing.start + outgoing.frames, lines):
                    seat.outlet.write_text(text)

    def _write(self, seat: Seat, outgoing: Outgoing, now_us: int) -> None:
        match outgoing:
            case Announce(epoch, starts_at, fade_before, reason):
                seat.metered_to = min(seat.metered_to, starts_at // QUANTUM)
                seat.scoped_to = min(seat.scoped_to, starts_at // QUANTUM)
                seat.outlet.write_text(messages.Epoch(epoch, starts_at, fade_before, reason).to_json())
            case Show(epoch, shown):
                segment = messages.Segment(epoch, shown.starts_at, shown.position, _span(shown.loop))
                seat.outlet.write_text(segment.to_json())
            case Send():
                shared = len(self._pump.seats) > 1
                seat.outlet.write_binary(self._engine.packing.media(seat.codec, outgoing, now_us // 1000, shared=shared))

    def _tell(self) -> None:
        for notice in self.stream.notices():
            for text in self._texts(notice):
                self._write_all(text)

    def _write_all(self, text: str) -> None:
        for seat in self.seats:
            seat.outlet.write_text(text)

    def _texts(self, notice: Notice) -> Iterator[str]:
        match notice:
            case Changed():
                yield self._state(notice)
            case Heard(edit, splice_frame):
                told = messages.Edit(edit.edit_id, edit.path, edit.value, edit.author, splice_frame)
                yield told.to_json()
            case Broken():
                yield messages.Error("render_failed", "this stream cannot be rendered; open it again", fatal=True).to_json()

    def _standing(self) -> Changed:
        """The transport as it is now."""
        stream, transport, epoch = self.stream, self.stream.transport, self.stream.feed.epoch
        is_playing = transport.state == "playing"
        frame = stream.listeners.playhead(self.now_us()) if is_playing else transport.frame
        shown = stream.feed.shown(frame) if transport.is_running else []
        position = shown[0].position if shown else transport.position
        return Changed(transport.state, frame, position, epoch.number if epoch else 0, transport.loop)

    def _state(self, notice: Changed) -> str:
        return messages.State(
            notice.state, notice.frame, notice.position, notice.epoch, _span(notice.loop), self._revision(), self.now_us()
        ).to_json()


def _span(loop: tuple[int, int] | None) -> messages.Span | None:
    return None if loop is None else {"start": loop[0], "end": loop[1]}
