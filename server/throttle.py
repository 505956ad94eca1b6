"""A token bucket: so many at once, then so many a second."""

from streaming.clock import Clock


class Throttle:
    """Lets ``burst`` through at once and ``per_s`` a second; who was quiet for a while may burst again."""

    def __init__(self, clock: Clock, per_s: float, burst: int) -> None:
        self._clock, self._per_s, self._burst = clock, per_s, float(burst)
        self._tokens, self._since_us = self._burst, clock.now_us()

    def take(self) -> float:
        """Take one; answers after how many seconds the next may come (0: at once)."""
        now_us = self._clock.now_us()
        self._tokens = min(self._burst, self._tokens + (now_us - self._since_us) * self._per_s / 1e6) - 1.0
        self._since_us = now_us
        return max(0.0, -self._tokens / self._per_s)
