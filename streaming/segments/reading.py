"""A file of a stored mix, from any frame on, put together from its segments. No I/O: whoever reads says how a segment is got.

Opus begins on the very frame: some packets before it are sent so that the decoder is warm, and dropped with the decoder's delay.
FLAC begins with the frame of 100 ms that holds the place.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable

from dsp.grid import QUANTUM
from streaming.broadcast.codecs import FRAMES, Codec, Kind
from streaming.broadcast.files import container
from streaming.listening.containers import CONVERGES, DELAY
from streaming.segments.packing import Segment
from streaming.segments.score import SEGMENT

AT_ONCE = 25
"""Packets written at a time: a listener's line is not given much more than it can hold."""

Get = Callable[[int], Awaitable[Segment]]


def first_packet(codec: Codec, start: int) -> tuple[int, int]:
    """The number of the first packet that is sent to hear a mix from frame ``start`` on, and how much of it is not heard."""
    packet = start // FRAMES[codec]
    if codec == "flac":
        return packet, 0
    packet = max(0, packet - CONVERGES)
    return packet, DELAY + start - packet * QUANTUM


def first_segment(codec: Codec, start: int) -> int:
    """The number of the first segment that is needed for that."""
    return first_packet(codec, start)[0] * FRAMES[codec] // SEGMENT


async def pieces(get: Get, kind: Kind, codec: Codec, start: int) -> AsyncGenerator[bytes, None]:
    """The file, piece by piece."""
    packet, skip = first_packet(codec, start)
    each = SEGMENT // FRAMES[codec]
    number, at = divmod(packet, each)
    segment = await get(number)
    file = container(kind, segment.beginning)
    yield file.head(skip)
    while True:
        packets = segment.packets[at:]
        held = min(AT_ONCE, len(packets)) if segment.is_last else 0
        for first in range(0, len(packets) - held, AT_ONCE):
            yield file.add(packets[first : min(first + AT_ONCE, len(packets) - held)])
        if segment.is_last:
            yield file.end(packets[len(packets) - held :], segment.padding)
            return
        number, at = number + 1, 0
        segment = await get(number)
