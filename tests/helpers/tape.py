"""A stream driven by hand, for tests of what renders it: a seeded performance with edits and jumps, recorded as a listener would.

It asks for one chunk after the other from the newest slot, goes back for splices, and keeps what was rendered, so that it can be
compared with one offline render of the same tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dsp.desk.params import BUSES, TRACK, Scope, bus_index, track_index
from dsp.grid import JUMP_FADE, LATENCY, QUANTUM, TILE
from dsp.slot.layout import StateLayout, fresh, new_rings
from dsp.tables import CLIP, EVENT, SEGMENT
from streaming.render.arena import Arena
from streaming.render.job import FRESH, NEVER, Job, Leg, Reply
from streaming.render.renderer import Renderer, Tables
from streaming.render.source import Maps

TRACKS = 8
SLOTS = 24
RING = 4 * 48_000
_EDITS = (("fader_db", -20.0, 6.0), ("pan", -1.0, 1.0), ("eq/2/gain_db", -12.0, 12.0), ("send/1/level_db", -30.0, 0.0),
          ("send/2/level_db", -30.0, 0.0),
          ("compressor/on", 0.0, 1.0), ("compressor/threshold_db", -40.0, -6.0), ("highpass/on", 0.0, 1.0))  # fmt: skip


_BUS_EDITS: tuple[tuple[Scope, str, float, float], ...] = (
    ("master", "fader_db", -6.0, 0.0), ("delay", "frames", 480.0, 96_000.0), ("delay", "ping_pong", 0.0, 1.0),
    ("reverb", "predelay_ms", 0.0, 250.0), ("reverb", "size", 0.5, 1.5),
)  # fmt: skip


def rest_values() -> NDArray[np.float64]:
    """The engine vector of an untouched desk."""
    rows = [parameter.default for parameter in TRACK for _ in range(TRACKS)]
    return np.array([*rows, *(parameter.default for parameter in BUSES)], np.float64)


def sent_values() -> NDArray[np.float64]:
    """The same, but that two tracks are sent to the effects."""
    values = rest_values()
    values[[track_index("send/1/level_db", 0, TRACKS), track_index("send/2/level_db", 1, TRACKS)]] = -12.0
    return values


def whole_clips(paths: Sequence[str], frames: int) -> NDArray[np.void]:
    """One clip a lane, from the song's beginning on."""
    return np.array([(0, lane, lane, 0, 0, 1.0, 0, 0, frames) for lane in range(len(paths))], CLIP)


@dataclass
class Tape:
    """One performance. ``step`` answers the next job, or nothing when it is over; ``take`` records its reply."""

    arena: Arena
    number: int
    paths: Sequence[str]
    frames: int
    seed: int = 0
    quanta: int = 5
    splices: float = 0.3
    encode: bool = False
    ends_at: int = NEVER
    events: list[tuple[int, int, int, float]] = field(default_factory=list)
    segments: list[tuple[int, int, int, int]] = field(default_factory=lambda: [(0, 0, 0, 0)])
    packets: dict[int, bytes] = field(default_factory=dict)
    chain: list[bytes] = field(default_factory=list)
    over: bool = False
    values: NDArray[np.float64] = field(default_factory=sent_values)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._slots: dict[int, int] = {}  # process frame -> slot
        self._jobs = 0
        self._chains: dict[int, list[bytes]] = {FRESH: []}  # process frame -> all that the slot's encoder has encoded
        self._packet = 0
        self._spliced = 0
        self._heard = np.zeros((0, 2), np.float32)
        self._clips = whole_clips(self.paths, self.frames)
        self.job: Job | None = None

    @property
    def cursor(self) -> int:
        """The stream frame up to which the performance is recorded."""
        return len(self._heard)

    def step(self) -> Job | None:
        """The next chunk: a splice with a first chunk of 40 ms, now and then, or the next whole quanta."""
        if self.over or self.cursor >= self.frames:
            return None
        if self.cursor > 10 * QUANTUM and self._rng.random() < self.splices:
            at = self.cursor - TILE * int(self._rng.integers(1, 3 * QUANTUM // TILE))
            self._spliced = max(self._spliced, at // TILE * TILE)
            self.job = self._splice(self._spliced)
        else:
            start = max(self._slots, default=0)
            stop = max(start, LATENCY) + self.quanta * QUANTUM - (max(start, LATENCY) - LATENCY) % QUANTUM
            self.job = self._chunk(start, (stop,), self._packet, self._packet)
        return self.job

    def _splice(self, at: int) -> Job:
        edge = at + LATENCY
        for frame in [frame for frame in self._slots if frame > edge]:
            del self._slots[frame]
        if self._rng.random() < 0.3:
            self.segments.append((edge, int(self._rng.integers(0, self.frames)), 0, JUMP_FADE))
        else:
            name, low, high = _EDITS[self._rng.integers(len(_EDITS))]
            index = track_index(name, int(self._rng.integers(len(self.paths))), TRACKS)
            self.events.append((edge, index, 15, float(np.round(self._rng.uniform(low, high)))))
        if self._rng.random() < 0.3:
            scope, name, low, high = _BUS_EDITS[self._rng.integers(len(_BUS_EDITS))]
            self.events.append((edge, bus_index(scope, name, TRACKS), 15, float(np.round(self._rng.uniform(low, high)))))
        start = max(frame for frame in self._slots if frame <= edge)
        first = at // QUANTUM
        keeper = max((frame for frame in self._slots if (frame - LATENCY) // QUANTUM <= first - 3), default=None)
        stops = (edge, (first + 2) * QUANTUM + LATENCY)
        encode_from = 0 if keeper is None else (keeper - LATENCY) // QUANTUM
        return self._chunk(start, stops[start == edge :], encode_from, first, FRESH if keeper is None else self._slots[keeper])

    def _chunk(self, start: int, stops: tuple[int, ...], encode_from: int, packet_from: int, encoder: int | None = None) -> Job:
        source = self._slots.get(start, FRESH)
        kept = sorted(self._slots)[-12:]
        self._slots = {frame: self._slots[frame] for frame in kept}
        free = [slot for slot in range(len(self.arena.slots)) if slot not in self._slots.values()]
        legs = tuple(Leg(free.pop(), stop - begin) for begin, stop in zip((start, *stops), stops, strict=False))
        self._jobs += 1
        return Job(
            number=self._jobs, arena=self.number, generation=self.arena.generation, src=source, start=start, legs=legs,
            ends_at=self.ends_at, publish_from=0, events=np.array(self.events, EVENT), segments=np.array(self.segments, SEGMENT),
            clips=self._clips, encode=self.encode, encoder=source if encoder is None else encoder, encode_from=encode_from,
            packet_from=packet_from, values=self.values if source == FRESH else np.empty(0),
        )  # fmt: skip

    def take(self, reply: Reply) -> None:
        """Record what a chunk brought, from the splice or the end of the chunk before on."""
        job = self.job
        assert job
        assert (reply.number, reply.status, reply.nonfinite) == (job.number, 0, 0)
        frame = job.start
        for leg in job.legs:
            frame += leg.frames
            if frame <= reply.stop:
                self._slots[frame] = leg.dst
        begin, end = max(0, job.start - LATENCY), reply.stop - LATENCY
        self._heard = np.concatenate((self._heard[:begin], self.arena.frames(begin, end - begin)))
        self.over = reply.ended
        if self.encode:
            self._take_packets(job, reply)

    def _take_packets(self, job: Job, reply: Reply) -> None:
        """Keep what listeners get, and the unbroken chain of packets that the slots' encoders have made."""
        self._packet = reply.packets_to
        packets = [self.arena.packet(k) or b"" for k in range(job.packet_from, reply.packets_to)]
        self.packets |= dict(enumerate(packets, job.packet_from))
        before = next((frame for frame, slot in self._slots.items() if slot == job.encoder), FRESH)
        preroll = self.arena.preroll()[1] if job.encode_from < job.packet_from else []
        self.chain = self._chains[before][: job.encode_from] + preroll + packets
        for frame in self._slots:
            if frame >= job.start:
                self._chains[frame] = self.chain[: (frame - LATENCY) // QUANTUM]

    @property
    def heard(self) -> NDArray[np.float32]:
        """The performance as recorded, shape ``(frames, 2)``."""
        return self._heard

    def offline(self) -> NDArray[np.float32]:
        """The performance rendered in one go from its final tables."""
        layout = StateLayout(TRACKS)
        state64, state32 = np.zeros(layout.n64), np.zeros(layout.n32, np.float32)
        fresh(TRACKS, state64, state32, self.values)
        maps = Maps()
        events, segments = np.array(self.events, EVENT), np.array(self.segments, SEGMENT)
        tables = Tables(events, segments, self._clips, maps.table(self.paths))
        stop = self.cursor + LATENCY if not self.over else NEVER // TILE * TILE
        pieces = Renderer(TRACKS).pieces(state64, state32, new_rings(), 0, stop, self.ends_at, tables)
        return np.concatenate([piece.audio.copy() for piece in pieces])[LATENCY:]
