"""What an uploaded file says about itself: its container by content, whether it is all there, and how long it claims to be.

Only headers and sizes are read, with bounds; nothing is decoded. libav then gets the one demuxer named here and never probes,
so a playlist, a script or a disc image cannot be taken for audio.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from struct import error as MalformedStruct  # noqa: N812
from struct import unpack_from
from typing import BinaryIO

_HEAD = 64 * 1024
_MAX_MOOV = 64 * 1024 * 1024
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
"""What programs write into a 32-bit size when they cannot go back to correct it."""


@dataclass(frozen=True, slots=True)
class Container:
    """A recognised file. ``seconds`` is the length it declares to the sample, where it has a place for that."""

    demuxer: str
    whole: bool
    seconds: Fraction | None = None


def identify(file: BinaryIO) -> Container | None:
    """Recognise a file by its first bytes; None if it is no audio container that we read."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(_HEAD)
    start = _after_id3(head)
    if start >= len(head) and start:
        file.seek(start)
        head, start = file.read(_HEAD), 0
    try:
        return _identify(file, head, start, size)
    except (MalformedStruct, ValueError, IndexError):
        return None


def _identify(file: BinaryIO, head: bytes, start: int, size: int) -> Container | None:
    magic = head[start : start + 12]
    match magic[:4], magic[4:8], magic[8:]:
        case ((b"RIFF" | b"RF64"), _, b"WAVE"):
            found = Container("wav", _riff_is_whole(file, size))
        case b"FORM", _, (b"AIFF" | b"AIFC"):
            found = Container("aiff", True)
        case b"fLaC", _, _:
            found = Container("flac", True)
        case b"OggS", _, _:
            found = Container("ogg", _ogg_is_whole(file, size))
        case b"\x1a\x45\xdf\xa3", _, _:
            found = Container("matroska", _matroska_is_whole(head, size))
        case _, (b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip"), _:
            found = _mp4(file, size)
        case _:
            return _mpeg_audio(head, start)
    return found


def _after_id3(head: bytes) -> int:
    """Where the audio begins behind an ID3v2 tag (its size is four 7-bit bytes)."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    a, b, c, d = head[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[5] & 0x10 else 0)


def _riff_is_whole(file: BinaryIO, size: int) -> bool:
    offset, long_size = 12, 0
    for _ in range(256):
        file.seek(offset)
        chunk = file.read(24)
        if len(chunk) < 8:
            return False
        kind, length = unpack_from("<4sI", chunk)
        if kind == b"ds64":
            long_size = unpack_from("<Q", chunk, 16)[0]
        if kind == b"data":
            return (length in _UNKNOWN_SIZES and not long_size) or offset + 8 + max(long_size, length % 0xFFFFFFFF) <= size
        offset += 8 + length + length % 2
    return False


def _ogg_is_whole(file: BinaryIO, size: int) -> bool:
    """Whether the last page, at most 65,307 bytes, ends where the file does (or before: some append a tag)."""
    tail_at = max(0, size - 2 * 65_307)
    file.seek(tail_at)
    tail = file.read()
    page = tail.rfind(b"OggS\0")
    if page < 0 or page + 27 > len(tail):
        return False
    laces = tail[page + 27 : page + 27 + tail[page + 26]]
    return len(laces) == tail[page + 26] and page + 27 + len(laces) + sum(laces) <= len(tail)


def _matroska_is_whole(head: bytes, size: int) -> bool:
    """Whether the segment, behind the EBML header, fits into the file; live recordings leave its size open."""
    header, begins = _ebml_size(head, 4)
    length, begins = _ebml_size(head, begins + (header or 0) + 4)
    return length is None or begins + length <= size


def _ebml_size(head: bytes, at: int) -> tuple[int | None, int]:
    """A size field: its value (None if it says unknown) and the offset behind it."""
    width = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width


def _mpeg_audio(head: bytes, start: int) -> Container | None:
    """MP3 or ADTS: a frame header followed by another just where the first one says; zeros before are padding."""
    while start < len(head) - 4 and head[start] == 0:
        start += 1
    if head[start : start + 1] != b"\xff":
        return None
    if head[start + 1] & 0xF6 == 0xF0:
        length = (head[start + 3] & 3) << 11 | head[start + 4] << 3 | head[start + 5] >> 5
        return Container("aac", True) if head[start + length : start + length + 1] in (b"\xff", b"") and length > 7 else None
    frame = _mp3_frame_bytes(head[start : start + 4])
    if frame is None or head[start + frame : start + frame + 1] not in (b"\xff", b""):
        return None
    return Container("mp3", True, _xing_seconds(head[start : start + frame]))


_MP3_RATES = (44_100, 48_000, 32_000)
_MP3_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by MPEG version (2 stands for 2.5 as well) and layer (ISO/IEC 11172-3, 13818-3)."""


def _mp3_header(header: bytes) -> tuple[int, int, int, int] | None:
    """MPEG version (1 or 2), layer, sample rate and kbit/s of a frame header."""
    version, layer = (header[1] >> 3) & 3, 4 - ((header[1] >> 1) & 3)
    bits, rate = header[2] >> 4, (header[2] >> 2) & 3
    if header[1] & 0xE0 != 0xE0 or version == 1 or layer == 4 or bits in (0, 15) or rate == 3:
        return None
    generation = 1 if version == 3 else 2
    return generation, layer, _MP3_RATES[rate] >> {3: 0, 2: 1, 0: 2}[version], _MP3_KBITS[generation, layer][bits - 1]


def _mp3_frame_bytes(header: bytes) -> int | None:
    parsed = _mp3_header(header) if len(header) == 4 else None
    if parsed is None:
        return None
    generation, layer, rate, kbits = parsed
    padding = (header[2] >> 1) & 1
    if layer == 1:
        return (12_000 * kbits // rate + padding) * 4
    return (72_000 if layer == 3 and generation == 2 else 144_000) * kbits // rate + padding


def _xing_seconds(frame: bytes) -> Fraction | None:
    """Length by the Xing or Info header in the first frame, less LAME's delay and padding."""
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    parsed = _mp3_header(frame[:4])
    if at < 0 or parsed is None or not unpack_from(">I", frame, at + 4)[0] & 1:
        return None
    samples = unpack_from(">I", frame, at + 8)[0] * (576 if parsed[0] == 2 else 1_152)
    lame = at + 8 + 4 + sum(width for bit, width in ((2, 4), (4, 100), (8, 4)) if frame[at + 7] & bit)
    if frame[lame : lame + 4] in (b"LAME", b"Lavf", b"Lavc"):
        trim = int.from_bytes(frame[lame + 21 : lame + 24], "big")
        samples -= (trim >> 12) + (trim & 0xFFF)
    return Fraction(samples, parsed[2])


def _mp4(file: BinaryIO, size: int) -> Container:
    seconds: Fraction | None = None
    whole, moov = True, False
    for kind, offset, length in _boxes(file, size):
        whole = whole and offset + length <= size
        if kind == b"moov" and length <= _MAX_MOOV:
            file.seek(offset)
            moov, seconds = True, _mp4_seconds(file.read(length))
    return Container("mp4", whole and moov, seconds)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Top-level boxes: kind, offset of the content and its length as declared."""
    offset = 0
    for _ in range(100_000):
        file.seek(offset)
        header = file.read(16)
        if len(header) < 8:
            return
        length, kind = unpack_from(">I4s", header)
        skip = 8
        if length == 1:
            length, skip = unpack_from(">Q", header, 8)[0], 16
        length = length or size - offset
        yield kind, offset + skip, max(0, length - skip)
        offset += max(length, 8)


def _mp4_seconds(moov: bytes) -> Fraction | None:
    """Length of the only audio track: by iTunes' own note, else by media duration and edit list."""
    sounds = [track for track in moov.split(b"trak")[1:] if b"soun" in track]
    if len(sounds) != 1:
        return None
    track = sounds[0]
    mdhd = track.index(b"mdhd")
    scale, duration = unpack_from(">IQ" if track[mdhd + 4] else ">II", track, mdhd + (24 if track[mdhd + 4] else 16))
    note = re.search(rb"iTunSMPB.{4}data.{8} [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{16})", moov, re.DOTALL)
    if note:
        return Fraction(int(note[1], 16), scale)
    return _edited_seconds(moov, track, scale, duration)


def _edited_seconds(moov: bytes, track: bytes, scale: int, duration: int) -> Fraction | None:
    """What one edit leaves of the media. A movie clock coarser than the media's only bounds it, to one tick."""
    elst = track.find(b"elst")
    if elst < 0 or unpack_from(">I", track, elst + 8)[0] != 1:
        return None
    shown, begins = unpack_from(">Qq" if track[elst + 4] else ">Ii", track, elst + 12)
    mvhd = moov.index(b"mvhd")
    movie_scale = unpack_from(">I", moov, mvhd + (24 if moov[mvhd + 4] else 16))[0]
    rest = Fraction(duration - begins, scale)
    ticks = shown if movie_scale >= scale else shown + 1
    return min(rest, Fraction(ticks, movie_scale)) if begins >= 0 and shown and rest > 0 else None
