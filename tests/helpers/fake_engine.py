"""A stand-in for arena, worker and kernel: every tile of output is a hash of all that it depends on.

``state' = hash(state, events of the tile, what the gather reads in it)``; the output of a process tile is the state after it, so
two renders agree at a frame only if they agree in everything up to LATENCY frames later. Packets are lists of the tiles encoded.
"""

from dataclasses import dataclass, field

from dsp.grid import LATENCY, QUANTUM, TILE
from streaming.render.job import ABANDONED, DONE, FRESH, Job, Reply

ENDS_AFTER = 4_800
PRIMING = 4

Tiles = dict[int, int]


@dataclass(frozen=True)
class State:
    frame: int
    chain: int
    silent: int = 0
    next_packet: int = -1


def read_in(tile, segments, clips):
    """What the gather reads in the tile at a process frame: from the newest segment back to the first at full weight."""
    found = []
    for starts_at, position, table, fade in reversed(segments):
        if starts_at >= tile + TILE:
            continue
        low = position + tile - starts_at
        heard = tuple(clip[1:] for clip in clips if clip[0] == table and clip[6] < low + TILE and clip[6] + clip[8] > low)
        found.append((starts_at, low, fade, heard))
        if starts_at + fade <= tile:
            break
    return tuple(found)


def render(state, stop, ends_at, events, segments, clips):
    """Yield the state after each tile up to process frame ``stop`` or the song's end."""
    rows, segments, clips = events.tolist(), segments.tolist(), clips.tolist()
    while state.frame < stop:
        tile = state.frame
        if tile - LATENCY >= ends_at and state.silent >= ENDS_AFTER:
            return
        mapping = read_in(tile, segments, clips)
        now = tuple(row for row in rows if tile <= row[0] < tile + TILE)
        is_silent = not any(heard for _, _, _, heard in mapping)
        state = State(tile + TILE, hash((state.chain, now, mapping)), state.silent + TILE if is_silent else 0, state.next_packet)
        yield state


def fresh(frame, values):
    """The state that a run begins with."""
    return State(frame, hash(tuple(values.tolist())))


@dataclass
class FakeArena:
    """Slots and rings as a worker leaves them; it is also the stream's generation word."""

    slots: int
    ring_frames: int
    generation: int = 0
    kept: dict[int, State] = field(default_factory=dict)
    ring: dict[int, tuple[int, int]] = field(default_factory=dict)
    packets: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    preroll: tuple[int, tuple[tuple[int, ...], ...]] = (0, ())

    def bump_generation(self):
        self.generation += 1
        return self.generation

    def tile(self, frame):
        """The output tile at a stream frame; fails where the ring holds another one."""
        at, chain = self.ring[frame % self.ring_frames]
        assert at == frame, f"frame {frame} is gone, {at} lies in its place"
        return chain

    def packet(self, number):
        at, tiles = self.packets[number % (self.ring_frames // QUANTUM)]
        assert at == number, f"packet {number} is gone, {at} lies in its place"
        return tiles

    def run(self, job: Job) -> Reply:
        """Do what a worker does."""
        targets = [leg.dst for leg in job.legs]
        assert all(0 <= slot < self.slots for slot in targets)
        assert len({job.src, *targets}) == 1 + len(targets)
        assert job.encoder not in targets or job.encoder == FRESH
        state = fresh(job.start, job.values) if job.src == FRESH else self.kept[job.src]
        assert state.frame == job.start
        marks, stop, frame = [], job.start, job.start
        for leg in job.legs:
            self.kept.pop(leg.dst, None)
            frame += leg.frames
            for after in render(state, frame, job.ends_at, job.events, job.segments, job.clips):
                state = after
                at = state.frame - TILE - LATENCY
                if at >= job.publish_from:
                    self.ring[at % self.ring_frames] = (at, state.chain)
            stop = state.frame
            self.kept[leg.dst] = state
            marks.append(leg.dst)
            if stop < frame:
                break
        ended = stop < frame
        packets_to = self._encode(job, marks, stop - LATENCY if ended else None) if job.encode else job.encode_from
        return Reply(job.number, DONE, stop, ended, packets_to, 0, 1_000, 1_000)

    def _encode(self, job, marks, end):
        last = (self.kept[marks[-1]].frame - LATENCY) // QUANTUM
        stop = last if end is None else -(-end // QUANTUM) + 1
        encoder = self.kept.get(job.encoder)
        if encoder is None or encoder.next_packet != job.encode_from:
            # A new encoder is shown some audio, which must be there.
            first = max(0, job.encode_from - PRIMING)
            assert job.encode_from * QUANTUM >= job.publish_from - QUANTUM
            assert first >= 0
        preroll = []
        for number in range(job.encode_from, stop + 1):
            for slot in marks:
                if (self.kept[slot].frame - LATENCY) // QUANTUM == number:
                    kept = self.kept[slot]
                    self.kept[slot] = State(kept.frame, kept.chain, kept.silent, number)
            if number == stop:
                break
            frames = range(number * QUANTUM, (number + 1) * QUANTUM, TILE)
            tiles = tuple(0 if end is not None and frame >= end else self.tile(frame) for frame in frames)
            if number >= job.packet_from:
                self.packets[number % (self.ring_frames // QUANTUM)] = (number, tiles)
            else:
                preroll.append(tiles)
        if preroll:
            self.preroll = (job.encode_from, tuple(preroll))
        return max(job.encode_from, stop)


def abandoned(job):
    """The reply to a job of an older generation."""
    return Reply(job.number, ABANDONED, job.start, False, job.encode_from, 0, 0, 0)
