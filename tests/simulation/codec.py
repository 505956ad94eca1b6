"""A stand-in for Opus that keeps what matters about it: packets of 20 ms, an encoder whose state is what came before, and a
decoder that is only right if it was given every packet since it was reset.

A packet names the audio it holds and the packet before it by their checksums. One that was coded without prediction names none.
"""

import zlib
from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from streaming.render.encoder import pcm16

PACKET_BYTES = 320
"""As many as 128 kb/s."""

_PACKET = Struct("<III?")


def checksum(audio: NDArray[np.float32]) -> int:
    """What stands for a packet's audio."""
    return zlib.crc32(audio)


class Encoder:
    """What ``streaming.render.opus.Encoder`` is to the chunk encoder."""

    def __init__(self) -> None:
        self.state = np.zeros(16, np.uint8)

    def reset(self) -> None:
        """Begin anew."""
        self.state[:] = 0

    def encode(self, pcm: NDArray[np.float32], *, predicted: bool = True) -> bytes:
        """One packet."""
        before = int(self.state[:4].view("<u4")[0])
        packet = _PACKET.pack(checksum(pcm), before, 0, predicted)
        self.state[:4].view("<u4")[0] = own = zlib.crc32(packet) | 1
        return (_PACKET.pack(checksum(pcm), before, own, predicted)).ljust(PACKET_BYTES, b"\0")


@dataclass(slots=True)
class Decoder:
    """Follows packets; ``before`` is the one that it was given last.

    It ``is_exact`` if the first one that it was given leans on nothing. Else it was thrown in somewhere, and its warm-up may even
    lead across a splice: what it says then is as good as it can be.
    """

    before: int | None = None
    is_exact: bool = False

    def reset(self) -> None:
        """Forget what came."""
        self.before = None

    def decode(self, packet: bytes) -> int | None:
        """The checksum of the audio, or nothing if the packet leans on one that did not come."""
        audio, before, own, predicted = _PACKET.unpack_from(packet)
        if self.before is None:
            self.is_exact = not predicted
        fits = not predicted or not self.is_exact or self.before == before
        self.before = own
        return int(audio) if fits else None


def heard_as(audio: NDArray[np.float32], codec: str) -> NDArray[np.float32]:
    """What a listener of a PCM codec hears of audio."""
    if codec == "pcm-f32":
        return audio
    return np.frombuffer(pcm16(audio), "<i2").astype(np.float32).reshape(-1, 2)
