"""From the audio of a tape to packets, once for all who listen to a stream in one codec.

Opus is encoded by libopus in a thread, which lets the loop run meanwhile: half a millisecond for 100 ms of audio. What libav
encodes (FLAC, MP3) is done by a child, which alone loads it.
"""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dsp.grid import QUANTUM
from streaming.errors import StreamingError
from streaming.listening.containers import DELAY, packets_of
from streaming.render.opus import Encoder

Audio = NDArray[np.float32]

CHILD_S = 20.0
"""How long a child may take to answer; the first answer waits until it has loaded libav."""

COUNT = Struct("<II")
"""Before audio: its frames, and whether it is the last. Before packets: how many, and the bytes of all."""
LENGTH = Struct("<I")


class CoderFailed(StreamingError):
    """Audio could not be encoded."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "encode_failed")


@dataclass(frozen=True, slots=True)
class Coded:
    """Packets that were completed, of ``frames`` frames each; ``padding`` frames of the last are none of the audio's."""

    packets: Sequence[bytes]
    padding: int = 0


class Coder(Protocol):
    """One codec's encoder of one stream."""

    beginning: bytes
    """What comes before the first packet, when there is anything."""
    frames: int
    """Frames of a packet."""
    delay: int
    """Frames that are skipped of what is decoded from the beginning."""

    async def open(self) -> None:
        """Make ready; raises :class:`CoderFailed`."""
        ...

    async def encode(self, audio: Audio) -> Coded:
        """Go on with audio of shape ``(frames, 2)``; raises :class:`CoderFailed`."""
        ...

    async def finish(self) -> Coded:
        """Complete the last packet."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...


@dataclass(slots=True)
class OpusCoder:
    """Opus packets of 20 ms."""

    encoder: Encoder
    beginning: bytes = b""
    frames: int = QUANTUM
    delay: int = DELAY
    _rest: Audio = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    _taken: int = 0

    async def open(self) -> None:
        """It is ready."""

    async def encode(self, audio: Audio) -> Coded:
        """Go on; what does not fill a packet waits for the next call."""
        audio = np.concatenate((self._rest, audio))
        whole = len(audio) - len(audio) % QUANTUM
        self._taken += whole
        self._rest = audio[whole:].copy()
        return Coded(await asyncio.to_thread(self._packets, audio[:whole]))

    async def finish(self) -> Coded:
        """The rest, and silence that brings the last frames out of a decoder."""
        packets, padding = packets_of(self._taken + len(self._rest))
        missing = packets * QUANTUM - self._taken - len(self._rest)
        coded = await self.encode(np.zeros((missing, 2), np.float32))
        return Coded(coded.packets, padding)

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    def _packets(self, audio: Audio) -> list[bytes]:
        return [self.encoder.encode(audio[at : at + QUANTUM]) for at in range(0, len(audio), QUANTUM)]


Spawn = Callable[[str], tuple[Sequence[str], dict[str, str]]]
"""The command and the environment of the child that encodes a codec."""


class ChildCoder:
    """FLAC or MP3 from a child: ``python -m streaming.broadcast.transcoder``."""

    beginning = b""
    delay = 0

    def __init__(self, codec: str, frames: int, spawn: Spawn) -> None:
        self.frames = frames
        self._codec, self._spawn = codec, spawn
        self._child: Process | None = None

    async def open(self) -> None:
        """Start the child, which says what the codec begins with."""
        command, environment = self._spawn(self._codec)
        command = (*command, str(os.getpid()))
        try:
            self._child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment, cwd="/")
        except OSError as error:
            raise CoderFailed(f"the encoder of {self._codec} cannot be started") from error
        (self.beginning,) = await self._exchange(b"")

    async def encode(self, audio: Audio) -> Coded:
        """Go on with audio."""
        return Coded(await self._exchange(COUNT.pack(len(audio), False) + audio.tobytes()))

    async def finish(self) -> Coded:
        """The rest."""
        return Coded(await self._exchange(COUNT.pack(0, True)))

    async def aclose(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            if child.returncode is None:
                child.kill()
            await child.wait()

    async def _exchange(self, asked: bytes) -> Sequence[bytes]:
        try:
            async with asyncio.timeout(CHILD_S):
                return await _exchanged(self._child, asked)
        except (TimeoutError, OSError, EOFError) as error:
            raise CoderFailed(f"the encoder of {self._codec} has failed") from error


async def _exchanged(child: Process | None, asked: bytes) -> Sequence[bytes]:
    if child is None or child.stdin is None or child.stdout is None:
        raise EOFError
    child.stdin.write(asked)
    await child.stdin.drain()
    number, size = COUNT.unpack(await child.stdout.readexactly(COUNT.size))
    content, at, packets = await child.stdout.readexactly(size), 0, list[bytes]()
    for _ in range(number):
        (length,) = LENGTH.unpack_from(content, at)
        at += LENGTH.size + length
        packets.append(content[at - length : at])
    return packets
