"""The shared clock: none for one, pinned for several, put back when nothing is left to be heard."""

from streaming.live.feed import Feed
from streaming.live.shared_clock import FRESH_US, LEAD_IN_US, PLAUSIBLE, Anchor, SharedClock

SECOND = 1_000_000
RATE = 48_000


def feed(ready_to: int = 0) -> Feed:
    """A feed that is ready up to a frame."""
    made = Feed(10 * RATE)
    made.ready_to = ready_to
    return made


def test_an_anchor_is_a_line() -> None:
    """48 frames a millisecond, before it and after it."""
    anchor = Anchor(RATE, SECOND)
    assert [anchor.frame_at(us) for us in (0, SECOND, 3 * SECOND)] == [0, RATE, 3 * RATE]


def test_who_is_alone_has_none() -> None:
    """A start, a pause and going on are heard at once, and there is nothing to tell."""
    clock = SharedClock(feed(RATE))
    assert clock.begin(0, 7, is_shared=False) == 7
    clock.hold(960)
    assert clock.resume(9, is_shared=False) == 9
    assert (clock.anchor, clock.news(10)) == (None, None)


def test_several_start_together_a_moment_later() -> None:
    """The first frame is heard when all can have it; they are told once."""
    clock = SharedClock(feed())
    assert clock.begin(960, 100, is_shared=True) == 100 + LEAD_IN_US
    assert clock.news(101) == (Anchor(960, 100 + LEAD_IN_US),)
    assert clock.news(102) is None


def test_a_second_listener_is_not_noticed() -> None:
    """What the first reported is what the clock is pinned to; without a report that can be believed, where it is known to be."""
    for heard, wanted in (
        (Anchor(RATE - 480, SECOND), Anchor(RATE - 480, SECOND)),
        (None, Anchor(RATE, SECOND)),
        (Anchor(RATE + PLAUSIBLE + 1, SECOND), Anchor(RATE, SECOND)),
        (Anchor(RATE - 4 * RATE, SECOND - FRESH_US - 1), Anchor(RATE, SECOND)),
    ):
        clock = SharedClock(feed(4 * RATE))
        clock.begin(0, 0, is_shared=False)
        clock.pin(RATE, heard, SECOND)
        assert clock.news(SECOND) == (wanted,)
        clock.pin(3 * RATE, None, 2 * SECOND)
        assert clock.news(2 * SECOND) == (wanted,), "a third is told, and nothing moves"
        clock.release()
        assert clock.news(2 * SECOND) == (None,)


def test_nothing_is_pinned_at_rest() -> None:
    """Who comes while nothing is played learns of the clock when it is."""
    clock = SharedClock(feed())
    clock.pin(0, None, 5)
    assert clock.news(5) is None


def test_a_pause_moves_the_clock() -> None:
    """It goes on from the frame at which all were held; if they have not stopped yet, nothing changes."""
    clock = SharedClock(feed(9 * RATE))
    clock.begin(0, 0, is_shared=True)
    before = clock.anchor
    clock.hold(2 * RATE)
    assert clock.resume(SECOND, is_shared=True) == SECOND
    assert clock.anchor == before
    clock.hold(2 * RATE)
    assert clock.resume(5 * SECOND, is_shared=True) == 5 * SECOND + LEAD_IN_US
    assert clock.anchor == Anchor(2 * RATE, 5 * SECOND + LEAD_IN_US)


def test_all_wait_when_rendering_cannot_follow() -> None:
    """The clock runs past what there is, and goes on from there once there is more; the end of a song is no such case."""
    there = feed(RATE)
    clock = SharedClock(there)
    clock.begin(0, 0, is_shared=True)
    clock.news(0)
    late = LEAD_IN_US + 2 * SECOND
    assert clock.news(late) is None
    there.ready_to = RATE + 960
    assert clock.news(late + 100) == (Anchor(RATE, late + 100 + LEAD_IN_US),)
    there.end = RATE + 960
    assert clock.news(late + 60 * SECOND) is None


def test_a_slow_first_chunk_delays_the_start() -> None:
    """A start later in stream time than what was rendered before it waits for its own first frame."""
    there = feed(RATE)
    clock = SharedClock(there)
    clock.begin(2 * RATE, 0, is_shared=True)
    clock.news(0)
    assert clock.news(SECOND) is None
    there.ready_to = 2 * RATE + 1920
    assert clock.news(2 * SECOND) == (Anchor(2 * RATE, 2 * SECOND + LEAD_IN_US),)
