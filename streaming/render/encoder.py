"""From rendered audio to what is sent: 16-bit PCM, framed packets, and the Opus packets that a chunk completes.

Opus is encoded where the audio was rendered and once for all listeners. Splices are exact: the encoder goes back to a slot some
packets before the splice and its first packet leans on none before, so a decoder that is reset and given those packets stands,
bit for bit, where one stands that never stopped.
"""

from collections.abc import Callable, Iterable
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from dsp.grid import LATENCY, QUANTUM
from streaming.render.arena import PREROLL_PACKETS, Arena, Slot
from streaming.render.job import FRESH, Job
from streaming.render.opus import Encoder

FLUSH_PACKETS = 1
"""Packets of silence after the end of a song, which push the decoder's last 312 frames out."""

_PRIMING_PACKETS = 4
"""How much audio a new encoder is shown, and its packets dropped, where an encoder's state could not be taken over."""

_LENGTH = Struct("<H")


def pcm16(audio: NDArray[np.float32]) -> bytes:
    """Audio as little-endian 16-bit integers: full scale is 32768, rounded to the nearest, clipped, no dither."""
    scaled = np.rint(audio * np.float32(32768.0))
    return bytes(np.clip(scaled, -32768, 32767).astype("<i2").tobytes())


def framed(packets: Iterable[bytes]) -> bytes:
    """Packets in one payload, each after its length."""
    return b"".join(part for packet in packets for part in (_LENGTH.pack(len(packet)), packet))


class ChunkEncoder:
    """Encodes the packets of chunks into their arena, with encoders kept in the slots."""

    def __init__(self, encoder: Encoder, boot: int) -> None:
        self._encoder, self._boot = encoder, boot

    def encode(self, job: Job, arena: Arena, marks: list[tuple[int, Slot]], end: int | None, wanted: Callable[[], bool]) -> int:
        """Encode what ``job`` completes and answer the packet that comes next.

        ``marks`` are the process frames at which the encoder is kept, and where; ``end`` is the stream frame at which the song is
        over (its last packet is padded with silence), or nothing. Stops where it is no longer ``wanted``.
        """
        keep = [((frame - LATENCY) // QUANTUM, slot) for frame, slot in marks]
        stop = keep[-1][0] if end is None else -(-end // QUANTUM) + FLUSH_PACKETS
        if end is not None:
            arena.write_pcm(end, np.zeros((stop * QUANTUM - end, 2), np.float32))
        predicted = self._restore(job, arena) and job.encode_from >= job.packet_from
        preroll: list[bytes] = []
        for number in range(job.encode_from, stop + 1):
            for _, slot in (pair for pair in keep if pair[0] == number):
                slot.save_encoder(self._encoder.state, number, self._boot)
            if number == stop or not wanted():
                break
            packet = self._encoder.encode(arena.frames(number * QUANTUM, QUANTUM), predicted=predicted)
            predicted = True
            if number >= job.packet_from:
                arena.write_packet(number, packet)
            else:
                preroll.append(packet)
        if preroll:
            arena.write_preroll(job.encode_from, preroll[:PREROLL_PACKETS])
        return max(job.encode_from, stop)

    def _restore(self, job: Job, arena: Arena) -> bool:
        """Take over the slot's encoder; answers whether its past is the listeners' past."""
        if job.encoder != FRESH and arena.slots[job.encoder].load_encoder(self._encoder.state, job.encode_from, self._boot):
            return True
        self._encoder.reset()
        for number in range(max(0, job.encode_from - _PRIMING_PACKETS), job.encode_from):
            self._encoder.encode(arena.frames(number * QUANTUM, QUANTUM))
        return False
