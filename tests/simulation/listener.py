"""A listener that keeps to the protocol, and sees to it that the server does.

It says hello, acknowledges, reports late splices, follows the desk, and comes back when its line breaks. What comes out of it for
its ears is in ``hearing.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulation.book import Book
from simulation.hearing import Hearing
from simulation.loop import SimulatedLoop
from simulation.network import Quality
from simulation.peer import Peer

from dsp.desk.mix import Mix, MixError

ACK_S = 0.5
FOR_GOOD = (1008, 1013, 4002, 4004)
"""Codes after which nobody comes back."""


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
    peer: Peer | None = None
    token: str | None = None
    ids: set[str] = field(default_factory=set)
    """What the server has called it."""
    mix: Mix | None = None
    """The desk as it was told; nothing where it could not follow."""
    underruns: list[int] = field(default_factory=list)
    errors: int = 0
    caused_us: int = 0
    """When it turned a knob that it has not heard yet."""
    _report: dict[str, int] = field(default_factory=dict)
    _is_welcome: bool = False
    _has_left: bool = False

    def __post_init__(self) -> None:
        """Grow ears."""
        self.hearing = Hearing(self.codec, self.buffer_frames, self.loop.now_us, self._expect, self._joined)

    # Its line

    def arrive(self) -> None:
        """Connect, or connect again."""
        self.peer = Peer(self.loop, self.chance, self, *self.qualities)
        self._is_welcome = False
        self.hearing.connect()
        self.connect(self.peer)

    def opened(self) -> None:
        """Introduce oneself."""
        resume = {"resume": self.token} if self.token else {}
        self.say("hello", codecs=[self.codec], buffer_frames=self.buffer_frames, **resume)
        self.loop.call_later(ACK_S * self.chance.uniform(0.5, 1.0), self._tick, self.peer)

    def say(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        if self.peer is not None:
            self.peer.say(kind, **fields)

    def lost(self, code: int, how: str) -> None:
        """The line has ended."""
        self.book.note(self.name, f"lost {code} {how}")
        self._pass()
        self.hearing.disconnect()
        if self._has_left or code in FOR_GOOD:
            self._has_left = True
        else:
            self.loop.call_later(self.chance.uniform(0.05, 1.5), self._return)

    def _return(self) -> None:
        if not self._has_left:
            self.arrive()

    def cut(self) -> None:
        """The line breaks."""
        if self.peer is not None and not self.peer.is_gone:
            self.peer.cut()
            self.lost(1006, "cut")

    def leave(self, code: int = 1000) -> None:
        """Go for good."""
        self._pass()
        self.hearing.settle()
        self._has_left = True
        if self.peer is not None:
            self.peer.leave(code)

    @property
    def is_here(self) -> bool:
        """Whether it has a line on which it was welcomed."""
        return self._is_welcome and self.peer is not None and not self.peer.is_gone and not self._has_left

    @property
    def is_following(self) -> bool:
        """Whether it is here, and was sent audio since it came (back)."""
        return self.is_here and self.hearing.down_since is None

    # What it is told

    def text(self, told: dict[str, Any]) -> None:
        """A control message."""
        self._pass()
        hearing = self.hearing
        match told["type"]:
            case "welcome":
                self._welcomed(told)
            case "state":
                self.book.note(self.name, f"state {told['transport']} {told['frame']} at {hearing.ring.playhead}")
                hearing.stated(told)
                self._ack()
            case "epoch":
                what = f"epoch {told['epoch']} {told['reason']} from {told['starts_at']}, at {hearing.ring.playhead}"
                self.book.note(self.name, what)
                hearing.announced(told)
            case "segment":
                number = hearing.epoch.number
                self._expect(told["epoch"] == number, f"segment of epoch {told['epoch']} in epoch {number}")
            case "edit":
                self._edited(told)
            case "error":
                self.errors += 1
                self._expect(not told["fatal"] or told["code"] == "render_failed", f"a fatal error: {told}")

    def media(self, content: bytes) -> None:
        """A media message."""
        self._pass()
        self.hearing.media(content)

    def _welcomed(self, told: dict[str, Any]) -> None:
        self.token, self._is_welcome = told["resume"], True
        self.ids.add(told["listener_id"])
        self._expect(told["codec"] == self.codec, f"codec {told['codec']}")
        self.mix = Mix.parse(told["mix"]["document"])
        self.hearing.epoch.is_fresh = False

    def _edited(self, told: dict[str, Any]) -> None:
        """Follow the desk. The welcome may have told of an edit already, and of what undid its place."""
        try:
            self.mix = self.mix and self.mix.set(told["path"], told["value"])
        except MixError:
            self.mix = None

    # Time

    def _joined(self, late: int) -> None:
        if late:
            self._report["late"] = late
            self.book.figures["late splices"] += 1
        if self.caused_us:
            self._report["ready_us"] = self.loop.now_us() - self.caused_us
            self.caused_us = 0
        self.loop.call_soon(self._ack)

    def _pass(self) -> None:
        """Play up to now."""
        hearing = self.hearing
        if hearing.ring.advance(self.loop.now_us()) and hearing.transport == "playing" and self.is_following:
            self.book.note(self.name, f"runs dry at {hearing.ring.playhead}")
            self.book.figures["underruns"] += 1
            self.underruns.append(hearing.ring.playhead)

    def _tick(self, peer: Peer) -> None:
        if peer is self.peer and not peer.is_gone and not self._has_left:
            self._ack()
            self.loop.call_later(ACK_S, self._tick, peer)

    def _ack(self) -> None:
        self._pass()
        hearing, ring = self.hearing, self.hearing.ring
        if not self.is_following or not hearing.epoch.number:
            return
        hearing.credit = max(hearing.credit, ring.playhead)
        report, self._report = self._report, {}
        self.say(
            "ack", epoch=hearing.epoch.number, played_to=ring.playhead, buffered=max(0, ring.reaches - ring.playhead),
            client_us=self.loop.now_us(), **report,
        )  # fmt: skip

    def _expect(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.book.fail(self.name, sentence)

    def played(self) -> int:
        """Frames heard."""
        return sum(stop - start for start, stop in self.hearing.ring.heard)
