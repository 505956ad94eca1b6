"""A segment as bytes: its packets, how many frames of the song it holds, and how the last one ends. Only data."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

_HEAD = Struct("<IqII?")
_LENGTH = Struct("<I")


@dataclass(frozen=True, slots=True)
class Segment:
    """The packets of ``frames`` frames; ``beginning`` is what a file of the codec begins with.

    Of the ``is_last`` one ``padding`` frames at the end of what is decoded are none of the song's.
    """

    packets: Sequence[bytes]
    frames: int
    padding: int = 0
    is_last: bool = False
    beginning: bytes = b""

    def to_bytes(self) -> bytes:
        """All of it."""
        head = _HEAD.pack(len(self.packets), self.frames, self.padding, len(self.beginning), self.is_last)
        parts = (part for packet in self.packets for part in (_LENGTH.pack(len(packet)), packet))
        return b"".join((head, self.beginning, *parts))

    @classmethod
    def of(cls, content: bytes) -> "Segment":
        """Read :meth:`to_bytes` back."""
        count, frames, padding, size, is_last = _HEAD.unpack_from(content)
        at = _HEAD.size + size
        packets = []
        for _ in range(count):
            (length,) = _LENGTH.unpack_from(content, at)
            at += _LENGTH.size + length
            packets.append(content[at - length : at])
        return cls(packets, frames, padding, is_last, content[_HEAD.size : _HEAD.size + size])
