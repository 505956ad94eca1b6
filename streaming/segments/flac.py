"""Gives a FLAC frame another number, so that frames which were encoded apart make one file (RFC 9639, section 9).

The number stands in the frame's head, of variable length; the checksums of the head and of the whole frame follow from it.
"""

from functools import cache

_FIXED = 4
"""Bytes before the number: sync and strategy, sizes and channels."""

_HEAD_POLYNOMIAL, _FRAME_POLYNOMIAL = 0x07, 0x8005
_AFTER_BLOCK_SIZE = {6: 1, 7: 2}
_AFTER_RATE = {12: 1, 13: 2, 14: 2}


def numbered(frame: bytes, number: int) -> bytes:
    """The same frame as number ``number`` of a file of blocks of one size."""
    first = _FIXED + _coded_length(frame[_FIXED])
    checked = first + _AFTER_BLOCK_SIZE.get(frame[2] >> 4, 0) + _AFTER_RATE.get(frame[2] & 15, 0)
    head = frame[:_FIXED] + _coded(number) + frame[first:checked]
    whole = head + bytes((_crc(head, 8),)) + frame[checked + 1 : -2]
    return whole + _crc(whole, 16).to_bytes(2, "big")


def _coded_length(first: int) -> int:
    """How many bytes a coded number has, from its first (as in UTF-8)."""
    return next((bits for bits in range(8) if not first & 0x80 >> bits), 8) or 1


def _coded(number: int) -> bytes:
    """A number of up to 31 bits, coded as UTF-8 would."""
    if number < 0x80:
        return bytes((number,))
    length = next(length for length in range(2, 7) if number < 1 << 5 * length + 1)
    rest = [0x80 | number >> 6 * place & 0x3F for place in range(length - 2, -1, -1)]
    return bytes((0xFF00 >> length & 0xFF | number >> 6 * (length - 1), *rest))


@cache
def _table(bits: int) -> tuple[int, ...]:
    polynomial = _HEAD_POLYNOMIAL if bits == 8 else _FRAME_POLYNOMIAL
    rows = []
    for byte in range(256):
        row = byte << bits - 8
        for _ in range(8):
            row = (row << 1 ^ (polynomial if row >> bits - 1 else 0)) & (1 << bits) - 1
        rows.append(row)
    return tuple(rows)


def _crc(content: bytes, bits: int) -> int:
    table, value, shift, mask = _table(bits), 0, bits - 8, (1 << bits) - 1
    for byte in content:
        value = (value << 8 & mask) ^ table[value >> shift ^ byte]
    return value
