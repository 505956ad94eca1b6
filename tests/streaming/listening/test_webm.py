"""WebM files as others read them."""

from pathlib import Path

from helpers.opus_files import LONGEST, check_broken_line, check_every_frame, check_programs, packed
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM
from streaming.listening.webm import WebM

SHORTEST = 649
"""libav does not cut the padding of a WebM file of one packet."""


@settings(max_examples=15)
@given(st.integers(SHORTEST, LONGEST - QUANTUM), st.lists(st.integers(1, 40), max_size=30), st.sampled_from((0, 0, 1, 9)))
def test_every_frame_is_there_and_no_other(frames: int, cuts: list[int], first: int) -> None:
    """However the packets came, and wherever a listener joins: what is decoded is what libopus gives, frame for frame."""
    check_every_frame(WebM(), frames, cuts, first)


def test_programs_read_it(tmp_path: Path) -> None:
    """Ffprobe finds 48 kHz stereo Opus and nothing wrong, ffmpeg decodes every frame."""
    check_programs(WebM(), tmp_path, "matroska,webm")


def test_a_broken_line_leaves_whole_packets() -> None:
    """A file that ends anywhere is decoded up to its last whole piece."""
    check_broken_line(WebM())


def test_clusters_are_short_and_whole() -> None:
    """Packets that come at once are cut into clusters of 100 ms that say their size; the last stands alone with its padding."""
    packets, padding = packed(12 * QUANTUM)
    file = WebM()
    file.head(312)
    burst = file.add(packets[:10])
    assert burst.count(b"\x1f\x43\xb6\x75") == 2
    assert file.end(packets[10:], padding).count(b"\x75\xa2\x88") == 1
