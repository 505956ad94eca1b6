"""Segments as bytes."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.segments.packing import Segment


@given(
    st.lists(st.binary(max_size=300), max_size=20),
    st.integers(0, 2**40),
    st.integers(0, 959),
    st.booleans(),
    st.binary(max_size=99),
)
def test_bytes_and_back(packets: list[bytes], frames: int, padding: int, is_last: bool, beginning: bytes) -> None:
    """What is written is read back."""
    segment = Segment(packets, frames, padding, is_last, beginning)
    assert Segment.of(segment.to_bytes()) == segment
