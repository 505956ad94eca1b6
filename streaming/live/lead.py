"""How far ahead of the playhead a stream is rendered, and in how large chunks: small while somebody drags, large at rest."""

from dataclasses import dataclass

from dsp.grid import QUANTUM, RATE, ceil_quantum, ceil_tile
from streaming.live.playhead import us_of
from streaming.live.slots import SPACING

FIRST = 2 * QUANTUM
"""Frames of the first chunk after a start or a splice (40 ms)."""

STEADY = 5 * QUANTUM
"""Frames of a chunk at rest (100 ms)."""

REFILL_US = 25_000
"""After a splice the refill waits this long: another edit would make it useless."""

HOLD_US = 150_000
"""Until this long after the last splice the lead stays short."""

_HELD = RATE // 10

_APART = 3 * RATE // 10
"""The last slot before the playhead lies hardly further behind it than this."""

_AT_ONCE = 7 * RATE // 20
"""Frames that the first chunk of a splice may go beyond what was ready: the largest margin, 40 ms, and whole quanta."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a stream: its lead, what its arena must hold for that, and how much of its log is kept."""

    lead_frames: int = 2 * RATE
    log_entries: int = 50_000

    @property
    def slots(self) -> int:
        """Slots of its arena: one for every 200 ms of the lead, and five for splices and what was played last."""
        return 5 + -(-self.lead_frames // SPACING)

    @property
    def ring_frames(self) -> int:
        """Frames of audio that its arena holds: the lead, and the second before the playhead."""
        return ceil_quantum(self.lead_frames + RATE)

    @property
    def reach_frames(self) -> int:
        """How far beyond the last slot that a splice could take chunks at rest may end."""
        return self.lead_frames + _APART

    @property
    def ahead_frames(self) -> int:
        """How far beyond such a slot anything is rendered: what long lines must still hold behind it (``dsp/slot/rings.py``)."""
        return ceil_tile(self.reach_frames + _AT_ONCE)


class Lead:
    """The policy of one stream."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._chunk = FIRST
        self._refill_us = 0
        self._held_until_us = 0

    @property
    def reach_frames(self) -> int:
        """How far beyond the last slot that a splice could take chunks at rest may end."""
        return self._limits.reach_frames

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
