"""From the audio of a segment to its packets, such that they follow on those of the segment before.

Opus: the encoder begins some packets before the segment, on audio that the segment before has left with its state, so it is warm
when it comes to it. FLAC: its frames lean on none before; they are only numbered as those of one file.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dsp.grid import QUANTUM
from streaming.broadcast.codecs import FRAMES
from streaming.broadcast.transcoder import Transcoder
from streaming.listening.containers import packets_of
from streaming.offline.errand import Refused
from streaming.render.opus import Encoder, Library
from streaming.segments import flac
from streaming.segments.packing import Segment
from streaming.segments.performance import Slot
from streaming.segments.score import SEGMENT, Order

_OPUS_COMPLEXITY = 10
_OPUS_BITS = 128_000

Audio = NDArray[np.float32]


class Engraver(Protocol):
    """Makes segments of one codec."""

    def engrave(self, audio: Audio, before: Slot, is_last: bool) -> Segment:
        """The packets of a segment whose audio follows on a state."""
        ...


class OpusEngraver:
    """Packets of 20 ms."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def engrave(self, audio: Audio, before: Slot, is_last: bool) -> Segment:
        """The packets of a segment; the last one has those that bring its end out of a decoder."""
        encoder = Encoder(self._library, _OPUS_BITS, _OPUS_COMPLEXITY)
        number, padding = SEGMENT // QUANTUM, 0
        if is_last:
            total, padding = packets_of(before.number * SEGMENT + len(audio))
            number = total - before.number * (SEGMENT // QUANTUM)
        if before.number:
            _encoded(encoder, before.lead_in)
        padded = np.zeros((number * QUANTUM, 2), np.float32)
        padded[: len(audio)] = audio
        return Segment(_encoded(encoder, padded), len(audio), padding, is_last)


class FlacEngraver:
    """Frames of 100 ms, of 24 bits."""

    def engrave(self, audio: Audio, before: Slot, is_last: bool) -> Segment:
        """The frames of a segment."""
        transcoder, size = Transcoder("flac"), FRAMES["flac"]
        packets = [packet for at in range(0, len(audio), size) for packet in transcoder.encode(audio[at : at + size])]
        packets += transcoder.finish()
        first = before.number * (SEGMENT // size)
        numbered = [flac.numbered(packet, first + number) for number, packet in enumerate(packets)]
        return Segment(numbered, len(audio), 0, is_last, transcoder.beginning)


def engraver(order: Order) -> Engraver:
    """The one that is asked for."""
    if order.codec == "flac":
        return FlacEngraver()
    if order.libopus is None:
        raise Refused("no_libopus", "This server has no libopus.")
    return OpusEngraver(Library(order.libopus))


def _encoded(encoder: Encoder, audio: Audio) -> list[bytes]:
    return [encoder.encode(audio[at : at + QUANTUM]) for at in range(0, len(audio), QUANTUM)]
