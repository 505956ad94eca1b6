"""Made-up music as Opus packets, and what a container of them should hold."""

from functools import cache

import numpy as np
from helpers.music import music
from helpers.opus_decoder import decoded
from numpy.typing import NDArray

from dsp.grid import QUANTUM
from streaming.listening.containers import DELAY, packets_of
from streaming.render.opus import Encoder, Library, locate

LONGEST = 60 * QUANTUM


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
