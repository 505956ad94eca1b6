"""Where a listener is and how early it must be told: its playhead, estimated from acknowledgements, and its splice margin."""

from collections import deque

from dsp.grid import RATE
from streaming.render.job import NEVER

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
        self._zeros: deque[int] = deque(maxlen=_ACKS)
        self._earliest = self._runs_to_us = 0
        self._frame = frame
        self._least = 0
        self._limit = NEVER

    def run(self, frame: int, now_us: int, *, waits: bool = False) -> None:
        """It begins to play (or goes on) at ``frame`` now, or in a moment, until when it plays what is before or ``waits``."""
        self._zeros.clear()
        self._anchor(frame, now_us)
        self._least = frame if waits else 0
        self._limit = NEVER

    def stand(self, frame: int) -> None:
        """It stands at ``frame``."""
        self._zeros.clear()
        self._frame, self._limit = frame, NEVER

    def hold(self, frame: int) -> None:
        """It will stop at ``frame``, an announced pause or end."""
        self._limit = frame

    def resume(self, now_us: int) -> None:
        """It goes on from where it stopped, or has not stopped yet."""
        self.run(self.at(now_us), now_us, waits=True)

    def ack(self, played_to: int, now_us: int) -> None:
        """It said that it has played to ``played_to``."""
        if not self._zeros:
            self._frame = played_to
            return
        if played_to < self.at(now_us) - _STALL:
            self._zeros.clear()  # it stood still meanwhile
        self._anchor(played_to, now_us)

    def at(self, now_us: int) -> int:
        """The stream frame that is played now."""
        if not self._zeros:
            return min(self._frame, self._limit)
        return max(self._least, min(self._limit, (min(now_us, self._runs_to_us) * RATE - self._earliest) // 1_000_000))

    def _anchor(self, frame: int, now_us: int) -> None:
        """Note when frame 0 would have been played, in millionths of a frame."""
        self._zeros.append(now_us * RATE - frame * 1_000_000)
        self._earliest = min(self._zeros)
        self._runs_to_us = now_us + EXTRAPOLATED_US


class Margin:
    """How far ahead of its playhead a listener's splices must lie: the p95 of its set-to-ring times and a little more.

    ``us`` is the margin that the next splice gets.
    """

    HIGHEST_US = 250_000
    _SCHEDULING_US = 5_000
    _REPORTS = 64
    _TRUSTED = 8

    def __init__(self, lowest_us: int, first_us: int) -> None:
        self.us = first_us
        self._lowest_us, self._first_us = lowest_us, first_us
        self._ready_us: deque[int] = deque(maxlen=self._REPORTS)

    @property
    def frames(self) -> int:
        """The margin in frames."""
        return frames_in(self.us)

    def ready(self, us: int) -> None:
        """A splice was in the listener's ring ``us`` microseconds after its cause was sent."""
        self._ready_us.append(min(us, self.HIGHEST_US))
        ranked = sorted(self._ready_us)
        wanted = ranked[(len(ranked) * 95 - 1) // 100] + self._SCHEDULING_US
        if len(ranked) < self._TRUSTED:
            wanted = max(wanted, self._first_us)
        self.us = max(self._lowest_us, min(wanted, self.HIGHEST_US))

    def late(self, frames: int) -> None:
        """A splice came ``frames`` after its frame had been played: begin again from a margin that would have done."""
        self.us = self._first_us = min(self.us + us_of(frames) + self._SCHEDULING_US, self.HIGHEST_US)
        self._ready_us.clear()
