"""What a finished file holds, heard as any reader hears it: decoded, then measured. Only children import this."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsp.analysis.intersample import highest
from dsp.metering.loudness import Loudness, Meter
from streaming.intake.audiofile import Source
from streaming.intake.containers import identify

Block = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Levels:
    """Frames, loudness, and the true peak by the offline judge (dBTP; -inf for silence)."""

    frames: int
    loudness: Loudness
    true_peak_dbtp: float


def decibels(level: float) -> float:
    """A linear level in dB; -inf for none."""
    return 20 * math.log10(level) if level > 0 else -math.inf


def finite(level: float) -> float | None:
    """A level to a hundredth; None for -inf, which JSON does not have."""
    return round(level, 2) if math.isfinite(level) else None


def loudness(blocks: Iterable[Block], rate: int) -> Loudness:
    """The loudness of stereo blocks ``(frames, 2)``."""
    meter = Meter(rate)
    for block in blocks:
        meter.feed(block)
    return meter.result()


def levels(blocks: Iterable[Block], rate: int) -> Levels:
    """Loudness and true peak of stereo blocks, in one pass."""
    meter, frames = Meter(rate), 0

    def metered() -> Iterator[Block]:
        nonlocal frames
        for block in blocks:
            meter.feed(block)
            frames += len(block)
            yield block

    peak = highest(metered())
    return Levels(frames, meter.result(), decibels(peak))


def decoded(path: Path) -> tuple[Source, Iterator[Block]]:
    """A file of ours, opened, and its sound; raises ValueError if it cannot be read back."""
    with path.open("rb") as file:
        container = identify(file)
    if container is None:
        raise ValueError(f"{path.name} is not a file that is read")
    source = Source(str(path), container)
    return source, (np.ascontiguousarray(block.T) for block in source.blocks())


def first(blocks: Iterable[Block], frames: int) -> Iterator[Block]:
    """No more than so many frames: libav does not cut the padding of Vorbis that fits into one page."""
    for block in blocks:
        yield block[:frames]
        frames -= min(frames, len(block))
