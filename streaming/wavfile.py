"""WAV as we write it: RF64 above 4 GB, tags in an INFO list ahead of the samples, 16, 24 or 32 (float) bits."""

from collections.abc import Mapping
from struct import pack

import numpy as np
from numpy.typing import NDArray

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
_STEREO_MASK = 3
_MAX_RIFF = 0xFFFFFFFF
_INFO = {
    "title": b"INAM", "artist": b"IART", "album": b"IPRD", "track": b"IPRT",
    "date": b"ICRD", "genre": b"IGNR", "comment": b"ICMT",
}  # fmt: skip


def wav_header(frames: int, bits: int, rate: int, tags: Mapping[str, str]) -> bytes:
    """Everything before the samples (EBU Tech 3306 for the 64-bit form)."""
    width = 2 * bits // 8
    size = frames * width
    common = (2, rate, rate * width, width, bits)
    if bits == 32:
        form = pack("<HHIIHHH", _FLOAT, *common, 0) + b"fact" + pack("<II", 4, min(frames, _MAX_RIFF))
        form = pack("<I", 18) + form
    elif bits == 24:
        form = pack("<IHHIIHHHHI", 40, _EXTENSIBLE, *common, 22, bits, _STEREO_MASK) + _PCM_GUID
    else:
        form = pack("<IHHIIHH", 16, _PCM, *common)
    chunks = b"WAVEfmt " + form + _info(tags)
    rest = len(chunks) + 8 + size
    if rest <= _MAX_RIFF:
        return b"RIFF" + pack("<I", rest) + chunks + b"data" + pack("<I", size)
    sizes = b"ds64" + pack("<IQQQI", 28, rest + 36, size, frames, 0)
    return b"RF64" + pack("<I", _MAX_RIFF) + b"WAVE" + sizes + chunks[4:] + b"data" + pack("<I", _MAX_RIFF)


def _info(tags: Mapping[str, str]) -> bytes:
    """The tags as a list of null-terminated UTF-8 strings, each padded to an even length."""
    items = b"".join(_chunk(_INFO[name], text.encode() + b"\0") for name, text in tags.items())
    return _chunk(b"LIST", b"INFO" + items) if items else b""


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def packed(whole: NDArray[np.int32], bits: int) -> bytes:
    """Integers as little-endian bytes of 16 or 24 bits."""
    if bits == 16:
        return whole.astype("<i2").tobytes()
    return np.ascontiguousarray(whole, "<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
