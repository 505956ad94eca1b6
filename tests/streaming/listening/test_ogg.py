"""Ogg files as others read them."""

from pathlib import Path

from helpers.opus_files import LONGEST, check_broken_line, check_every_frame, check_programs
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM
from streaming.listening.ogg import Ogg

SHORTEST = 1


@settings(max_examples=15)
@given(st.integers(SHORTEST, LONGEST - QUANTUM), st.lists(st.integers(1, 40), max_size=30), st.sampled_from((0, 0, 1, 9)))
def test_every_frame_is_there_and_no_other(frames: int, cuts: list[int], first: int) -> None:
    """However the packets came, and wherever a listener joins: what is decoded is what libopus gives, frame for frame."""
    check_every_frame(Ogg(), frames, cuts, first)


def test_programs_read_it(tmp_path: Path) -> None:
    """Ffprobe finds 48 kHz stereo Opus and nothing wrong, ffmpeg decodes every frame."""
    check_programs(Ogg(), tmp_path, "ogg")


def test_a_broken_line_leaves_whole_packets() -> None:
    """A file that ends anywhere is decoded up to its last whole piece."""
    check_broken_line(Ogg())
