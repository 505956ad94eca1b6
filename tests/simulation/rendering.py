"""What a render process does with its messages, with the stand-ins for DSP and Opus: it maps arenas, renders jobs into them,
replies.

Everything it writes goes through the same arena, at the same places and in the same order as the real worker's; what a real
worker refuses, a bug in the server has sent.
"""

import os
from dataclasses import dataclass, field

from simulation import kernel
from simulation.codec import Encoder

from dsp.grid import LATENCY, QUANTUM, TILE
from streaming.render import channel
from streaming.render.arena import Arena, Slot
from streaming.render.encoder import ChunkEncoder
from streaming.render.job import ABANDONED, DONE, FRESH, Job, Reply, unpack_job

CHAIN = 0
"""Where in a slot's float64 state the chain lies: in the head, which moves along when a stream grows."""


class Refused(Exception):
    """A job that a real worker refuses, or that would read what is not there."""


@dataclass(slots=True)
class _Attached:
    arena: Arena
    sources: list[str] = field(default_factory=list)


class Renderer:
    """The memory of one worker; ``boot`` is its zygote's."""

    def __init__(self, boot: int) -> None:
        self._attached: dict[int, _Attached] = {}
        self._encoder = ChunkEncoder(Encoder(), boot)  # type: ignore[arg-type]

    def take(self, message: bytes, fd: int | None) -> Job | None:
        """Act on a message; a job is handed back."""
        kind = message[:1]
        if kind == channel.JOB:
            return unpack_job(message[1:])
        if kind == channel.ATTACH:
            number, tracks, slots, ring_frames, ahead = channel.unpack_attach(message)
            assert fd is not None
            self._attached[number] = _Attached(Arena(tracks, slots, ring_frames, os.dup(fd), ahead))
        elif kind == channel.SOURCE:
            number, path = channel.unpack_number(message)
            self._attached[number].sources.append(path)
        elif kind == channel.DETACH:
            self._attached.pop(channel.unpack_number(message)[0]).arena.close()
        else:
            raise Refused(f"message of kind {kind!r}")
        return None

    def close(self) -> None:
        """The process is gone, and its mappings with it."""
        while self._attached:
            self._attached.popitem()[1].arena.close()

    def begin(self, job: Job) -> None:
        """Look at a job, and say that it has begun."""
        if job.arena not in self._attached:
            raise Refused(f"stream {job.arena} is not attached")
        stream = self._attached[job.arena]
        check(job, stream.arena, len(stream.sources))
        stream.arena.begun = True

    def is_stale(self, job: Job) -> bool:
        """Whether nobody wants a job any more."""
        return self._attached[job.arena].arena.generation != job.generation

    def run(self, job: Job, tiles: int | None = None) -> Reply:
        """Render a job; with ``tiles`` die after so many, in the middle of it."""
        arena = self._attached[job.arena].arena
        if self.is_stale(job):
            return Reply(job.number, ABANDONED, job.start, False, job.encode_from, 0, 0, 0)
        tables = kernel.Tables(arena.tracks, job.events, job.segments, job.clips)
        frame, marks, ended = job.start, list[tuple[int, Slot]](), False
        chain = kernel.fresh(job.values, arena.tracks) if job.src == FRESH else int(arena.slots[job.src].state64[CHAIN])
        for leg in job.legs:
            slot = arena.slots[leg.dst]
            slot.invalidate()
            stop = frame + leg.frames if tiles is None else min(frame + leg.frames, job.start + tiles * TILE)
            done = kernel.render(chain, frame, stop, job.ends_at, tables)
            _publish(arena, job, frame, done.audio)
            if stop < frame + leg.frames:
                return Reply(job.number, ABANDONED, job.start, False, job.encode_from, 0, 0, 0)
            chain, ended, frame = done.chain, done.ended, frame + len(done.audio)
            slot.state64[CHAIN] = chain
            slot.mark(frame)
            marks.append((frame, slot))
            if ended:
                break
        packets_to = job.encode_from
        if job.encode:
            packets_to = self._encoder.encode(job, arena, marks, frame - LATENCY if ended else None, lambda: True)
        return Reply(job.number, DONE, frame, ended, packets_to, 0, 0, 0)


def _publish(arena: Arena, job: Job, frame: int, audio: kernel.Audio) -> None:
    start = frame - LATENCY
    skipped = max(0, job.publish_from - start)
    arena.write_pcm(start + skipped, audio[skipped:])


def check(job: Job, arena: Arena, sources: int) -> None:
    """Raise :class:`Refused` for a job that cannot be."""
    targets = [leg.dst for leg in job.legs]
    named = [*targets, *(slot for slot in (job.src, job.encoder) if slot != FRESH)]
    frames = job.stop - job.start
    wrong = {
        "slots out of range": not all(0 <= slot < len(arena.slots) for slot in named),
        "a slot is written twice, or where it is read": len({job.src, *targets}) != len(targets) + 1,
        "an encoder's slot is written": job.encoder != FRESH and job.encoder in targets,
        "the source slot stands elsewhere": job.src != FRESH and arena.slots[job.src].frame != job.start,
        "not on tiles": any(frame % TILE or frame < 0 for frame in (job.start, *(leg.frames for leg in job.legs))),
        "more than the ring holds": frames > arena.ring_frames,
        "long lines behind the slot are gone": job.src != FRESH and frames > arena.ahead,
        "a source that is not there": len(job.clips) > 0 and int(job.clips["source"].max()) >= sources,
        "packets before the stream began": job.encode and job.encode_from * QUANTUM < job.publish_from - QUANTUM,
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise Refused(f"{sentence}: {job}")
