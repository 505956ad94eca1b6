"""The process that renders chunks: it holds no state of its own, everything is in the slots of the arenas it maps.

It reads jobs from its socket one after the other, and it may be killed at any instant: the slot a chunk starts from is never
written, so another worker renders the same samples from it. It ends when its socket is closed.
"""

import logging
import os
import socket
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from dsp.desk.params import reset_index
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.slot.layout import NONFINITE, fresh
from dsp.tables import SEGMENT
from streaming.render import channel
from streaming.render.arena import Arena, Slot
from streaming.render.encoder import ChunkEncoder
from streaming.render.job import ABANDONED, DONE, FAILED, FRESH, Job, Reply, pack_reply, unpack_job
from streaming.render.opus import Encoder, Library
from streaming.render.renderer import Piece, Renderer, Tables, is_finite
from streaming.render.source import Maps

logger = logging.getLogger(__name__)


class JobRefused(Exception):
    """A job names what is not there; the sentence says what."""


class _Abandoned(Exception):
    """The arena's generation moved on."""


class _NonFinite(Exception):
    """The console's output or state is not a number."""


@dataclass(slots=True)
class _Attached:
    arena: Arena
    renderer: Renderer
    paths: list[str] = field(default_factory=list)


class Worker:
    """Renders jobs into the arenas it was handed."""

    def __init__(self, opus: Library | None, boot: int) -> None:
        self._attached: dict[int, _Attached] = {}
        self._maps = Maps()
        self._encoder = ChunkEncoder(Encoder(opus), boot) if opus else None

    def attach(self, number: int, tracks: int, slots: int, ring_frames: int, ahead: int, fd: int) -> None:
        """Take part in a stream; where its memory cannot be mapped, its jobs will be refused."""
        try:
            arena = Arena(tracks, slots, ring_frames, fd, ahead)
        except (OSError, ValueError):
            logger.exception("the memory of stream %d cannot be mapped", number)
            os.close(fd)
            return
        self._attached[number] = _Attached(arena, Renderer(tracks))

    def detach(self, number: int) -> None:
        """Forget a stream."""
        if attached := self._attached.pop(number, None):
            attached.arena.close()

    def add_source(self, number: int, path: str) -> None:
        """Give a stream its next source."""
        if number in self._attached:
            self._attached[number].paths.append(path)

    def run(self, job: Job) -> Reply:
        """Render one job and say what became of it."""
        try:
            return _Chunk(job, self._attached, self._maps, self._encoder).run()
        except _Abandoned:
            return _reply(job, ABANDONED)
        except Exception:
            # The edge at which whatever is wrong with one job becomes the end of one stream, and of nothing else.
            logger.exception("a chunk of stream %d cannot be rendered", job.arena)
            return _reply(job, FAILED)


class _Chunk:
    """One job on its way."""

    def __init__(self, job: Job, attached: dict[int, _Attached], maps: Maps, encoder: ChunkEncoder | None) -> None:
        if job.arena not in attached:
            raise JobRefused(f"stream {job.arena} is not attached")
        stream = attached[job.arena]
        self._job, self._arena, self._renderer, self._encoder = job, stream.arena, stream.renderer, encoder
        self._check()
        self._arena.begun = True
        wanted = (int(source) for source in np.unique(job.clips["source"]))
        self._tables = Tables(job.events, job.segments, job.clips, maps.table(stream.paths, wanted))

    def _check(self) -> None:
        """Refuse what would read or write out of bounds: kernels look at nothing twice."""
        job, slots, tracks = self._job, self._arena.slots, self._arena.tracks
        targets = [leg.dst for leg in job.legs]
        named = [*targets, *(slot for slot in (job.src, job.encoder) if slot != FRESH)]
        if not targets or not _within(named, len(slots)) or len({job.src, *targets}) != len(targets) + 1:
            raise JobRefused(f"slots {job.src} -> {targets} of {len(slots)} (encoder {job.encoder})")
        if job.src != FRESH and slots[job.src].frame != job.start:
            raise JobRefused(f"slot {job.src} stands at {slots[job.src].frame}, not at {job.start}")
        if any(frames % TILE or frames < 0 for frames in (job.start, *(leg.frames for leg in job.legs))):
            raise JobRefused(f"{job.start} and {[leg.frames for leg in job.legs]} are not whole tiles")
        if job.stop - job.start > self._arena.ring_frames:
            raise JobRefused(f"{job.stop - job.start} frames are more than the ring holds")
        if job.src != FRESH and job.stop - job.start > self._arena.ahead:
            raise JobRefused(f"{job.stop - job.start} frames would overwrite what slot {job.src} reads of long lines")
        if not _within(job.events["index"], reset_index(tracks) + 1) or not _within(job.clips["lane"], tracks):
            raise JobRefused("an event or a clip is for a parameter or a lane that does not exist")
        if job.encode and self._encoder is None:
            raise JobRefused("there is no libopus to encode with")

    def run(self) -> Reply:
        """Render, then encode."""
        job, muted, begun = self._job, 0, time.thread_time_ns()
        before = 0.0 if job.src == FRESH else self._arena.slots[job.src].state64[NONFINITE]
        try:
            stop, ended, marks = self._render()
        except _NonFinite:
            logger.error("a chunk of stream %d at frame %d is not finite: muted", job.arena, job.start)
            stop, ended, marks = self._mute()
            muted = 1
        rendered = time.thread_time_ns()
        packets_to = job.encode_from
        if job.encode and self._encoder:
            end = stop - LATENCY if ended else None
            packets_to = self._encoder.encode(job, self._arena, marks, end, self._is_wanted)
            self._keep_going()
        encoded = time.thread_time_ns()
        bad = muted + int(marks[-1][1].state64[NONFINITE] - before)
        return Reply(job.number, DONE, stop, ended, packets_to, bad, (rendered - begun) // 1000, (encoded - rendered) // 1000)

    def _render(self, silent: bool = False) -> tuple[int, bool, list[tuple[int, Slot]]]:
        """Render the legs; answers the process frame reached, whether the song ended there, and the slots kept."""
        job, slots = self._job, self._arena.slots
        frame, marks = job.start, list[tuple[int, Slot]]()
        source = slots[job.src] if job.src != FRESH else None
        for leg in job.legs:
            slot = self._begin(leg.dst, source)
            stop, ended = frame + leg.frames, False
            state = slot.state64, slot.state32, self._arena.rings
            for piece in self._renderer.pieces(*state, frame, stop, job.ends_at, self._tables):
                self._keep_going()
                self._publish(piece, silent)
                frame, ended = piece.stop, piece.ended
            if not (is_finite(slot.state64) and is_finite(slot.state32)):
                raise _NonFinite
            slot.mark(frame)
            marks.append((frame, slot))
            if ended:
                return frame, True, marks
            source = slot
        return frame, False, marks

    def _begin(self, number: int, source: Slot | None) -> Slot:
        slot = self._arena.slots[number]
        slot.invalidate()
        if source is None:
            fresh(self._arena.tracks, slot.state64, slot.state32, self._job.values)
        else:
            slot.copy_state(source)
        return slot

    def _publish(self, piece: Piece, silent: bool) -> None:
        if silent:
            piece.audio[:] = 0.0
        elif not is_finite(piece.audio):
            raise _NonFinite
        skipped = max(0, self._job.publish_from - piece.start)
        self._arena.write_pcm(piece.start + skipped, piece.audio[skipped:])
        quantum = (piece.stop - LATENCY) // QUANTUM - 1
        if piece.meters is not None and piece.stop - LATENCY > self._job.publish_from:
            self._arena.write_meters(quantum, piece.meters)

    def _mute(self) -> tuple[int, bool, list[tuple[int, Slot]]]:
        """Go on from the source slot with silence in and out, so that parameters and tails stand where they should."""
        self._tables = Tables(self._tables.events, np.empty(0, SEGMENT), self._tables.clips, self._tables.sources)
        return self._render(silent=True)

    def _is_wanted(self) -> bool:
        return self._arena.generation == self._job.generation

    def _keep_going(self) -> None:
        if not self._is_wanted():
            raise _Abandoned


def _within(numbers: ArrayLike, end: int) -> bool:
    numbers = np.asarray(numbers)
    return bool(((numbers >= 0) & (numbers < end)).all())


def _reply(job: Job, status: int) -> Reply:
    return Reply(job.number, status, job.start, False, job.encode_from, 0, 0, 0)


def serve(end: socket.socket, opus: Library | None, boot: int) -> None:
    """Do what the pool says until it closes the socket."""
    worker = Worker(opus, boot)
    while True:
        message, fds, _, _ = socket.recv_fds(end, channel.MAX_BYTES, 1)
        kind = message[:1]
        if kind == channel.JOB:
            end.send(pack_reply(worker.run(unpack_job(message[1:]))))
        elif kind == channel.ATTACH:
            worker.attach(*channel.unpack_attach(message), fds[0])
        elif kind == channel.SOURCE:
            worker.add_source(*channel.unpack_number(message))
        elif kind == channel.DETACH:
            worker.detach(channel.unpack_number(message)[0])
        else:
            return
