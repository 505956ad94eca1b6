"""A listener as the protocol describes it, without a socket: it keeps a ring by stream time, plays it, checks the guarantees."""

from dsp.grid import QUANTUM, RATE, TILE
from streaming.listening.pacer import MEDIA, PREROLL, Announce, Send, Show
from streaming.protocol.notices import Changed

ENOUGH = 2 * QUANTUM


class FakeListener:
    """``ring`` holds what was received, by tile, ``heard`` what was played; ``late`` what was played before its splice came."""

    def __init__(self, name, codec="pcm-f32", buffer_frames=4 * RATE, delay_us=2_000):
        self.name, self.codec, self.buffer_frames, self.delay_us = name, codec, buffer_frames, delay_us
        self.inbox = []
        self.ring, self.heard, self.late = {}, {}, set()
        self.epoch, self.next_start, self.playhead = 0, None, None
        self.announced_at, self.credit, self.hold_at = 0, 0, None
        self.is_playing = self.is_waiting = self.ended = False
        self.underruns, self.shown, self.preroll = 0, [], None
        self.ack_due, self.report = False, {}
        self.transport = "stopped"
        self.end = None

    def take(self, message, content, now_us, caused_us):
        """A message has arrived."""
        match message:
            case Changed():
                self._changed(message)
            case Announce():
                self._announced(message)
            case Show():
                assert message.epoch == self.epoch
                self.shown.append(message.segment)
            case Send(kind=kind):
                assert message.epoch == self.epoch, "guarantee 5"
                if kind == PREROLL:
                    self.preroll = (message.start, content)
                else:
                    self._media(message, content)
                    self.report = {"ready_us": now_us - caused_us} if self.ack_due and caused_us else self.report

    def _changed(self, state):
        if state.state == "playing" and self.transport in ("stopped", "ended"):
            self.is_waiting = True
        self.transport = state.state
        if state.state == "playing":
            self.hold_at = None
        elif state.state in ("paused", "stopped"):
            self.hold_at = state.frame if self.hold_at is None else self.hold_at
        if state.state == "stopped":
            # What was received of the run beyond its end is void, whatever comes next.
            self.ring = {frame: tile for frame, tile in self.ring.items() if frame < state.frame}

    def _announced(self, message):
        assert message.epoch > self.epoch
        joins = message.reason in ("start", "resume")
        if message.reason == "resume":
            # It could not follow: what it was told of last may have been superseded since.
            self.late.update(range(self.announced_at // TILE * TILE, message.starts_at, TILE))
            self.ring = {frame: tile for frame, tile in self.ring.items() if frame < self.announced_at}
        self.epoch, self.next_start = message.epoch, None
        self.announced_at = message.starts_at
        if self.playhead is None or (joins and message.starts_at > self.playhead and not self.is_playing):
            self.playhead, self.is_waiting = message.starts_at, True
        if joins:
            self.credit = max(self.credit, message.starts_at)
            self.hold_at = None if message.reason == "start" and self.transport == "playing" else self.hold_at
        if self.playhead > message.starts_at:
            self.late.update(range(message.starts_at // TILE * TILE, int(self.playhead) + TILE, TILE))
            self.report["late"] = int(self.playhead) - message.starts_at
        self.ring = {frame: tile for frame, tile in self.ring.items() if frame < message.starts_at}
        self.end = None
        self.ack_due = True

    def _media(self, message, content):
        start, stop = message.start, message.start + message.frames
        expected = self.announced_at if self.codec != "opus" else self.announced_at // QUANTUM * QUANTUM
        assert start == (expected if self.next_start is None else self.next_start), "guarantee 1"
        assert stop <= self.credit + self.buffer_frames, "guarantee 3"
        assert message.kind == MEDIA
        self.next_start = stop
        if message.is_last:
            self.end = start if not message.frames else stop
        for index, frame in enumerate(range(start, stop, TILE)):
            if frame >= self.announced_at:
                self.ring[frame] = content[index]

    def play(self, frames):
        """``frames`` of time pass."""
        if self.playhead is None:
            return
        self.is_playing = self.hold_at is None or self.playhead < self.hold_at
        if not self.is_playing or self.transport == "ended":
            return
        if self.is_waiting and not self._has(ENOUGH):
            return
        self.is_waiting = False
        stop = self.playhead + frames if self.hold_at is None else min(self.playhead + frames, self.hold_at)
        for frame in range(-(-int(self.playhead) // TILE) * TILE, int(-(-stop // 1)), TILE):
            if frame not in self.ring:
                self._run_dry(frame)
                return
            self.heard[frame] = self.ring[frame]
        self.playhead = stop

    def _has(self, frames):
        first = -(-int(self.playhead) // TILE) * TILE
        return all(frame in self.ring for frame in range(first, first + frames, TILE))

    def _run_dry(self, frame):
        self.playhead = frame
        if self.announced_at > frame:
            self.playhead = self.announced_at  # a start after the end of the run before, or a skip
        elif self.transport == "playing" and self.end is None:
            self.underruns += 1
        self.is_waiting = True
