"""What all containers of Opus count alike."""

from hypothesis import given
from hypothesis import strategies as st

from dsp.grid import QUANTUM
from streaming.listening.containers import DELAY, Bare, opus_head, packets_of


@given(st.integers(0, 10_000_000))
def test_the_last_packet_brings_out_the_last_frame(frames: int) -> None:
    """As many packets as it takes, no more, and their padding is less than a packet."""
    packets, padding = packets_of(frames)
    assert packets * QUANTUM == DELAY + frames + padding
    assert 0 <= padding < QUANTUM


def test_head_is_that_of_the_standard() -> None:
    """Version 1, two channels, what is skipped, the rate, no gain, mapping family 0 (RFC 7845, section 5.1)."""
    assert opus_head(312) == b"OpusHead" + bytes((1, 2, 0x38, 0x01, 0x80, 0xBB, 0, 0, 0, 0, 0))


def test_bare_packets_follow_each_other() -> None:
    """What needs no container is a beginning and packets."""
    bare = Bare(b"fLaC")
    assert bare.head(0) + bare.add([b"1", b"2"]) + bare.end([b"3"], 0) == b"fLaC123"
