"""Made-up music as Opus packets, what a container of them should hold, and whether it does: the same for every container."""

import io
from functools import cache
from pathlib import Path

import av
import numpy as np
from helpers.music import music
from helpers.opus_decoder import decoded
from helpers.players import ffmpeg, ffprobe, require
from numpy.typing import NDArray

from dsp.grid import QUANTUM
from streaming.listening.containers import DELAY, Container, packets_of
from streaming.render.opus import Encoder, Library, locate

LONGEST = 60 * QUANTUM

NOISE = 2e-3
"""libav decodes Opus by code of its own, which differs from libopus's by less than this."""


@cache
def song() -> NDArray[np.float32]:
    """1.2 s of music."""
    return music(3, LONGEST)


@cache
def _library() -> Library:
    return Library(locate() or "")


def packed(frames: int) -> tuple[list[bytes], int]:
    """So many frames as packets, and the padding of the last."""
    count, padding = packets_of(frames)
    audio = np.zeros((count * QUANTUM, 2), np.float32)
    audio[:frames] = song()[:frames]
    encoder = Encoder(_library())
    return [encoder.encode(audio[at : at + QUANTUM]) for at in range(0, len(audio), QUANTUM)], padding


def expected(packets: list[bytes], skip: int, padding: int) -> NDArray[np.float32]:
    """What libopus gives from the place where a file's sound begins to where it ends."""
    audio = decoded(packets)
    return audio[skip : len(audio) - padding]


def skip_from(first: int) -> int:
    """What is dropped of a file whose first packet is number ``first`` of the encoder's."""
    return DELAY + (0 if first == 0 else 4 * QUANTUM)


def written(file: Container, packets: list[bytes], padding: int, skip: int, cuts: list[int]) -> bytes:
    """A file whose packets came in pieces of these sizes; the last piece is what is left."""
    at, parts = 0, [file.head(skip)]
    for cut in cuts:
        if at + cut < len(packets):
            parts.append(file.add(packets[at : at + cut]))
            at += cut
    return b"".join((*parts, file.end(packets[at:], padding)))


def read(content: bytes) -> np.ndarray:
    """What libav decodes."""
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray().T for frame in container.decode(audio=0)])


def check_every_frame(file: Container, frames: int, cuts: list[int], first: int) -> None:
    """What is decoded of a file that begins with packet ``first`` is what libopus gives, frame for frame."""
    packets, padding = packed(frames)
    first = first if first + 5 < len(packets) else 0
    heard = read(written(file, packets[first:], padding, skip_from(first), cuts))
    wanted = expected(packets[first:], skip_from(first), padding)
    assert len(heard) == len(wanted) == frames - (first + 4) * QUANTUM * (first > 0)
    assert np.abs(heard - wanted).max() < NOISE


def check_programs(file: Container, folder: Path, format_name: str) -> None:
    """Ffprobe finds 48 kHz stereo Opus and nothing wrong, ffmpeg decodes every frame."""
    require("ffmpeg")
    packets, padding = packed(LONGEST - 777)
    (folder / "file").write_bytes(written(file, packets, padding, skip_from(0), [5] * 10))
    found = ffprobe(folder / "file")
    assert found["format"]["format_name"] == format_name
    assert (found["codec_name"], found["sample_rate"], found["channels"]) == ("opus", "48000", 2)
    assert len(ffmpeg(folder / "file")) == LONGEST - 777


def check_broken_line(file: Container) -> None:
    """A file that ends anywhere is decoded up to its last whole piece."""
    packets, padding = packed(LONGEST - 777)
    content = written(file, packets, padding, skip_from(0), [5] * 10)
    heard = read(content[: len(content) * 2 // 3])
    wanted = expected(packets, skip_from(0), padding)
    assert len(wanted) // 2 < len(heard) < len(wanted)
    assert np.abs(heard - wanted[: len(heard)]).max() < NOISE
