"""Ogg with one stream of Opus, written as it comes (RFC 3533 and RFC 7845). No I/O.

A page holds the packets that came together. Its granule position counts what was decoded to the end of its last packet; that of
the last page tells where the audio ends, so the length is exact.
"""

import zlib
from collections.abc import Sequence
from struct import Struct

from dsp.grid import QUANTUM
from streaming.listening.containers import VENDOR, opus_head

_PAGE = Struct("<4sBBqIII")
_CRC_AT = 22
_FIRST, _LAST = 2, 4
_SERIAL = 0x53_74_65_6D
_PAGE_PACKETS = 25
"""Packets of a page, half a second: with six lacing values each at most they fit into its 255."""

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ONES = 0xFFFFFFFF


class Ogg:
    """One file of one logical stream."""

    def __init__(self) -> None:
        self._pages = self._packets = 0

    def head(self, skip: int) -> bytes:
        """The identification and the comment header, a page each."""
        tags = b"OpusTags" + len(VENDOR).to_bytes(4, "little") + VENDOR + bytes(4)
        return self._page([opus_head(skip)], 0, _FIRST) + self._page([tags], 0, 0)

    def add(self, packets: Sequence[bytes]) -> bytes:
        """The next packets."""
        return b"".join(self._counted(packets[at : at + _PAGE_PACKETS], 0, 0) for at in range(0, len(packets), _PAGE_PACKETS))

    def end(self, packets: Sequence[bytes], padding: int) -> bytes:
        """The last packets, and the place where the audio ends."""
        before = (len(packets) - 1) // _PAGE_PACKETS * _PAGE_PACKETS
        return self.add(packets[:before]) + self._counted(packets[before:], padding, _LAST)

    def _counted(self, packets: Sequence[bytes], padding: int, flags: int) -> bytes:
        self._packets += len(packets)
        return self._page(packets, self._packets * QUANTUM - padding, flags)

    def _page(self, packets: Sequence[bytes], granule: int, flags: int) -> bytes:
        lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)
        head = _PAGE.pack(b"OggS", 0, flags, granule, _SERIAL, self._pages, 0)
        page = bytearray(b"".join((head, bytes((len(lacing),)), lacing, *packets)))
        page[_CRC_AT : _CRC_AT + 4] = _checksum(page).to_bytes(4, "little")
        self._pages += 1
        return bytes(page)


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32 runs from the highest bit down and begins at 0: zlib's of the mirrored bytes, mirrored."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), _ONES) ^ _ONES
    return int(f"{mirrored:032b}"[::-1], 2)
