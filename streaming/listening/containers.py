"""What a container of packets does, for players that read a file over HTTP: a head, then packets as they come, then an end.

Packets are made once for everybody; each listener has a container of its own, because each begins somewhere else. All containers
of Opus count alike: of what a decoder gives, the first frames (``skip``) are dropped, and ``padding`` frames of the last packet.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Protocol

from dsp.grid import QUANTUM, RATE

DELAY = 312
"""Frames by which what a decoder gives lags what went into the encoder (libopus at 48 kHz: 6.5 ms)."""

CONVERGES = 4
"""Packets after which a decoder that begins in the middle gives what one gives that began at the beginning (80 ms, RFC 7845)."""

VENDOR = b"Stemwire"

_HEAD = Struct("<8sBBHIhB")


class Container(Protocol):
    """A file on its way to one listener."""

    def head(self, skip: int) -> bytes:
        """What comes before the first packet; ``skip`` frames of what is decoded are not heard."""
        ...

    def add(self, packets: Sequence[bytes]) -> bytes:
        """The next packets."""
        ...

    def end(self, packets: Sequence[bytes], padding: int) -> bytes:
        """The last packets, at least one; ``padding`` frames at the end of what is decoded of them are not heard."""
        ...


class Bare:
    """Packets that need no container, one after the other: FLAC and MP3."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning

    def head(self, skip: int) -> bytes:
        """What the codec itself begins with; it has no way to say what is not heard."""
        return self._beginning

    def add(self, packets: Sequence[bytes]) -> bytes:
        """The next packets."""
        return b"".join(packets)

    def end(self, packets: Sequence[bytes], padding: int) -> bytes:
        """The last packets."""
        return b"".join(packets)


def opus_head(skip: int) -> bytes:
    """The identification header of a stereo stream (RFC 7845, section 5.1)."""
    return _HEAD.pack(b"OpusHead", 1, 2, skip, RATE, 0, 0)


def packets_of(frames: int) -> tuple[int, int]:
    """How many packets hold so many frames of audio and bring them out of a decoder, and the padding of the last of them."""
    packets = -(-(frames + DELAY) // QUANTUM)
    return packets, packets * QUANTUM - DELAY - frames
