import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.live.admission import Admission


def test_admits_up_to_the_share():
    """Streams are admitted while their sum stays under the share of the cores."""
    admission = Admission(2, share=0.6, expected=0.1)
    admitted = [admission.admit(f"s{i}") for i in range(20)]
    assert [refusal is None for refusal in admitted] == [True] * 12 + [False] * 8


def test_a_refusal_says_why_and_when_to_ask_again():
    """It names the load, the limit and the seconds to wait."""
    admission = Admission(1, share=0.5, expected=0.5, retry_after_s=7)
    admission.admit("a")
    refusal = admission.admit("b")
    assert refusal
    assert str(refusal) == "1.00 of 0.50 cores would be taken; try again in 7 s"


def test_room_is_kept_for_those_ahead():
    """Who comes after others is admitted only where all of them fit as well, even into an empty house."""
    admission = Admission(1, share=0.5, expected=0.2)
    assert admission.admit("c", ahead=2)
    assert admission.admit("b", ahead=1) is None
    assert (admission.admit("c", ahead=1) is None, admission.admit("a") is None) == (False, True)


def test_the_first_stream_is_always_admitted():
    """A machine too slow for the expected cost still plays one."""
    assert Admission(1, expected=3.0).admit("a") is None


def test_measured_cost_takes_the_place_of_the_expected():
    """Once a stream has been rendered for a while, its own figures count; a dear first chunk says little."""
    admission = Admission(1, expected=0.5)
    admission.admit("a")
    admission.measured("a", audio_s=0.05, cpu_s=0.5)
    assert admission.load == pytest.approx(0.595)
    admission.measured("a", audio_s=5.0, cpu_s=0.05)
    assert admission.load == pytest.approx(0.01)


def test_cost_is_smoothed():
    """One dear chunk moves the cost by the share of its audio in the smoothing time."""
    admission = Admission(1)
    admission.admit("a")
    admission.measured("a", 5.0, 0.05)
    admission.measured("a", 0.1, 0.051)
    assert admission.load == pytest.approx(0.02)


def test_new_streams_are_taken_to_cost_what_the_dear_ones_do():
    """A full house of heavy mixes is not joined by one more at a light mix's price."""
    admission = Admission(1, share=0.6, expected=0.001)
    for stream in ("a", "b"):
        admission.admit(stream)
        admission.measured(stream, 5.0, 1.25)
    assert admission.admit("c")


def test_release_makes_room():
    """A stream that is over is not counted, nor are figures that come late."""
    admission = Admission(1, share=0.5, expected=0.4)
    admission.admit("a")
    assert admission.admit("b")
    admission.release("a")
    admission.measured("a", 1.0, 0.4)
    assert (admission.load, admission.admit("b"), len(admission)) == (0, None, 1)


@given(st.lists(st.tuples(st.floats(0.001, 1), st.floats(0, 2)), max_size=50))
def test_the_load_stays_within_what_was_measured(chunks):
    """Smoothing stays between what was expected and what was measured."""
    admission = Admission(1)
    admission.admit("a")
    expected = admission.load
    for audio_s, cpu_s in chunks:
        admission.measured("a", audio_s, cpu_s)
    costs = [expected, *(cpu_s / audio_s for audio_s, cpu_s in chunks)]
    assert min(costs) - 1e-9 <= admission.load <= max(costs) + 1e-9
