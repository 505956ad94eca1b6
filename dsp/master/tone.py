"""The equaliser of the master: the strip's four bands in float64, of left and right in the eight lanes of one vector.

Each band works on the frame that the band before it has just left: a tile takes 32 steps and three more until the last band has
had its last frame, and nothing is in flight between tiles. While bands move, their coefficients take a step with every frame.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numba import float32, float64

from dsp.cache import inlined, outlined
from dsp.channel.biquads import keep, settled64
from dsp.channel.eq import band_at, precise_at
from dsp.channel.filters import aim, land_filters
from dsp.desk.params import bus_index
from dsp.grid import TILE
from dsp.simd.lanes import fma, narrowed, shuffle, splat8, where_at_most, widened
from dsp.simd.memory import load8, load16, on_stack, store
from dsp.simd.scans import even, high_zip, low_zip, odd
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import (
    BANDS,
    BIQUAD_P,
    BIQUAD_Q,
    BIQUAD_TO,
    HEAD,
    LANES,
    MASTER_EQ_MODE,
    MASTER_EQ_MOVED,
    MASTER_EQ_RINGS,
    MOVING,
    SKIP,
    STEADY,
)

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_ON, _FIRST, _STRIDE = bus_index("master", "eq/on", 0), bus_index("master", "eq/1/kind", 0), 4
_DEPTH = BANDS - 1
_BEHIND = np.repeat(np.arange(BANDS - 1.0, -1.0, -1.0), 2)
"""By how many frames each lane lies behind what comes in: the last band comes first."""
_next = shuffle(lambda n: [*range(2, n), n, n + 1])
"""Every band takes what the one before it put out, the first what comes in."""
_pairs, _doubles = on_stack(2 * TILE, float32), on_stack(2 * TILE + 8, float64)


@inlined
def derive_tone(state64, state32, tracks):
    """Set the master's four bands at the end of this tile; band k lies in lanes 6 - 2k and 7 - 2k."""
    at, precise = HEAD + TRACK_ROWS * tracks, precise_at(tracks, 0)
    for band in range(BANDS):
        aim(state64, precise, 2 * (_DEPTH - band), band_at(state64, at + _FIRST + _STRIDE * band, 1, state64[at + _ON]))
    state32[MASTER_EQ_MOVED] = _ONE


@inlined
def land_tone(state64, state32, tracks):
    """Let the master's bands stand where they would go."""
    land_filters(state64, precise_at(tracks, 0), 1)
    state32[MASTER_EQ_MOVED] = _ZERO


@outlined
def settle_tone(state64, state32, tracks):
    """Decide how the master runs its equaliser."""
    goes_on, rings = settled64(state64, precise_at(tracks, 0), 1)
    state32[MASTER_EQ_MODE] = SKIP if goes_on == 0.0 else STEADY if state32[MASTER_EQ_MOVED] == _ZERO else MOVING
    state32[MASTER_EQ_MOVED] = _ZERO
    state32[MASTER_EQ_RINGS] = _ONE if rings > 0.0 else _ZERO


@inlined
def bands(state64, at):
    """Load b0, b1, b2, 1 - s and -c of all bands."""
    return (
        load8(state64, at), load8(state64, at + LANES), load8(state64, at + 2 * LANES),
        splat8(1.0) + load8(state64, at + 3 * LANES), load8(state64, at + 4 * LANES),
    )  # fmt: skip


@inlined
def steps_of(now, to):
    """Return the steps by which bands move, one for every frame."""
    share = splat8(1.0 / TILE)
    return (
        (to[0] - now[0]) * share, (to[1] - now[1]) * share, (to[2] - now[2]) * share,
        (to[3] - now[3]) * share, (to[4] - now[4]) * share,
    )  # fmt: skip


@inlined
def band_step(x, c, p, q):
    """One frame of eight bands, as :func:`dsp.channel.biquads.step` has it but with less waiting: c[3] is 1 - s."""
    to_p = q + fma(c[1], x, p)
    return fma(c[0], x, p), to_p, fma(c[4], to_p, fma(c[3], q, c[2] * x))


@inlined
def stepped(c, d, moving, busy):
    """Return the bands a step further where they are ``busy`` (1, else 0)."""
    if moving:
        return fma(d[0], busy, c[0]), fma(d[1], busy, c[1]), fma(d[2], busy, c[2]), fma(d[3], busy, c[3]), fma(d[4], busy, c[4])
    return c


@inlined
def sounded(state64, at, x, moving):
    """Run interleaved frames through all bands in place; whether those move is known when this is compiled."""
    c, d = bands(state64, at), steps_of(bands(state64, at), bands(state64, at + BIQUAD_TO))
    p, q = load8(state64, at + BIQUAD_P), load8(state64, at + BIQUAD_Q)
    y, behind, one, zero = splat8(0.0), load8(_BEHIND, 0), splat8(1.0), splat8(0.0)
    for t in range(_DEPTH):
        c = stepped(c, d, moving, where_at_most(behind, splat8(float(t)), one, zero))
        y, to_p, to_q = band_step(_next(y, load8(x, 2 * t)), c, p, q)
        p, q = where_at_most(behind, splat8(float(t)), to_p, p), where_at_most(behind, splat8(float(t)), to_q, q)
    for t in range(_DEPTH, TILE):
        c = stepped(c, d, moving, one)
        y, p, q = band_step(_next(y, load8(x, 2 * t)), c, p, q)
        # The last band lies in front: what the other lanes leave behind it is overwritten by the frames that follow.
        store(x, 2 * (t - _DEPTH), y)
    for t in range(_DEPTH):
        c = stepped(c, d, moving, where_at_most(behind, splat8(float(t)), zero, one))
        y, to_p, to_q = band_step(_next(y, y), c, p, q)
        p, q = where_at_most(behind, splat8(float(t)), p, to_p), where_at_most(behind, splat8(float(t)), q, to_q)
        store(x, 2 * (TILE + t - _DEPTH), y)
    keep(state64, at, p, q)


@outlined
def equalise_master(state64, mode, tracks, left, right):
    """Run the bands over two planes of a tile in place."""
    pairs, x, at = _pairs(), _doubles(), precise_at(tracks, 0)
    for i in range(0, TILE, 16):
        a, b = load16(left, i), load16(right, i)
        store(pairs, 2 * i, low_zip(a, b))
        store(pairs, 2 * i + 16, high_zip(a, b))
    for i in range(0, 2 * TILE, 8):
        store(x, i, widened(load8(pairs, i)))
    if mode == MOVING:
        sounded(state64, at, x, True)
        land_filters(state64, at, 1)
    else:
        sounded(state64, at, x, False)
    for i in range(0, 2 * TILE, 8):
        store(pairs, i, narrowed(load8(x, i)))
    for i in range(0, TILE, 16):
        a, b = load16(pairs, 2 * i), load16(pairs, 2 * i + 16)
        store(left, i, even(a, b))
        store(right, i, odd(a, b))


@inlined
def toned(state64, state32, tracks, left, right):
    """Run the master's equaliser over two planes of a tile."""
    if state32[MASTER_EQ_RINGS] != _ZERO:
        settle_tone(state64, state32, tracks)
    if state32[MASTER_EQ_MODE] != SKIP:
        equalise_master(state64, state32[MASTER_EQ_MODE], tracks, left, right)
