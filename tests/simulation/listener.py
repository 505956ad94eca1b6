"""A listener that keeps to the protocol, and sees to it that the server does: every message is checked as it comes.

It keeps a ring by stream time, plays it in (simulated) real time, acknowledges, reports late splices, reconnects when its line
breaks. What it has heard is compared with the log afterwards (``bounce.py``).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from simulation.book import Book
from simulation.codec import PACKET_BYTES
from simulation.line import Epoch, Line
from simulation.loop import SimulatedLoop
from simulation.network import Quality
from simulation.peer import Peer
from simulation.tape import Packets, Ring, Samples

from dsp.desk.mix import Mix, MixError
from dsp.grid import QUANTUM, RATE

HEADER = struct.Struct("<BBHIQII")
CODECS = {"pcm-f32": 1, "pcm-s16": 2, "opus": 3}
FRAME_BYTES = {"pcm-f32": 8, "pcm-s16": 4}
ACK_S = 0.5


@dataclass(eq=False)
class Listener:
    """One listener of one stream."""

    name: str
    loop: SimulatedLoop
    chance: Random
    book: Book
    codec: str
    buffer_frames: int
    qualities: tuple[Quality, Quality]
    connect: Callable[[Peer], None]
    comes_back: bool = True
    ring: Ring = field(default_factory=Ring)
    samples: Samples = field(default_factory=Samples)
    packets: Packets = field(default_factory=Packets)
    line: Line = field(default_factory=Line)
    epoch: Epoch = field(default_factory=Epoch)
    transport: str = "stopped"
    mix: Mix | None = None
    underruns: list[int] = field(default_factory=list)
    heard_of: Callable[[dict[str, Any]], None] = lambda _: None
    errors: list[dict[str, Any]] = field(default_factory=list)
    caused_us: int = 0
    _report: dict[str, int] = field(default_factory=dict)
    _has_left: bool = False

    # Its line

    def arrive(self) -> None:
        """Connect, or connect again."""
        self.line.peer = Peer(self.loop, self.chance, self, *self.qualities)
        self.line.is_welcome = False
        self.line.credit = self.line.epoch = 0
        self.connect(self.line.peer)

    def opened(self) -> None:
        """Introduce oneself."""
        resume = {"resume": self.line.token} if self.line.token else {}
        self.say("hello", codecs=[self.codec], buffer_frames=self.buffer_frames, **resume)
        self.loop.call_later(ACK_S * self.chance.uniform(0.5, 1.0), self._tick, self.line.peer)

    def say(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        if self.line.peer is not None:
            self.line.peer.say(kind, **fields)

    def lost(self, code: int, how: str) -> None:
        """The line has ended."""
        self.book.note(self.name, f"lost {code} {how}")
        self.line.ended = code, how
        self._pass()
        if self.line.down_since is None:
            self.line.down_since = self.ring.playhead
        if self.comes_back and not self._has_left and code not in (4002, 4004, 1008, 1013):
            self.loop.call_later(self.chance.uniform(0.05, 1.5), self._return)
        else:
            self._has_left = True

    def _return(self) -> None:
        if not self._has_left:
            self.arrive()

    def cut(self) -> None:
        """The line breaks, and is made again."""
        if self.line.peer is not None and not self.line.peer.is_gone:
            self.line.peer.cut()
            self.lost(1006, "cut")

    def leave(self, code: int = 1000) -> None:
        """Go for good."""
        self._pass()
        self._has_left = True
        if self.line.peer is not None:
            self.line.peer.leave(code)

    @property
    def is_here(self) -> bool:
        """Whether it has a line on which it was welcomed."""
        return self.line.is_welcome and self.line.peer is not None and not self.line.peer.is_gone and not self._has_left

    # What it is told

    def text(self, told: dict[str, Any]) -> None:
        """A control message."""
        self._pass()
        match told["type"]:
            case "welcome":
                self._welcomed(told)
            case "state":
                self._stated(told)
            case "epoch":
                self._announced(told)
            case "segment":
                self._expect(told["epoch"] == self.epoch.number, f"segment of epoch {told['epoch']} in {self.epoch}")
            case "edit":
                self._edited(told)
            case "error":
                self.errors.append(told)
                self._expect(not told["fatal"] or told["code"] == "render_failed", f"a fatal error: {told}")
        self.heard_of(told)

    def _welcomed(self, told: dict[str, Any]) -> None:
        self.line.token, self.line.is_welcome = told["resume"], True
        self._expect(told["codec"] == self.codec, f"codec {told['codec']}")
        self.mix = Mix.parse(told["mix"]["document"])
        self.epoch.is_fresh = False

    def _stated(self, told: dict[str, Any]) -> None:
        ring, frame, before = self.ring, told["frame"], self.transport
        self.transport = told["transport"]
        self.book.note(self.name, f"state {self.transport} {frame} at {ring.playhead}")
        self.settle()
        if self.transport == "playing" and before == "paused":
            ring.hold = None
        elif self.transport in ("paused", "stopped"):
            ring.hold = frame
            ring.excuse(frame, ring.playhead)  # it was told too late to stop there
            if self.transport == "stopped":
                ring.supersede(frame)
        if self.is_here:
            self._ack()

    def _announced(self, told: dict[str, Any]) -> None:
        number, start, reason = told["epoch"], told["starts_at"], told["reason"]
        self.book.note(self.name, f"epoch {number} {reason} from {start}, at {self.ring.playhead}")
        self._expect(number > self.line.epoch, f"epoch {number} after {self.line.epoch}")
        self.line.epoch = number
        self.settle()
        if reason == "resume":
            # What it was told last may have been superseded meanwhile.
            since = min(self.epoch.starts_at, self.ring.playhead)
            self.ring.excuse(since if self.line.down_since is None else min(since, self.line.down_since), start)
        if reason in ("start", "resume"):
            self.line.credit = max(self.line.credit, start)
            self.line.down_since = None
        first = start - start % QUANTUM if self.codec == "opus" else start
        self.epoch = Epoch(number, start, reason, first, is_fresh=True)
        self.packets.decoder.reset()

    def settle(self) -> None:
        """What was played of the past of an epoch whose audio has not come yet was something else, and cannot be helped."""
        if self.epoch.is_fresh:
            self.ring.excuse(self.epoch.starts_at, self.ring.playhead)

    def _edited(self, told: dict[str, Any]) -> None:
        """Follow the desk. The welcome may have told of an edit already, and of what undid its place."""
        try:
            self.mix = self.mix and self.mix.set(told["path"], told["value"])
        except MixError:
            self.mix = None

    # Audio

    def media(self, content: bytes) -> None:
        """A media message."""
        self._pass()
        kind, codec, flags, epoch, start, frames, _ = HEADER.unpack_from(content)
        self._expect(epoch == self.epoch.number, f"media of epoch {epoch} in epoch {self.epoch.number}")
        self._expect(codec == CODECS[self.codec], f"codec {codec}")
        payload = content[HEADER.size :]
        if kind == 2:
            self._decode(start, payload, kept=False)
            return
        stop = start + frames
        self._expect(start == self.epoch.at, f"epoch {epoch}: frame {start} came, {self.epoch.at} was next")
        self._expect(not self.epoch.is_last, f"epoch {epoch}: media after the last")
        promised = self.line.credit + self.buffer_frames
        self._expect(stop <= promised, f"sent up to {stop}, promised up to {promised}")
        self.epoch.at, self.epoch.is_last = stop, bool(flags & 1)
        self._keep(start, frames, payload)
        if self.epoch.is_fresh and (stop > self.ring.playhead or self.epoch.is_last):
            self._join()
        if not self.epoch.is_fresh:
            self._add(max(start, self.epoch.starts_at), stop)

    def _add(self, start: int, stop: int) -> None:
        if stop > start:
            self.ring.add(start, stop)
        if self.epoch.is_last:
            self.ring.end = stop
        self.ring.advance(self.loop.now_us())

    def _join(self) -> None:
        """An epoch's first audio is there: it takes the place of what was, from its start on or, if that is late, as it can."""
        ring, start = self.ring, self.epoch.starts_at
        self.epoch.is_fresh = False
        ring.end = None
        if self.transport == "playing":
            ring.hold = None
        late = ring.playhead - start
        ring.supersede(start)
        if late > 0:
            ring.excuse(start, ring.playhead + 1)
            self._report["late"] = late
            self.book.figures["late splices"] += 1
        if self.caused_us:
            self._report["ready_us"] = self.loop.now_us() - self.caused_us
            self.caused_us = 0
        self.loop.call_soon(self._ack)

    def _keep(self, start: int, frames: int, payload: bytes) -> None:
        if self.codec == "opus":
            packets = -(-frames // QUANTUM) + bool(self.epoch.is_last)
            self._expect(len(payload) == packets * (PACKET_BYTES + 2), f"{packets} packets at {start}, {len(payload)} bytes came")
            self._decode(start, payload, kept=True)
            return
        self._expect(len(payload) == frames * FRAME_BYTES[self.codec], f"{frames} frames at {start}, {len(payload)} bytes came")
        audio = np.frombuffer(payload, "<f4" if self.codec == "pcm-f32" else "<i2").reshape(-1, 2)
        skipped = min(max(0, self.ring.playhead - start), frames)
        self.samples.write(start + skipped, audio[skipped:])

    def _decode(self, start: int, payload: bytes, *, kept: bool) -> None:
        step = PACKET_BYTES + 2
        for number, at in enumerate(range(0, len(payload), step), start // QUANTUM):
            audio = self.packets.decoder.decode(payload[at + 2 : at + step])
            self._expect(audio is not None, f"packet {number} leans on one that did not come")
            if kept and (number + 1) * QUANTUM > self.ring.playhead:
                self.packets.kept[number] = audio

    # Time

    def _pass(self) -> None:
        """Play up to now."""
        if self.ring.advance(self.loop.now_us()) and self.transport == "playing" and not self._has_left:
            self.book.note(self.name, f"runs dry at {self.ring.playhead}")
            self.book.figures["underruns"] += 1
            if self.line.down_since is None:  # else it was away for longer than its buffer lasts
                self.underruns.append(self.ring.playhead)

    def _tick(self, peer: Peer) -> None:
        if peer is self.line.peer and not peer.is_gone and not self._has_left:
            self._ack()
            self.loop.call_later(ACK_S, self._tick, peer)

    def _ack(self) -> None:
        self._pass()
        if not self.is_here or not self.epoch.number or self.line.down_since is not None:
            return
        playhead = self.ring.playhead
        self.line.credit = max(self.line.credit, playhead)
        report, self._report = self._report, {}
        self.say(
            "ack", epoch=self.epoch.number, played_to=playhead, buffered=max(0, self.ring.reaches - playhead),
            client_us=self.loop.now_us(), **report,
        )  # fmt: skip

    def _expect(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.book.fail(self.name, sentence)

    def played(self) -> int:
        """Frames heard."""
        return sum(stop - start for start, stop in self.ring.heard)

    @property
    def lead_s(self) -> float:
        """Seconds of audio ahead of the playhead."""
        return (self.ring.reaches - self.ring.playhead) / RATE
