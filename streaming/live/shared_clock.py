"""The clock that the listeners of one stream share: which frame leaves everybody's loudspeaker when, by the server's clock.

Whoever listens alone has none, and plays as soon as there is audio. From the second listener on the stream's time is pinned to
the server's: at a start or after a pause a little ahead, so that all can be ready; while somebody plays already, to what is heard
there, so that nobody notices that another has come. If rendering cannot follow, the clock is put back: all wait.
"""

from dataclasses import dataclass

from streaming.live.feed import Feed
from streaming.live.playhead import frames_in

LEAD_IN_US = 250_000
"""How long after a start its first frame is heard where several listen: time to render, send, decode and buffer."""

FRESH_US = 3_000_000
"""What a listener reported longer ago than this says nothing of what is heard now."""

PLAUSIBLE = 24_000
"""Frames by which such a report may be away from where its listener is known to be."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Stream frame ``frame`` leaves the loudspeakers at ``at_us``."""

    frame: int
    at_us: int

    def frame_at(self, now_us: int) -> int:
        """The frame that is heard at a time."""
        return self.frame + frames_in(now_us - self.at_us)


class SharedClock:
    """The clock of one stream's listeners."""

    def __init__(self, feed: Feed) -> None:
        self.anchor: Anchor | None = None
        self.is_running = False
        self._feed = feed
        self._first = 0
        self._held = 0
        self._starved_at: int | None = None
        self._told: Anchor | None = None
        self._tell = False

    def begin(self, frame: int, now_us: int, is_shared: bool) -> int:
        """A run begins at ``frame``; answers when it will be heard."""
        self.is_running, self._first, self._starved_at = True, frame, None
        self.anchor = Anchor(frame, now_us + LEAD_IN_US) if is_shared else None
        return self.anchor.at_us if self.anchor else now_us

    def hold(self, frame: int) -> None:
        """All will stop at ``frame``; until then the clock holds."""
        self.is_running, self._held, self._starved_at = False, frame, None

    def resume(self, now_us: int, is_shared: bool) -> int:
        """All go on from where they were held, or have not stopped yet; answers when."""
        if is_shared and self.anchor and self.anchor.frame_at(now_us) < self._held:
            self.is_running = True
            return now_us
        return self.begin(self._held, now_us, is_shared)

    def pin(self, frame: int, heard: Anchor | None, now_us: int) -> None:
        """Somebody else has come while ``frame`` is played: pin the clock, if it is not, to what was reported heard there."""
        self._tell = True
        if self.anchor or not self.is_running:
            return
        plausible = heard is not None and abs(heard.frame_at(now_us) - frame) <= PLAUSIBLE and now_us - heard.at_us <= FRESH_US
        self.anchor = heard if heard is not None and plausible else Anchor(frame, now_us)

    def release(self) -> None:
        """Nobody is left to be in time with."""
        self.anchor = None

    def news(self, now_us: int) -> tuple[Anchor | None] | None:
        """What all are to be told of the clock now, if anything."""
        self._wait_for_audio(now_us)
        if self._told == self.anchor and not (self._tell and self.anchor):
            self._tell = False
            return None
        self._told, self._tell = self.anchor, False
        return (self.anchor,)

    def _wait_for_audio(self, now_us: int) -> None:
        """Where nothing is left to be heard by anybody, go on from there once there is."""
        feed, anchor = self._feed, self.anchor
        if anchor is None or not self.is_running or feed.end is not None:
            return
        there = max(self._first, feed.ready_to)
        if self._starved_at is None:
            if anchor.frame_at(now_us) > there:
                self._starved_at = there
        elif there > self._starved_at:
            self.anchor = Anchor(self._starved_at, now_us + LEAD_IN_US)
            self._starved_at = None
