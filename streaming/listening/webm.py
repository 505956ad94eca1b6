"""WebM with one track of Opus, written as it comes: a head, then clusters of whole packets, nothing to go back to.

The segment's size is unknown, for it grows while it is played; a cluster is written whole and says its own, so that a reader who
lost its place finds the next one. The length is exact: CodecDelay says what is dropped at the beginning, DiscardPadding at the
end.
No I/O. Numbers of elements are those of RFC 8794 (EBML), RFC 9559 (Matroska) and the WebM guidelines.
"""

from collections.abc import Sequence
from struct import pack

from dsp.grid import QUANTUM, RATE
from streaming.listening.containers import CONVERGES, VENDOR, opus_head

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _DISCARD_PADDING = 0xE7, 0xA3, 0xA0, 0xA1, 0x75A2
_UNKNOWN = b"\x01" + b"\xff" * 7
_KEYFRAME = 0x80
_AUDIO_TRACK = 2
_MS_NS = 1_000_000
_PACKET_MS = QUANTUM * 1000 // RATE

_VOID = 0xEC
_STUFFING = 4_096
"""Chromium's media element reads blocks of 32 KiB: with this, a burst of two seconds fills the first, and it starts at once."""

CLUSTER_PACKETS = 5
"""Packets of a cluster, 100 ms: players start with the first whole one, and Media Source Extensions append them as they are."""


class WebM:
    """One file: timestamps begin at 0, whatever is played."""

    def __init__(self) -> None:
        self._packets = 0

    def head(self, skip: int) -> bytes:
        """Everything before the first cluster; Media Source Extensions call it the initialisation segment."""
        versions = ((0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8), (0x4287, 4), (0x4285, 2))
        ebml = b"".join(_number(name, value) for name, value in versions) + _element(0x4282, b"webm")
        info = _number(0x2AD7B1, _MS_NS) + _element(0x4D80, VENDOR) + _element(0x5741, VENDOR)
        return b"".join(
            (
                _element(_EBML, ebml),
                _name(_SEGMENT) + _UNKNOWN,
                _element(_INFO, info),
                _element(_TRACKS, _element(0xAE, _track(skip))),
                _element(_VOID, bytes(_STUFFING)),
            )
        )

    def add(self, packets: Sequence[bytes]) -> bytes:
        """The next packets, in clusters of 100 ms."""
        return b"".join(self._cluster(packets[at : at + CLUSTER_PACKETS]) for at in range(0, len(packets), CLUSTER_PACKETS))

    def end(self, packets: Sequence[bytes], padding: int) -> bytes:
        """The last packets; the very last in a cluster of its own."""
        before, last = packets[:-1], packets[-1]
        clusters = self.add(before)
        group = _element(_BLOCK, _block(0, last, 0)) + _element(_DISCARD_PADDING, pack(">q", _ns(padding)))
        cluster = _element(_CLUSTER, _number(_TIMESTAMP, self._packets * _PACKET_MS) + _element(_BLOCK_GROUP, group))
        self._packets += 1
        return clusters + cluster

    def _cluster(self, packets: Sequence[bytes]) -> bytes:
        blocks = (
            _element(_SIMPLE_BLOCK, _block(number * _PACKET_MS, packet, _KEYFRAME)) for number, packet in enumerate(packets)
        )
        content = b"".join((_number(_TIMESTAMP, self._packets * _PACKET_MS), *blocks))
        self._packets += len(packets)
        return _element(_CLUSTER, content)


def _track(skip: int) -> bytes:
    audio = _element(0xB5, pack(">d", RATE)) + _number(0x9F, 2)
    return b"".join(
        (
            _number(0xD7, 1),
            _number(0x73C5, 1),
            _number(0x83, _AUDIO_TRACK),
            _number(0x9C, 0),
            _element(0x86, b"A_OPUS"),
            _element(0x63A2, opus_head(skip)),
            _number(0x56AA, _ns(skip)),
            _number(0x56BB, _ns(CONVERGES * QUANTUM)),
            _element(0xE1, audio),
        )
    )


def _block(after_ms: int, packet: bytes, flags: int) -> bytes:
    """Track 1, time since the cluster's, flags, one packet without lacing."""
    return b"\x81" + pack(">hB", after_ms, flags) + packet


def _ns(frames: int) -> int:
    return frames * 1_000_000_000 // RATE


def _name(number: int) -> bytes:
    """An element's number holds its own length marker."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _element(number: int, content: bytes) -> bytes:
    return _name(number) + _size(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _size(size: int) -> bytes:
    """A variable-size integer; all ones are kept for what is unknown."""
    length = next(length for length in range(1, 9) if size < (1 << 7 * length) - 1)
    return (size | 1 << 7 * length).to_bytes(length, "big")
