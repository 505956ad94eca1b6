"""From raw float32 stereo at 48 kHz to the file that was asked for: to its rate, then through its encoder, block by block."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE
from streaming.encoders import encoder
from streaming.formats import Delivery
from streaming.resample import Resampler

BLOCK = 65_536

Block = NDArray[np.float32]


def blocks(raw: BinaryIO, frames: int) -> Iterator[Block]:
    """The first ``frames`` frames of a raw file, in blocks of shape ``(frames, 2)``; raises EOFError where there are fewer."""
    while frames > 0:
        block = np.fromfile(raw, "<f4", 2 * min(BLOCK, frames)).reshape(-1, 2)
        if not len(block):
            raise EOFError(f"expected {frames} more frames")
        frames -= len(block)
        yield block


def frames_at(rate: int, frames: int) -> int:
    """How many frames as many at 48 kHz are at another rate, rounded up."""
    return -(-frames * rate // RATE)


def at_rate(source: Iterator[Block], rate: int, frames: int) -> Iterator[Block]:
    """Blocks at 48 kHz as blocks at ``rate``, ``frames_at(rate, frames)`` frames in all."""
    if rate == RATE:
        yield from source
        return
    left = frames_at(rate, frames)
    for block in _resampled(source, rate):
        yield block[:left]
        left -= min(left, len(block))
    if left:
        yield np.zeros((left, 2), np.float32)


def _resampled(source: Iterator[Block], rate: int) -> Iterator[Block]:
    resampler = Resampler(RATE, rate)
    for block in source:
        for out in resampler.push(block.T):
            yield np.ascontiguousarray(out.T)
    for out in resampler.finish():
        yield np.ascontiguousarray(out.T)


def encoded(source: Iterator[Block], out: Path, frames: int, delivery: Delivery) -> Iterator[int]:
    """Write blocks at the delivery's rate (``frames`` in all) into a file; yields the frames done after each."""
    done, file = 0, encoder(out, frames, delivery)
    try:
        for block in source:
            file.write(block)
            done += len(block)
            yield done
    finally:
        file.close()


def export(raw: BinaryIO, out: Path, frames: int, delivery: Delivery) -> Iterator[float]:
    """Make a file of ``frames`` raw frames; yields the share that is done after each block."""
    total = frames_at(delivery.rate, frames)
    for done in encoded(at_rate(blocks(raw, frames), delivery.rate, frames), out, total, delivery):
        yield done / total
