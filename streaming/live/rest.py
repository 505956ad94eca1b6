"""How the pool comes to know what an untouched console of a class looks like: it has a worker render one silent tile.

A stream that grows needs it (``dsp.slot.widen``), and the server's process loads no kernel.
"""

import numpy as np

from dsp.desk.compile import rest_values
from dsp.grid import QUANTUM, TILE
from dsp.slot.widen import Rest
from dsp.tables import CLIP, EVENT, SEGMENT
from streaming.render.arena import Arena
from streaming.render.job import FRESH, NEVER, Job, Leg


def rest_arena(tracks: int) -> Arena:
    """Memory for one slot."""
    return Arena(tracks, 1, QUANTUM, ahead=0)


def rest_job(number: int, arena: Arena) -> Job:
    """The job that renders the tile, of which nothing is published."""
    tables = np.empty(0, EVENT), np.empty(0, SEGMENT), np.empty(0, CLIP)
    return Job(1, number, arena.generation, FRESH, 0, (Leg(0, TILE),), NEVER, NEVER, *tables, values=rest_values(arena.tracks))


def rest_of(arena: Arena) -> Rest:
    """What the job has left behind."""
    slot = arena.slots[0]
    return Rest(arena.tracks, np.array(slot.state64), np.array(slot.state32))
