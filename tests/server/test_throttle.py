"""The token bucket that messages and pings go through."""

import pytest

from server.throttle import Throttle
from streaming.clock import ManualClock


def test_it_lets_a_burst_through() -> None:
    """So many at once, then so many a second; who was quiet may burst again, but not more."""
    clock = ManualClock()
    throttle = Throttle(clock, 250, 500)
    assert [throttle.take() for _ in range(500)] == [0.0] * 500
    assert throttle.take() == pytest.approx(1 / 250)
    clock.advance_us(3_600_000_000)
    assert [throttle.take() for _ in range(500)] == [0.0] * 500
    assert throttle.take() > 0
