"""The child process that turns an uploaded file into canonical audio: ``python -m streaming.intake.decode``, order on stdin.

Any container named in :mod:`streaming.intake.containers`, mono to 7.1, any rate, becomes interleaved stereo float32 little-endian
at 48 kHz, with its SHA-256 and waveform pyramid, block by block under resource limits. Encoder delay and padding are cut where
the file declares them. It answers with one line and never with what libav or Python say about the file.
"""

import errno
import os
import sys
from fractions import Fraction
from hashlib import sha256
from typing import BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE
from dsp.peaks import Pyramid
from streaming.intake.audiofile import Source, truncated
from streaming.intake.containers import identify
from streaming.intake.intake import Decoded, Order, Refused, answer
from streaming.offline.child import die_with_parent, limit
from streaming.offline.resample import Resampler

Samples = NDArray[np.float32]

_FRAME_BYTES = 8
_BLOCK = 65_536
_FLOOR_DB = -120.0


class Sink:
    """Canonical audio on its way to the disk, measured as it passes."""

    def __init__(self, audio: BinaryIO, max_frames: int, too_long: Refused) -> None:
        self._audio, self._max_frames, self._too_long = audio, max_frames, too_long
        self._hash, self._pyramid = sha256(), Pyramid()
        self._held: list[Samples] = []
        self._holding = 0
        self._squares = 0.0
        self._peak = 0.0
        self.frames = 0

    def add(self, block: Samples) -> None:
        """Take a block of any size; whole blocks are written as they fill."""
        self._held.append(block)
        self._holding += block.shape[1]
        if self._holding >= _BLOCK:
            self._write()

    def _write(self) -> None:
        block = np.concatenate(self._held, axis=1) if self._held else np.empty((2, 0), np.float32)
        self._held, self._holding = [], 0
        self.frames += block.shape[1]
        if self.frames > self._max_frames:
            raise self._too_long
        if block.shape[1]:
            self._peak = max(self._peak, float(np.abs(block).max()))
            self._squares += float(np.einsum("cf,cf->", block, block, dtype=np.float64))
        self._pyramid.add(block)
        content = np.ascontiguousarray(block.T, "<f4").data
        self._hash.update(content)
        self._audio.write(content)

    def finish(self, peaks: tuple[str, ...]) -> tuple[str, float, float]:
        """Write what is left and the levels of the pyramid; return hash, peak and RMS in dB."""
        self._write()
        for path, level in zip(peaks, self._pyramid.finish(), strict=True):
            with open(path, "wb") as file:
                file.write(level)
        rms = (self._squares / max(1, 2 * self.frames)) ** 0.5
        return self._hash.hexdigest(), _decibels(self._peak), _decibels(rms)


def _decibels(level: float) -> float:
    return round(max(_FLOOR_DB, 20 * float(np.log10(max(level, 1e-9)))), 2)


def decode(order: Order) -> Decoded:
    """Carry out an order; raises :class:`Refused`."""
    with open(order.source, "rb") as file:
        container = identify(file)
        size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise Refused("empty_file", "The file is empty.")
    if container is None:
        raise Refused(
            "unsupported_format", "This is not an audio file: WAV, AIFF, FLAC, MP3, AAC, M4A, Ogg, Opus and WebM are read."
        )
    if not container.whole:
        raise truncated()
    source = Source(order.source, container)
    max_frames, too_long = _bounds(order, source.declared)
    with open(order.audio, "wb", buffering=0) as audio:
        sink = Sink(audio, max_frames, too_long)
        _pour(source, sink)
        digest, peak_db, rms_db = sink.finish(order.peaks)
        os.fsync(audio.fileno())
    if sink.frames < max(1, order.min_seconds * RATE):
        raise Refused(
            "too_short", f"The file has {sink.frames / RATE:.3f} s of audio; at least {order.min_seconds:g} s are needed."
        )
    return Decoded(
        digest, sink.frames, source.rate, source.channels, source.codec, container.demuxer, peak_db, rms_db, source.nonfinite
    )


def _pour(source: Source, sink: Sink) -> None:
    resampler: Resampler | None = None
    for block in source.blocks():
        if source.rate == RATE:
            sink.add(block)
            continue
        resampler = resampler or Resampler(source.rate)
        for resampled in resampler.push(block):
            sink.add(resampled)
    if resampler is not None:
        for resampled in resampler.finish():
            sink.add(resampled)


def _bounds(order: Order, declared: Fraction | None) -> tuple[int, Refused]:
    """The most frames an order allows and the refusal beyond; refuses at once what declares more."""
    by_size, by_time = order.max_bytes // _FRAME_BYTES, int(order.max_seconds * RATE)
    if by_size < by_time:
        refusal = Refused("too_large", f"Decoded, the file takes more than {order.max_bytes / 2**20:.0f} MiB.")
    else:
        refusal = Refused("too_long", f"The file is longer than {order.max_seconds / 60:g} minutes.")
    if declared is not None and declared * RATE > min(by_size, by_time) + RATE:
        raise refusal
    return min(by_size, by_time), refusal


def main() -> None:
    """Read an order, confine the process, decode, answer."""
    order = Order.from_json(sys.stdin.buffer.read())
    die_with_parent(order.parent)
    limit(cpu_seconds=order.cpu_seconds, memory_bytes=order.memory_bytes, file_bytes=order.max_bytes + (64 << 20))
    av.logging.set_level(None)
    try:
        outcome: Decoded | Refused = decode(order)
    except Refused as refusal:
        outcome = refusal
    except MemoryError:
        outcome = Refused("decode_failed", "The file needs more memory than a file of its kind may.")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        outcome = Refused("disk_full", "The server's disk is full.")
    print(answer(outcome), flush=True)


if __name__ == "__main__":
    main()
