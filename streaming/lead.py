"""How far ahead of the playhead a stream is rendered, and in how large chunks: small while somebody drags, large at rest."""

from dataclasses import dataclass

from dsp.grid import QUANTUM, RATE
from streaming.playhead import us_of

FIRST = 2 * QUANTUM
"""Frames of the first chunk after a start or a splice (40 ms)."""

STEADY = 5 * QUANTUM
"""Frames of a chunk at rest (100 ms)."""

REFILL_US = 25_000
"""After a splice the refill waits this long: another edit would make it useless."""

HOLD_US = 150_000
"""Until this long after the last splice the lead stays short."""

_HELD = RATE // 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a stream: its lead, and how much of its log is kept."""

    lead_frames: int = 2 * RATE
    log_entries: int = 50_000


class Lead:
    """The policy of one stream."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._chunk = FIRST
        self._refill_us = 0
        self._held_until_us = 0

    def start(self) -> None:
        """A run begins: the full lead is wanted at once, in growing chunks."""
        self._chunk = FIRST
        self._refill_us = self._held_until_us = 0

    def splice(self, now_us: int) -> None:
        """What was rendered ahead is being superseded."""
        self._chunk = FIRST
        self._refill_us = now_us + REFILL_US
        self._held_until_us = now_us + HOLD_US

    def rendered(self) -> None:
        """A chunk is done: the next one may be larger."""
        self._chunk = min(2 * self._chunk, STEADY)

    def chunk(self, now_us: int, ahead: int, margin_frames: int) -> int:
        """Frames of the chunk that is due, if ``ahead`` frames lie before the playhead."""
        if now_us >= self._held_until_us:
            return self._chunk
        room = self._wanted(now_us, margin_frames) - ahead
        return max(FIRST, min(self._chunk, room - room % QUANTUM))

    def due_us(self, now_us: int, ahead: int, margin_frames: int) -> int:
        """When the next chunk is to be rendered, if ``ahead`` frames lie before the playhead."""
        least = FIRST if now_us < self._held_until_us else self._chunk
        due = now_us + us_of(max(0, ahead + least - self._wanted(now_us, margin_frames)))
        if now_us < self._held_until_us < due:
            due = self._held_until_us
        return max(due, self._refill_us)

    def _wanted(self, now_us: int, margin_frames: int) -> int:
        """How far ahead of the playhead chunks may end now."""
        if now_us < self._held_until_us:
            return min(self._limits.lead_frames, margin_frames + _HELD)
        return self._limits.lead_frames
