"""Where a listener is and how early it must be told: its playhead, estimated from acknowledgements, and its splice margin."""

from collections import deque

from dsp.grid import RATE
from streaming.job import NEVER

EXTRAPOLATED_US = 1_500_000
"""Beyond this after an acknowledgement a listener is taken to stand still."""

_ACKS = 4
_STALL = RATE // 5


def frames_in(us: int) -> int:
    """Frames that are played in a number of microseconds."""
    return us * RATE // 1_000_000


def us_of(frames: int) -> int:
    """Microseconds, rounded up, in which frames are played."""
    return -(-frames * 1_000_000 // RATE)


class Playhead:
    """The stream frame that one listener plays, as far as is known here.

    A late acknowledgement says less than was played, so the one that promises most among the last few counts.
    """

    def __init__(self, frame: int = 0) -> None:
        self._acks: deque[tuple[int, int]] = deque(maxlen=_ACKS)
        self._frame = frame
        self._limit = NEVER

    def run(self, frame: int, now_us: int) -> None:
        """It begins to play (or goes on) at ``frame`` now."""
        self._acks.clear()
        self._acks.append((frame, now_us))
        self._limit = NEVER

    def stand(self, frame: int) -> None:
        """It stands at ``frame``."""
        self._acks.clear()
        self._frame, self._limit = frame, NEVER

    def hold(self, frame: int) -> None:
        """It will stop at ``frame``, an announced pause or end."""
        self._limit = frame

    def resume(self, now_us: int) -> None:
        """It goes on from where it stopped, or has not stopped yet."""
        self.run(self.at(now_us), now_us)

    def ack(self, played_to: int, now_us: int) -> None:
        """It said that it has played to ``played_to``."""
        if not self._acks:
            self._frame = played_to
            return
        if played_to < self.at(now_us) - _STALL:
            self._acks.clear()  # it stood still meanwhile
        self._acks.append((played_to, now_us))

    def at(self, now_us: int) -> int:
        """The stream frame that is played now."""
        if not self._acks:
            return min(self._frame, self._limit)
        elapsed = min(now_us, self._acks[-1][1] + EXTRAPOLATED_US)
        return min(self._limit, max(played_to + frames_in(elapsed - at_us) for played_to, at_us in self._acks))


class Margin:
    """How far ahead of its playhead a listener's splices must lie: the p95 of its set-to-ring times and a little more."""

    HIGHEST_US = 250_000
    _SCHEDULING_US = 5_000
    _REPORTS = 64
    _TRUSTED = 8

    def __init__(self, lowest_us: int, first_us: int) -> None:
        self._lowest_us, self._first_us = lowest_us, first_us
        self._ready_us: deque[int] = deque(maxlen=self._REPORTS)

    @property
    def us(self) -> int:
        """The margin that the next splice gets."""
        wanted = self._first_us
        if self._ready_us:
            ranked = sorted(self._ready_us)
            wanted = ranked[(len(ranked) * 95 - 1) // 100] + self._SCHEDULING_US
            if len(ranked) < self._TRUSTED:
                wanted = max(wanted, self._first_us)
        return max(self._lowest_us, min(wanted, self.HIGHEST_US))

    @property
    def frames(self) -> int:
        """The margin in frames."""
        return frames_in(self.us)

    def ready(self, us: int) -> None:
        """A splice was in the listener's ring ``us`` microseconds after its cause was sent."""
        self._ready_us.append(min(us, self.HIGHEST_US))

    def late(self, frames: int) -> None:
        """A splice came ``frames`` after its frame had been played: begin again from a margin that would have done."""
        self._first_us = min(self.us + us_of(frames) + self._SCHEDULING_US, self.HIGHEST_US)
        self._ready_us.clear()
