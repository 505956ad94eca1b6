"""Where time comes from: everything that must know the time is handed a clock, so that tests can turn it by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock."""

    def now_us(self) -> int:
        """Microseconds since some fixed instant."""
        ...


class MonotonicClock:
    """The machine's monotonic clock."""

    def now_us(self) -> int:
        """Microseconds since the machine's boot."""
        return time.monotonic_ns() // 1000


class ManualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, now_us: int = 0) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """The time that was set last."""
        return self._now_us

    def advance_us(self, us: int) -> None:
        """Let ``us`` microseconds pass."""
        self._now_us += us
