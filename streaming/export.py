"""Files for musicians: raw float32 stereo at 48 kHz becomes WAV (RF64 above 4 GB) or FLAC, block by block.

16 bits are dithered (triangular, two units wide) from a fixed seed, so the same audio always gives the same file; 24 bits are
rounded; 32 bits are the float samples themselves.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from struct import pack
from typing import BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE

BLOCK = 65_536
_SEED = 48_000
_FRAME_BYTES = 8
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
_STEREO_MASK = 3
_MAX_RIFF = 0xFFFFFFFF

Integers = NDArray[np.int32]


def blocks(raw: BinaryIO, frames: int) -> Iterator[NDArray[np.float32]]:
    """The first ``frames`` frames of a raw file, in blocks of shape ``(frames, 2)``."""
    while frames > 0:
        block = np.fromfile(raw, "<f4", 2 * min(BLOCK, frames)).reshape(-1, 2)
        if not len(block):
            raise EOFError(f"expected {frames} more frames")
        frames -= len(block)
        yield block


def quantise(block: NDArray[np.float32], bits: int, noise: np.random.Generator) -> Integers:
    """Integers of ``bits`` bits, clipped; full scale is ``2**(bits - 1)``."""
    full = 1 << (bits - 1)
    scaled = block.astype(np.float64) * full
    if bits == 16:
        scaled += noise.random(block.shape) - noise.random(block.shape)
    return np.clip(np.rint(scaled), -full, full - 1).astype(np.int32)


def write_wav(raw: BinaryIO, out: Path, frames: int, bits: int) -> Iterator[int]:
    """Write a WAV; yields the frames done after each block."""
    noise, done = np.random.default_rng(_SEED), 0
    with out.open("wb") as file:
        file.write(wav_header(frames, bits))
        for block in blocks(raw, frames):
            file.write(_packed(block, bits, noise))
            done += len(block)
            yield done


def _packed(block: NDArray[np.float32], bits: int, noise: np.random.Generator) -> bytes:
    if bits == 32:
        return block.tobytes()
    whole = np.ascontiguousarray(quantise(block, bits, noise), "<i4")
    if bits == 16:
        return whole.astype("<i2").tobytes()
    return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def wav_header(frames: int, bits: int) -> bytes:
    """Everything before the samples (EBU Tech 3306 for the 64-bit form)."""
    width = 2 * bits // 8
    size = frames * width
    common = (2, RATE, RATE * width, width, bits)
    if bits == 32:
        form = pack("<HHIIHHH", _FLOAT, *common, 0) + b"fact" + pack("<II", 4, min(frames, _MAX_RIFF))
        form = pack("<I", 18) + form
    elif bits == 24:
        form = pack("<IHHIIHHHHI", 40, _EXTENSIBLE, *common, 22, bits, _STEREO_MASK) + _PCM_GUID
    else:
        form = pack("<IHHIIHH", 16, _PCM, *common)
    rest = 4 + len(b"fmt ") + len(form) + 8 + size
    if rest <= _MAX_RIFF:
        return b"RIFF" + pack("<I", rest) + b"WAVEfmt " + form + b"data" + pack("<I", size)
    sizes = b"ds64" + pack("<IQQQI", 28, rest + 36, size, frames, 0)
    return b"RF64" + pack("<I", _MAX_RIFF) + b"WAVE" + sizes + b"fmt " + form + b"data" + pack("<I", _MAX_RIFF)


def write_flac(raw: BinaryIO, out: Path, frames: int, bits: int) -> Iterator[int]:
    """Write a FLAC by libav's encoder; yields the frames done after each block."""
    noise, done = np.random.default_rng(_SEED), 0
    kind, shift = ("s16", 0) if bits == 16 else ("s32", 8)
    with av.open(str(out), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo")
        stream.format = kind
        for block in blocks(raw, frames):
            whole = (quantise(block, bits, noise) << shift).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(whole.astype(np.int16) if bits == 16 else whole, kind, "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, done, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            done += len(block)
            yield done
        container.mux(stream.encode(None))
