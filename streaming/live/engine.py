"""The engine of one stream: its arena, its place in the pool, its sources, and what is read out of the arena for listeners.

It grows: when the desk has more tracks than the engine's class, everything the arena holds moves into one of a wider class, and
the stream goes on there as if it had always been so wide. Listeners hear nothing of it.
"""

from collections.abc import Iterable, Mapping

from dsp.slot.widen import Rest, Widening
from streaming.listening.delivery import Packing
from streaming.listening.telemetry import Telemetry
from streaming.live.lead import Limits
from streaming.live.stream import Stream
from streaming.render.arena import Arena
from streaming.render.job import Job
from streaming.render.pool import Done, Pool


class CannotGrow(Exception):
    """The pool has not made the state of rest of this class."""


def widened(narrow: Arena, slots: Iterable[int], rest: Rest, wide: Arena) -> None:
    """Take over the rings of a narrow arena and what those of its slots hold."""
    widening = Widening(narrow.tracks, wide.tracks)
    wide.copy_rings(narrow)
    for number in slots:
        source, target = narrow.slots[number], wide.slots[number]
        widening.state(source.state64, source.state32, rest, target.state64, target.state32)
        target.copy_encoder(source)


class Engine:
    """An engine for ``tracks`` tracks; ``paths`` says where each asset's canonical audio lies."""

    def __init__(
        self, pool: Pool, tracks: int, slots: int, ring_frames: int, paths: Mapping[str, str], ahead: int = Limits().ahead_frames
    ) -> None:
        self._pool = pool
        self._paths = list(paths.values())
        self.sources = {asset: number for number, asset in enumerate(paths)}
        self._furnish(Arena(tracks, slots, ring_frames, ahead=ahead))

    def _furnish(self, arena: Arena) -> None:
        self.arena = arena
        self.number = self._pool.open(arena, self._paths)
        self.packing = Packing(arena)
        self.telemetry = Telemetry(arena)

    @property
    def tracks(self) -> int:
        """Its class."""
        return self.arena.tracks

    @property
    def rendered_again(self) -> int:
        """How many chunks the pool has had to render twice."""
        return self._pool.counts.rendered_again

    def provide(self, assets: Iterable[str], paths: Mapping[str, str]) -> None:
        """Make sure that the workers know where these assets lie."""
        for asset in assets:
            if asset not in self.sources:
                self._paths.append(paths[asset])
                self.sources[asset] = self._pool.add_source(self.number, paths[asset])

    def render(self, job: Job, deadline_us: int, done: Done) -> None:
        """Have a chunk rendered; ``done`` is not called when the engine has grown or was closed before."""
        self._pool.submit(job, deadline_us, done)

    def widen(self, tracks: int, stream: Stream) -> None:
        """Grow to a wider class. Raises :class:`CannotGrow`, or ``OSError`` where there is no memory, and has changed nothing."""
        rest = self._pool.rest.get(tracks)
        if rest is None:
            raise CannotGrow(f"there is no state of rest for {tracks} tracks")
        narrow, number, packing = self.arena, self.number, self.packing
        self._furnish(Arena(tracks, len(narrow.slots), narrow.ring_frames, ahead=narrow.ahead))
        widened(narrow, stream.widen(self.number, self.arena, tracks), rest, self.arena)
        _leave(self._pool, number, packing, narrow)

    def close(self) -> None:
        """Leave the pool and free the memory."""
        _leave(self._pool, self.number, self.packing, self.arena)


def _leave(pool: Pool, number: int, packing: Packing, arena: Arena) -> None:
    pool.close(number)
    packing.release()
    arena.close()
