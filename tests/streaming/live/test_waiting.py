"""The waiting line: places in the order of coming, kept by asking, and never more than there are."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.live.clock import ManualClock
from streaming.live.waiting import PATIENCE_S, WaitingLine

PATIENCE_US = PATIENCE_S * 1_000_000


def test_places_are_given_in_the_order_of_coming():
    """Who asks again keeps the place; when one leaves, those behind move up."""
    line = WaitingLine(9, ManualClock())
    assert [line.stand(who) for who in "abcba"] == [1, 2, 3, 2, 1]
    assert [line.ahead(who) for who in "abcz"] == [0, 1, 2, 3]
    line.leave("a")
    line.leave("nobody")
    assert ([line.stand(who) for who in "cb"], len(line)) == ([2, 1], 2)


def test_a_full_line_takes_nobody():
    """Who finds it full is told nothing; those who stand in it keep their places."""
    line = WaitingLine(2, ManualClock())
    assert [line.stand(who) for who in "abcb"] == [1, 2, None, 2]
    assert WaitingLine(0, ManualClock()).stand("a") is None


def test_who_no_longer_asks_has_left():
    """After the time of patience a place is given up, not before."""
    clock = ManualClock()
    line = WaitingLine(9, clock)
    line.stand("a")
    line.stand("b")
    clock.advance_us(PATIENCE_US)
    assert line.stand("b") == 2
    clock.advance_us(1)
    assert (line.stand("b"), len(line), line.stand("a")) == (1, 1, 2)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.integers(0, PATIENCE_US)), max_size=60), st.integers(0, 4))
def test_nobody_is_overtaken(steps, places):
    """Whatever happens, the line is within its bound, places have no gaps, and who stays never moves back."""
    clock, last = ManualClock(), {}
    line = WaitingLine(places, clock)
    for who, leaves, us in steps:
        if leaves:
            line.leave(who)
            last.pop(who, None)
        else:
            place = line.stand(who)
            known = last.get(who)
            if known is not None and clock.now_us() - known[1] <= PATIENCE_US:
                assert place is not None
                assert place <= known[0]
            last[who] = (place, clock.now_us()) if place else None
        assert len(line) <= places
        assert sorted(line.ahead(one) for one in "abcdef")[: len(line)] == list(range(len(line)))
        clock.advance_us(us)
