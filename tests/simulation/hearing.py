"""What a listener hears: epochs and audio in, checked as they come; a ring that is played in (simulated) real time.

It knows the guarantees of the protocol and nothing of lines. What has been heard is compared with the log later (``bounce.py``).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from simulation.codec import PACKET_BYTES
from simulation.tape import Packets, Ring, Samples

from dsp.grid import QUANTUM

HEADER = struct.Struct("<BBHIQII")
CODECS = {"pcm-f32": 1, "pcm-s16": 2, "opus": 3}
FRAME_BYTES = {"pcm-f32": 8, "pcm-s16": 4}
PREROLL, LAST = 2, 1
GUARD = 240
"""Frames ahead of the playhead that a splice must have brought before it takes the place of what is played."""


@dataclass(slots=True)
class Epoch:
    """What was announced last; ``at`` is the frame that its next media begins with. It is fresh until it is played."""

    number: int = 0
    starts_at: int = 0
    at: int = 0
    is_fresh: bool = False
    is_last: bool = False


@dataclass
class Hearing:
    """Two ears. ``expect`` is told what must hold, ``joined`` how late an epoch was (0: in time) once it is played."""

    codec: str
    buffer_frames: int
    now_us: Callable[[], int]
    expect: Callable[[bool, str], None]
    joined: Callable[[int], None]
    ring: Ring = field(default_factory=Ring)
    samples: Samples = field(default_factory=Samples)
    packets: Packets = field(default_factory=Packets)
    epoch: Epoch = field(default_factory=Epoch)
    transport: str = "stopped"
    credit: int = 0
    """What was acknowledged last."""
    newest: int = 0
    """The newest epoch on this line."""
    down_since: int | None = None
    """The playhead when the line broke; nothing once there is audio of a new one."""

    def connect(self) -> None:
        """A new line: nothing was promised on it yet."""
        self.credit = self.newest = 0

    def disconnect(self) -> None:
        """The line is down."""
        if self.down_since is None:
            self.down_since = self.ring.playhead

    def stated(self, told: dict[str, Any]) -> None:
        """The transport is another, from a frame on."""
        ring, frame, before = self.ring, told["frame"], self.transport
        self.transport = told["transport"]
        self.settle()
        if self.transport == "playing" and before == "paused":
            ring.hold = None
        elif self.transport in ("paused", "stopped"):
            ring.hold = frame
            ring.excuse(frame, ring.playhead)  # it was told too late to stop there
            if self.transport == "stopped":
                ring.supersede(frame)

    def announced(self, told: dict[str, Any]) -> None:
        """From a frame on something else is to be heard."""
        number, start, reason = told["epoch"], told["starts_at"], told["reason"]
        self.expect(number > self.newest, f"epoch {number} after {self.newest}")
        has_missed, self.newest = number > self.newest + 1, number
        self.settle()
        if reason == "resume" or (reason == "start" and has_missed):
            # It could not follow, and what it was told last may have been superseded.
            self.ring.excuse(min(self.epoch.starts_at, self.ring.playhead), start)
        if reason in ("start", "resume"):
            self.credit = max(self.credit, start)
            self.down_since = None
        first = start - start % QUANTUM if self.codec == "opus" else start
        self.epoch = Epoch(number, start, first, is_fresh=True)
        self.packets.decoder.reset()

    def settle(self) -> None:
        """What was played of an epoch whose audio has not come yet, or while the line is down, cannot be helped."""
        if self.epoch.is_fresh:
            self.ring.excuse(self.epoch.starts_at, self.ring.playhead)
        if self.down_since is not None:  # what it was told last may have been superseded meanwhile
            self.ring.excuse(min(self.epoch.starts_at, self.down_since), self.ring.playhead)

    def media(self, content: bytes) -> None:
        """A media message."""
        kind, codec, flags, epoch, start, frames, _ = HEADER.unpack_from(content)
        self.expect(epoch == self.epoch.number, f"media of epoch {epoch} in epoch {self.epoch.number}")
        self.expect(codec == CODECS[self.codec], f"codec {codec}")
        payload = content[HEADER.size :]
        if kind == PREROLL:
            self._decode(start, payload, kept=False)
            return
        self._follows(start, start + frames)
        self.epoch.at, self.epoch.is_last = start + frames, bool(flags & LAST)
        self._keep(start, frames, payload)
        self._play(start, start + frames)

    def _follows(self, start: int, stop: int) -> None:
        """Guarantees 1 and 3."""
        epoch, promised = self.epoch, self.credit + self.buffer_frames
        self.expect(start == epoch.at, f"epoch {epoch.number}: frame {start} came, {epoch.at} was next")
        self.expect(not epoch.is_last, f"epoch {epoch.number}: media after the last")
        self.expect(stop <= promised, f"sent up to {stop}, promised up to {promised}")

    def _play(self, start: int, stop: int) -> None:
        epoch, ring = self.epoch, self.ring
        if epoch.is_fresh:
            if stop < ring.playhead + GUARD and not epoch.is_last:
                return
            self._join()
            start = epoch.starts_at
        if stop > start:
            ring.add(start, stop)
        if epoch.is_last:
            ring.end = stop
        ring.advance(self.now_us())

    def _join(self) -> None:
        """Enough of an epoch is there: it takes the place of what was, from its start on or, if that is late, as it can."""
        ring, start = self.ring, self.epoch.starts_at
        self.epoch.is_fresh = False
        ring.end = None
        if self.transport == "playing":
            ring.hold = None
        late = max(0, ring.playhead - start)
        ring.supersede(start)
        if late:
            ring.excuse(start, ring.playhead + 1)
        self.joined(late)

    def _keep(self, start: int, frames: int, payload: bytes) -> None:
        if self.codec == "opus":
            packets = -(-frames // QUANTUM) + bool(self.epoch.is_last)
            self.expect(len(payload) == packets * (PACKET_BYTES + 2), f"{packets} packets at {start}, {len(payload)} bytes came")
            self._decode(start, payload, kept=True)
            return
        self.expect(len(payload) == frames * FRAME_BYTES[self.codec], f"{frames} frames at {start}, {len(payload)} bytes came")
        audio = np.frombuffer(payload, "<f4" if self.codec == "pcm-f32" else "<i2").reshape(-1, 2)
        skipped = min(max(0, self.ring.playhead - start), frames)
        self.samples.write(start + skipped, audio[skipped:])

    def _decode(self, start: int, payload: bytes, *, kept: bool) -> None:
        step = PACKET_BYTES + 2
        for number, at in enumerate(range(0, len(payload), step), start // QUANTUM):
            audio = self.packets.decoder.decode(payload[at + 2 : at + step])
            self.expect(audio is not None, f"packet {number} leans on one that did not come")
            if kept and (number + 1) * QUANTUM > self.ring.playhead:
                self.packets.kept[number] = audio
