"""Ogg files as others read them."""

import io
from pathlib import Path

import av
import numpy as np
from helpers.opus_files import LONGEST, expected, packed, skip_from
from helpers.players import ffmpeg, ffprobe, require
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM
from streaming.listening.ogg import Ogg

NOISE = 2e-3
"""libav decodes Opus by code of its own, which differs from libopus's by less than this."""

SHORTEST = 1


def written(packets: list[bytes], padding: int, skip: int, cuts: list[int]) -> bytes:
    """A file whose packets came in pieces of these sizes; the last piece is what is left."""
    file, at = Ogg(), 0
    parts = [file.head(skip)]
    for cut in cuts:
        if at + cut < len(packets):
            parts.append(file.add(packets[at : at + cut]))
            at += cut
    return b"".join((*parts, file.end(packets[at:], padding)))


def read(content: bytes) -> np.ndarray:
    """What libav decodes."""
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray().T for frame in container.decode(audio=0)])


@settings(max_examples=15)
@given(st.integers(SHORTEST, LONGEST - QUANTUM), st.lists(st.integers(1, 40), max_size=30), st.sampled_from((0, 0, 1, 9)))
def test_every_frame_is_there_and_no_other(frames: int, cuts: list[int], first: int) -> None:
    """However the packets came, and wherever a listener joins: what is decoded is what libopus gives, frame for frame."""
    packets, padding = packed(frames)
    first = first if first + 5 < len(packets) else 0
    heard = read(written(packets[first:], padding, skip_from(first), cuts))
    wanted = expected(packets[first:], skip_from(first), padding)
    assert len(heard) == len(wanted) == frames - (first + 4) * QUANTUM * (first > 0)
    assert np.abs(heard - wanted).max() < NOISE


def test_programs_read_it(tmp_path: Path) -> None:
    """Ffprobe finds 48 kHz stereo Opus and nothing wrong, ffmpeg decodes every frame."""
    require("ffmpeg")
    packets, padding = packed(LONGEST - 777)
    (tmp_path / "file").write_bytes(written(packets, padding, skip_from(0), [5] * 10))
    found = ffprobe(tmp_path / "file")
    assert found["format"]["format_name"] == "ogg"
    assert (found["codec_name"], found["sample_rate"], found["channels"]) == ("opus", "48000", 2)
    assert len(ffmpeg(tmp_path / "file")) == LONGEST - 777


def test_a_broken_line_leaves_whole_packets(tmp_path: Path) -> None:
    """A file that ends anywhere is decoded up to its last whole piece."""
    packets, padding = packed(LONGEST - 777)
    content = written(packets, padding, skip_from(0), [5] * 10)
    heard = read(content[: len(content) * 2 // 3])
    wanted = expected(packets, skip_from(0), padding)
    assert len(wanted) // 2 < len(heard) < len(wanted)
    assert np.abs(heard - wanted[: len(heard)]).max() < NOISE
