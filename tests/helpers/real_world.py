"""A world (``helpers.stream_world``) whose chunks are rendered for real: worker, arena and kernel, in this process.

Its engine grows with the desk.
"""

import os
from functools import cache

from helpers.stream_world import World

from dsp.desk.compile import tracks_class
from dsp.grid import TILE
from streaming.live.engine import widened
from streaming.live.rest import rest_arena, rest_job, rest_of
from streaming.render.arena import Arena
from streaming.render.job import DONE
from streaming.render.worker import Worker

NUMBER = 7


class RealArena:
    """The arena and a worker, with the face of the stand-in."""

    def __init__(self, tracks, slots, ring_frames, paths):
        self.arena = Arena(tracks, slots, ring_frames)
        self.paths = paths
        self._worker = Worker(None, 1)
        self._worker.attach(NUMBER, tracks, slots, ring_frames, self.arena.ahead, os.dup(self.arena.fd))
        for path in paths:
            self._worker.add_source(NUMBER, path)

    @property
    def generation(self):
        return self.arena.generation

    def bump_generation(self):
        return self.arena.bump_generation()

    def run(self, job):
        return self._worker.run(job)

    def tile(self, frame):
        return self.arena.pcm(frame, TILE)

    def grown(self, tracks):
        """An empty one of another class."""
        return RealArena(tracks, len(self.arena.slots), self.arena.ring_frames, self.paths)

    def close(self):
        self._worker.detach(NUMBER)
        self.arena.close()


@cache
def rest(tracks):
    """The state of rest of a class."""
    arena, worker = rest_arena(tracks), Worker(None, 1)
    worker.attach(NUMBER, tracks, 1, arena.ring_frames, arena.ahead, os.dup(arena.fd))
    assert worker.run(rest_job(NUMBER, arena)).status == DONE
    found = rest_of(arena)
    worker.detach(NUMBER)
    arena.close()
    return found


class RealWorld(World):
    """What an edit may add is a track; ``add`` adds some."""

    def edit(self, path, value):
        tracks = tracks_class(self.mix.set(path, value))
        if tracks > self.arena.arena.tracks:
            self._grow(tracks)
        super().edit(path, value)

    def _grow(self, tracks):
        narrow, self.arena = self.arena, self.arena.grown(tracks)
        widened(narrow.arena, self.stream.widen(NUMBER, self.arena, tracks), rest(tracks), self.arena.arena)
        narrow.close()
        self._flight = None

    def add(self, count, clips):
        taken = len(self.mix.tracks)
        for n in range(taken, min(64, taken + count)):
            self.edit(f"tracks/t{n}", {"name": f"Track {n}", "clips": clips, "params": {"fader_db": -10.0, "pan": n / 64}})
