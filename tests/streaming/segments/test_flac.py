"""FLAC frames under other numbers."""

import numpy as np
from helpers.music import music
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streaming.broadcast.transcoder import Transcoder
from streaming.segments.flac import numbered

AUDIO = music(2, 8_000)


def frames() -> list[bytes]:
    """Frames as libav makes them: a whole one and a shorter one."""
    transcoder = Transcoder("flac")
    return [*transcoder.encode(AUDIO[:4_800]), *transcoder.encode(AUDIO[4_800:]), *transcoder.finish()]


FIRST, SHORT = frames()


def test_the_same_number_is_the_same_frame() -> None:
    """Checksums included: what libav wrote is what we write."""
    assert numbered(FIRST, 0) == FIRST
    assert numbered(SHORT, 1) == SHORT
    assert numbered(numbered(SHORT, 70_000), 1) == SHORT


@settings(max_examples=30)
@given(st.integers(0, 2**31 - 1))
@example(127)
@example(128)
@example(2**31 - 1)
def test_numbers_are_coded_as_utf8_would(number: int) -> None:
    """Up to what Unicode can hold Python's own coding agrees, and every number can be taken back."""
    frame = numbered(FIRST, number)
    if number < 0xD800:
        coded = chr(number).encode()
        assert frame[4 : 4 + len(coded)] == coded
    assert numbered(frame, 0) == FIRST
    assert np.frombuffer(frame[:4], np.uint8).tolist() == list(FIRST[:4])
