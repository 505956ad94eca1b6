"""The saturation of the strips and of the master: a waveshaper whose difference to the input is added in.

y = x + mix (6 f(z) / g - x): the drive g brings down where the curve bends, small signals keep their level. With z =
g x / 6 it is flat from |z| = 1 on: at 0 dB from 15.6 dB above full scale (a peak at full scale loses 0.2 dB), at 24 dB from -8.4
dBFS on, where nothing leaves above -15.2 dBFS. Whether on or off, a strip and the master delay by a tile each, which is where the
shaper's filters find their future.

Drive and weight follow their glides a tile late, as the audio does: so they meet the frames that they were meant for, and the
first tile after switching on fills the filters at no weight.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numba import float32

from dsp.cache import inlined, outlined
from dsp.channel.shaper import END, FUTURE, HISTORY, SCALE, SOFT, bent, lowpassed
from dsp.desk.params import bus_index, track_index
from dsp.grid import TILE
from dsp.simd.lanes import any_above, fma, larger, magnitude, smaller, splat16, sum_of
from dsp.simd.memory import load16, on_stack, store
from dsp.simd.scans import PER_FRAME, even, high_zip, low_zip, odd, ramp
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import (
    HEAD,
    LANES,
    MASTER_SAT,
    MODE_SATURATION,
    MOVING,
    SAT_DELAYED,
    SAT_DRIVE,
    SAT_TAIL,
    SAT_WEIGHT,
    SKIP,
    STEADY,
)

FLAT = 6.0
"""Input at which the curve is flat without drive (15.6 dB above full scale)."""
_ON = track_index("saturation/on", 0, 1)
SATURATION_PARAMETERS = tuple(range(_ON, _ON + 3))
"""on, drive, mix: as the catalogue has them."""
_MASTER_ON = bus_index("master", "saturation/on", 0)
_NOW, _TO, _NEXT = 0, LANES, 2 * LANES
_ZERO = np.float32(0.0)
_z, _early, _late = (on_stack(LANES * frames, float32) for frames in (2 * TILE, TILE + HISTORY, TILE + HISTORY))
"""Scratch, for lanes."""


@inlined
def weight(on, drive, mix):
    """Return by how much the shaper's difference counts: it comes in units of the curve, and upside down."""
    return on * mix * FLAT / (SCALE * drive)


@inlined
def derive_saturation(state64, state32, tracks, lane, row, side):
    """Set a track's saturation at the end of this tile."""
    at = HEAD + _ON * tracks + lane
    on, drive, mix = state64[at], state64[at + tracks], state64[at + 2 * tracks]
    for k in (row + side + _NEXT, row + side + _NEXT + 1):
        state32[k + SAT_DRIVE] = drive * (END / FLAT)
        state32[k + SAT_WEIGHT] = weight(on, drive, mix)


@inlined
def derive_master_saturation(state64, state32, tracks):
    """Set the master's saturation at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks + _MASTER_ON
    state32[MASTER_SAT + 2] = state64[at + 1] * (END / FLAT)
    state32[MASTER_SAT + 5] = weight(state64[at], state64[at + 1], state64[at + 2])


@inlined
def age_saturation(state32, row):
    """Let a group's drive and weight move on by a tile, before they are derived anew."""
    for at in (row + SAT_DRIVE, row + SAT_WEIGHT):
        store(state32, at + _NOW, load16(state32, at + _TO))
        store(state32, at + _TO, load16(state32, at + _NEXT))


@inlined
def age_master_saturation(state32):
    """Let the master's drive and weight move on by a tile."""
    for at in (MASTER_SAT, MASTER_SAT + 3):
        state32[at] = state32[at + 1]
        state32[at + 1] = state32[at + 2]


@inlined
def settle_saturation(state32, row):
    """Decide whether a group runs the shaper, and whether its drives and weights move."""
    at = row + SAT_WEIGHT
    most = smaller(smaller(load16(state32, at + _NOW), load16(state32, at + _TO)), load16(state32, at + _NEXT))
    moves = way(state32, at) + way(state32, row + SAT_DRIVE)
    state32[row + MODE_SATURATION] = SKIP if sum_of(most) == _ZERO else MOVING if moves > _ZERO else STEADY


@inlined
def way(state32, at):
    """Return how far a row still goes."""
    to = load16(state32, at + _TO)
    return sum_of(magnitude(to - load16(state32, at + _NOW)) + magnitude(load16(state32, at + _NEXT) - to))


@inlined
def recall(state32, at, array, start, count):
    """Copy ``count`` values of history from the slot to ``array[start:]``."""
    for i in range(0, count, LANES):
        store(array, start + i, load16(state32, at + i))


@inlined
def keep(state32, at, array, start, count):
    """Copy ``count`` values from ``array[start:]`` to the slot."""
    for i in range(0, count, LANES):
        store(state32, at + i, load16(array, start + i))


@inlined
def differ(state32, tail, z, loudest, early, late, unit):
    """Run the shaper over a tile: leaves the differences in ``early`` and ``late``; ``tail`` is where their history lies."""
    size = HISTORY * unit
    recall(state32, tail, early, 0, size)
    recall(state32, tail + size, late, 0, size)
    if any_above(loudest, splat16(SOFT)):
        bent(z, early, late, unit, True)
    else:
        bent(z, early, late, unit, False)
    keep(state32, tail, early, TILE * unit, size)
    keep(state32, tail + size, late, TILE * unit, size)


@inlined
def step_of(state32, at):
    """Return the step that a row takes with every frame."""
    return (load16(state32, at + _TO) - load16(state32, at + _NOW)) * splat16(PER_FRAME)


@inlined
def driven(state32, at, moving, x, first, z, begin, end):
    """Write ``x[first:]`` to ``z``, from ``begin`` to ``end``, in units of the curve; returns the largest magnitudes."""
    factor, step = load16(state32, at), step_of(state32, at)
    loudest = splat16(_ZERO)
    for i in range(begin, end, LANES):
        factor = stepped(factor, step, moving)
        scaled = factor * load16(x, first + i - begin)
        store(z, i, scaled)
        loudest = larger(loudest, magnitude(scaled))
    return loudest


@inlined
def saturate_group(state32, row, y, moving):
    """Replace a group's tile by the one before, saturated; whether anything moves is known when this is compiled."""
    z, early, late, delayed = _z(), _early(), _late(), row + SAT_DELAYED
    loudest = driven(state32, row + SAT_DRIVE, moving, state32, delayed, z, 0, TILE * LANES)
    coming = driven(state32, row + SAT_DRIVE + LANES, moving, y, 0, z, TILE * LANES, (TILE + FUTURE) * LANES)
    differ(state32, row + SAT_TAIL, z, larger(loudest, coming), early, late, LANES)
    share, step = load16(state32, row + SAT_WEIGHT), step_of(state32, row + SAT_WEIGHT)
    for i in range(0, TILE * LANES, 4 * LANES):
        a, b, c, d = lowpassed(early, late, HISTORY * LANES + i, LANES, LANES)
        share = left_with(state32, delayed, y, i, stepped(share, step, moving), a)
        share = left_with(state32, delayed, y, i + LANES, stepped(share, step, moving), b)
        share = left_with(state32, delayed, y, i + 2 * LANES, stepped(share, step, moving), c)
        share = left_with(state32, delayed, y, i + 3 * LANES, stepped(share, step, moving), d)


@inlined
def stepped(value, step, moving):
    """Return a value a step further, if it moves."""
    return value + step if moving else value


@inlined
def left_with(state32, delayed, y, i, share, taken):
    """Exchange sixteen values with the tile before, and add a share of the differences to what leaves; returns the share."""
    x = load16(state32, delayed + i)
    store(state32, delayed + i, load16(y, i))
    store(y, i, fma(share, taken, x))
    return share


@inlined
def delay(state32, at, plane, count):
    """Exchange a tile with the one before."""
    for i in range(0, count, LANES):
        now, before = load16(plane, i), load16(state32, at + i)
        store(state32, at + i, now)
        store(plane, i, before)


@inlined
def saturate(state32, row, y):
    """Replace a group's tile by the one before, saturated; for groups that run the shaper."""
    if state32[row + MODE_SATURATION] == STEADY:
        saturate_group(state32, row, y, False)
    else:
        saturate_group(state32, row, y, True)


@inlined
def interlaced(z, i, factor, left, right):
    """Write sixteen frames of both sides in turn, in units of the curve; returns the larger magnitudes."""
    a, b = factor * left, factor * right
    store(z, 2 * i, low_zip(a, b))
    store(z, 2 * i + LANES, high_zip(a, b))
    return larger(magnitude(a), magnitude(b))


@outlined
def saturate_sides(state32, left, right):
    """Replace the master's tile by the one before, saturated."""
    z, early, late, at = _z(), _early(), _late(), MASTER_SAT + LANES
    near = ramp(state32[MASTER_SAT], state32[MASTER_SAT + 1], 0)
    far = ramp(state32[MASTER_SAT], state32[MASTER_SAT + 1], LANES)
    loudest = interlaced(z, 0, near, load16(state32, at), load16(state32, at + TILE))
    loudest = larger(loudest, interlaced(z, LANES, far, load16(state32, at + LANES), load16(state32, at + TILE + LANES)))
    coming = ramp(state32[MASTER_SAT + 1], state32[MASTER_SAT + 2], 0)
    loudest = larger(loudest, interlaced(z, TILE, coming, load16(left, 0), load16(right, 0)))
    differ(state32, at + 2 * TILE, z, loudest, early, late, 2)
    a, b, c, d = lowpassed(early, late, HISTORY * 2, LANES, 2)
    near = ramp(state32[MASTER_SAT + 3], state32[MASTER_SAT + 4], 0)
    far = ramp(state32[MASTER_SAT + 3], state32[MASTER_SAT + 4], LANES)
    left_with(state32, at, left, 0, near, even(a, b))
    left_with(state32, at + TILE, right, 0, near, odd(a, b))
    left_with(state32, at, left, LANES, far, even(c, d))
    left_with(state32, at + TILE, right, LANES, far, odd(c, d))


@inlined
def saturate_master(state32, left, right):
    """Delay the mix by one tile and saturate it where that is on."""
    at = MASTER_SAT
    if state32[at + 3] == _ZERO and state32[at + 4] == _ZERO and state32[at + 5] == _ZERO:
        delay(state32, at + LANES, left, TILE)
        delay(state32, at + LANES + TILE, right, TILE)
    else:
        saturate_sides(state32, left, right)
