"""What the server asks of a worker and what it answers: fixed structs and record arrays, never pickles.

A job renders one chunk of one stream. It names slots and frames only; the worker finds state, PCM ring and packets in the arena.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.tables import CLIP, EVENT, SEGMENT

FRESH = -1
"""Instead of a slot: start from zeroed state (with ``Job.values`` as its parameters), or from a new encoder."""

NOTHING = -1
"""Instead of a source's number: all are there."""

NEVER = (1 << 62) - 1
"""A frame that no stream reaches."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Render ``frames`` (whole tiles) of process time on from where the leg before ended, and leave the state in slot ``dst``."""

    dst: int
    frames: int


@dataclass(frozen=True, slots=True)
class Job:
    """One chunk: from slot ``src``, whose state stands at process frame ``start``, through one or two legs.

    Two legs are used at a splice: the first ends at the splice point, so that a slot lies exactly there.
    Output before stream frame ``publish_from`` is computed but not written to the ring (the latency of a fresh start).
    Opus packets are encoded from packet ``encode_from`` on with the encoder of slot ``encoder`` (the ring holds their PCM);
    packets before ``packet_from`` are pre-roll, and the first one is then coded without prediction.
    """

    number: int
    arena: int
    generation: int
    src: int
    start: int
    legs: tuple[Leg, ...]
    ends_at: int
    publish_from: int
    events: NDArray[np.void]
    segments: NDArray[np.void]
    clips: NDArray[np.void]
    encode: bool = False
    encoder: int = FRESH
    encode_from: int = 0
    packet_from: int = 0
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def stop(self) -> int:
        """The process frame at which the chunk ends, unless the song ends before."""
        return self.start + sum(leg.frames for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a job. ``stop`` is the process frame reached; ``ended`` says that the song and its tails are over there.

    ``lost`` is the number of a source whose file is gone, or NOTHING; ``overruns`` says how many workers hung with it before.
    """

    number: int
    status: int
    stop: int
    ended: bool
    packets_to: int
    nonfinite: int
    render_us: int
    encode_us: int
    lost: int = NOTHING
    overruns: int = 0


DONE, ABANDONED, FAILED = range(3)
"""``Reply.status``: rendered; given up because the arena's generation moved on; refused (a table or slot out of range)."""

_JOB = Struct("<IIQ iq qq ?3x iqq 2x HHHHH 2i2q")
_REPLY = Struct("<II q ?3x i q II i")
MAX_JOB_BYTES = 128 * 1024


def pack_job(job: Job) -> bytes:
    """Serialise a job into one datagram."""
    legs = (*job.legs, Leg(FRESH, 0))[:2]
    head = _JOB.pack(
        job.number, job.arena, job.generation, job.src, job.start, job.ends_at, job.publish_from,
        job.encode, job.encoder, job.encode_from, job.packet_from,
        len(job.legs), len(job.events), len(job.segments), len(job.clips), len(job.values),
        legs[0].dst, legs[1].dst, legs[0].frames, legs[1].frames,
    )  # fmt: skip
    return b"".join((head, job.events.tobytes(), job.segments.tobytes(), job.clips.tobytes(), job.values.tobytes()))


def unpack_job(message: bytes) -> Job:
    """Parse a datagram of :func:`pack_job`."""
    (number, arena, generation, src, start, ends_at, publish_from, encode, encoder, encode_from, packet_from,
     legs, events, segments, clips, values, dst0, dst1, frames0, frames1) = _JOB.unpack_from(message)  # fmt: skip
    offset = _JOB.size
    arrays: list[NDArray[Any]] = []
    for dtype, count in ((EVENT, events), (SEGMENT, segments), (CLIP, clips), (np.dtype("<f8"), values)):
        arrays.append(np.frombuffer(message, dtype, count, offset).copy())
        offset += count * dtype.itemsize
    return Job(
        number, arena, generation, src, start, (Leg(dst0, frames0), Leg(dst1, frames1))[:legs], ends_at, publish_from,
        arrays[0], arrays[1], arrays[2], encode, encoder, encode_from, packet_from, arrays[3],
    )  # fmt: skip


def pack_reply(reply: Reply) -> bytes:
    """Serialise a reply into one datagram."""
    return _REPLY.pack(
        reply.number, reply.status, reply.stop, reply.ended, reply.nonfinite, reply.packets_to, reply.render_us, reply.encode_us,
        reply.lost,
    )  # fmt: skip


def unpack_reply(message: bytes) -> Reply:
    """Parse a datagram of :func:`pack_reply`."""
    number, status, stop, ended, nonfinite, packets_to, render_us, encode_us, lost = _REPLY.unpack(message)
    return Reply(number, status, stop, ended, packets_to, nonfinite, render_us, encode_us, lost)
