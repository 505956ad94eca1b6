"""The arena of one stream: a memfd that holds its state slots, the rings of its long lines, rendered audio, packets, meter rows.

The server makes it and hands its descriptor to workers, who map the same memory. It has no name in any file system, so it is
gone when the last process that holds it is gone, however that one died. Who may write when is decided elsewhere (one chunk of
a stream in flight); the arena only says where things lie.
"""

import mmap
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.grid import QUANTUM
from dsp.slot.columns import meter_columns
from dsp.slot.layout import StateLayout, ring_floats
from dsp.slot.widen import Widening
from streaming.live.lead import Limits

ENCODER_BYTES = 56 * 1024
"""Room in a slot for the state of one Opus encoder."""

PACKET_BYTES = 1275
"""The longest Opus packet of one frame (RFC 6716, section 3.4)."""

PREROLL_PACKETS = 32
"""How many packets of pre-roll fit; a splice takes the encoder of a slot at most this far before it."""

INVALID = -1
"""The frame or packet number of what holds nothing."""

_HEAD = np.dtype([("generation", "<u8"), ("begun", "<u8"), ("preroll", "<i8")])
_SLOT = np.dtype([("frame", "<i8"), ("next_packet", "<i8"), ("boot", "<u8"), ("bytes", "<i8")])
_PACKET = np.dtype([("number", "<i8"), ("length", "<i4"), ("payload", "u1", (PACKET_BYTES,))], align=True)


@dataclass(frozen=True, slots=True)
class Slot:
    """Views of one slot: its head, the DSP state and the encoder's state.

    The head says at which process frame the state stands, which packet the encoder comes to next, its size and whose it is.
    """

    head: NDArray[np.void]
    state64: NDArray[np.float64]
    state32: NDArray[np.float32]
    encoder: NDArray[np.uint8]

    @property
    def frame(self) -> int:
        """The process frame the state stands at, or INVALID."""
        return int(self.head["frame"])

    def mark(self, frame: int) -> None:
        """Say at which process frame the state stands."""
        self.head["frame"] = frame

    def invalidate(self) -> None:
        """Say that the slot holds nothing, before it is overwritten."""
        self.head["frame"] = self.head["next_packet"] = INVALID

    def copy_state(self, other: "Slot") -> None:
        """Take over another slot's DSP state (not its encoder)."""
        self.state64[:] = other.state64
        self.state32[:] = other.state32

    def copy_encoder(self, other: "Slot") -> None:
        """Take over another slot's head and its encoder."""
        self.head[...] = other.head
        kept = max(0, int(other.head["bytes"]))
        self.encoder[:kept] = other.encoder[:kept]

    def save_encoder(self, state: NDArray[np.uint8], next_packet: int, boot: int) -> None:
        """Keep an encoder that comes to ``next_packet`` next."""
        self.encoder[: len(state)] = state
        self.head["boot"], self.head["bytes"], self.head["next_packet"] = boot, len(state), next_packet

    def load_encoder(self, state: NDArray[np.uint8], next_packet: int, boot: int) -> bool:
        """Fill ``state`` with the kept encoder, if it is the one that is asked for."""
        head = self.head
        if head["next_packet"] != next_packet or head["boot"] != boot or head["bytes"] != len(state):
            return False
        state[:] = self.encoder[: len(state)]
        return True


class _Carver:
    """Cuts arrays out of a memory, one after the other; without a memory it only counts."""

    def __init__(self, memory: mmap.mmap | None) -> None:
        self._memory, self.end = memory, 0

    def cut(self, dtype: Any, *shape: int, align: int = 64) -> Any:
        dtype = np.dtype(dtype)
        start = -(-self.end // align) * align
        self.end = start + int(np.prod(shape)) * dtype.itemsize
        return np.ndarray(shape, dtype, self._memory, start) if self._memory is not None else None


class Arena:
    """One mapping of a stream's memory: made new, or (with ``fd``) of what another process made.

    The audio ring is addressed by stream frame, packets and meter rows by quantum (``stream frame // 960``). ``ahead`` frames may
    be rendered beyond a slot that is still rendered from.
    """

    def __init__(
        self, tracks: int, slots: int, ring_frames: int, fd: int | None = None, ahead: int = Limits().ahead_frames
    ) -> None:
        if ring_frames <= 0 or ring_frames % QUANTUM:
            raise ValueError(f"ring_frames must be a whole number of quanta, got {ring_frames}")
        self.tracks, self.ring_frames, self.quanta, self.ahead = tracks, ring_frames, ring_frames // QUANTUM, ahead
        self.slots: list[Slot] = []
        self.nbytes = self._carve(None, slots)
        self.fd = os.memfd_create("stream", os.MFD_CLOEXEC) if fd is None else fd
        if fd is None:
            os.ftruncate(self.fd, self.nbytes)
        self._memory = mmap.mmap(self.fd, self.nbytes)
        self._carve(self._memory, slots)
        if fd is None:
            self._packets["number"] = INVALID
            for slot in self.slots:
                slot.invalidate()

    def _carve(self, memory: mmap.mmap | None, slots: int) -> int:
        carver, state = _Carver(memory), StateLayout(self.tracks)
        self._head = carver.cut(_HEAD, 1)
        self._pcm = carver.cut("<f4", self.ring_frames, 2, align=mmap.PAGESIZE)
        self._packets = carver.cut(_PACKET, self.quanta)
        self._preroll = carver.cut(_PACKET, PREROLL_PACKETS)
        self._meters = carver.cut("<f4", self.quanta, meter_columns(self.tracks))
        self.rings: NDArray[np.float32] = carver.cut("<f4", ring_floats(self.ahead), align=mmap.PAGESIZE)
        self.slots = [
            Slot(
                carver.cut(_SLOT, align=mmap.PAGESIZE),
                carver.cut("<f8", state.n64),
                carver.cut("<f4", state.n32),
                carver.cut("u1", ENCODER_BYTES),
            )
            for _ in range(slots)
        ]
        return carver.end

    @property
    def generation(self) -> int:
        """Which tries to render this stream are still wanted: jobs of an older generation are given up."""
        return int(self._head[0]["generation"])

    def bump_generation(self) -> int:
        """Have the chunk in flight given up at its next quantum."""
        self._head[0]["generation"] += 1
        return self.generation

    @property
    def begun(self) -> bool:
        """Whether a worker has begun with the chunk in flight: only then can it have died of it."""
        return bool(self._head[0]["begun"])

    @begun.setter
    def begun(self, begun: bool) -> None:
        self._head[0]["begun"] = begun

    def frames(self, start: int, frames: int) -> NDArray[np.float32]:
        """A copy of the audio from stream frame ``start`` on, shape ``(frames, 2)``."""
        if not 0 <= frames <= self.ring_frames:
            raise ValueError(f"the ring holds {self.ring_frames} frames, {frames} were asked for")
        at = start % self.ring_frames
        first = self._pcm[at : at + frames]
        if len(first) == frames:
            return np.array(first)
        return np.concatenate((first, self._pcm[: frames - len(first)]))

    def pcm(self, start: int, frames: int) -> bytes:
        """The audio from stream frame ``start`` on: interleaved stereo float32, little-endian."""
        return self.frames(start, frames).tobytes()

    def write_pcm(self, start: int, audio: NDArray[np.float32]) -> None:
        """Publish audio from stream frame ``start`` on."""
        at = start % self.ring_frames
        room = self.ring_frames - at
        self._pcm[at : at + len(audio)] = audio[:room]
        if len(audio) > room:
            self._pcm[: len(audio) - room] = audio[room:]

    def packet(self, number: int) -> bytes | None:
        """The Opus packet of a quantum, or nothing if that one was not encoded or has been overwritten."""
        return _payload(self._packets[number % self.quanta], number)

    def write_packet(self, number: int, payload: bytes) -> None:
        """Publish the packet of a quantum."""
        _fill(self._packets[number % self.quanta], number, payload)

    def preroll(self) -> tuple[int, list[bytes]]:
        """Number of the first packet to be decoded and dropped before the last splice, and those packets."""
        first = int(self._head[0]["preroll"])
        packets: list[bytes] = []
        for row in self._preroll:
            payload = _payload(row, first + len(packets))
            if payload is None:
                break
            packets.append(payload)
        return first, packets

    def write_preroll(self, first: int, packets: list[bytes]) -> None:
        """Publish the pre-roll of a splice in place of the one before."""
        self._preroll["number"] = INVALID
        self._head[0]["preroll"] = first
        for row, payload in zip(self._preroll, packets, strict=False):
            _fill(row, first, payload)
            first += 1

    def meters(self, quantum: int) -> NDArray[np.float32]:
        """A copy of the meter row of a quantum; what the columns are, ``dsp.slot.layout`` says."""
        return np.array(self._meters[quantum % self.quanta])

    def write_meters(self, quantum: int, row: NDArray[np.float32]) -> None:
        """Publish the meter row of a quantum."""
        self._meters[quantum % self.quanta] = row

    def copy_rings(self, narrow: "Arena") -> None:
        """Take over audio, long lines, packets and meter rows of an arena of a narrower class with rings of the same length."""
        self._pcm[:] = narrow._pcm
        self.rings[:] = narrow.rings
        self._packets[:] = narrow._packets
        self._preroll[:] = narrow._preroll
        self._head[0]["preroll"] = narrow._head[0]["preroll"]
        Widening(narrow.tracks, self.tracks).meters(narrow._meters, self._meters)

    def close(self) -> None:
        """Unmap the memory and close the descriptor; views of its slots must be gone by then."""
        self._carve(None, 0)
        self._memory.close()
        os.close(self.fd)


def _payload(row: Any, number: int) -> bytes | None:
    if row["number"] != number:
        return None
    return bytes(row["payload"][: row["length"]])


def _fill(row: Any, number: int, payload: bytes) -> None:
    row["number"] = INVALID
    row["payload"][: len(payload)] = np.frombuffer(payload, np.uint8)
    row["length"] = len(payload)
    row["number"] = number
