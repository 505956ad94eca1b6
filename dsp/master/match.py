"""The match stage: twelve bells, a level and a width that bring a mix closer to a reference, each times one strength.

Every lane is one bell of a channel and works on the frame that the bell before it has just left: a tile takes 32 steps and eleven
more until the last bell has had its last frame, and nothing is in flight between tiles, so the stage has no delay. While bells
move, their coefficients take a step with every frame.

A bell (RBJ cookbook; a = alpha, g the root of its factor, k = 1 - cos w, s = 1 / (1 + a / g)) runs in delta form as y = b0 x + p;
p += q + b1 x - a1 y; q += b2 x - a2 y. As b2 = a2 = 2 k s and b1 - a1 = 2 (b0 - 1), what it adds, e = y - x = (b0 - 1) x + p, is
all it takes: p' = q - p + (2 - a1) e; q' = q - a2 e. With q, p and e small in the bass that is as precise, and an operation less.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numba import float32

from dsp.cache import inlined, outlined
from dsp.channel.filters import corner
from dsp.desk.catalogue import MATCH_HZ
from dsp.desk.params import bus_index
from dsp.grid import TILE
from dsp.simd.approximations import exp2, log2
from dsp.simd.lanes import fma, shuffle, splat16, where_at_most
from dsp.simd.memory import load16, on_stack, store
from dsp.simd.scans import ramp
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import (
    HEAD,
    LANES,
    MATCH_BELLS,
    MATCH_BELLS_TO,
    MATCH_CROSS,
    MATCH_CROSS_TO,
    MATCH_MOVES,
    MATCH_ON,
    MATCH_ON_TO,
    MATCH_SAME,
    MATCH_SAME_TO,
    MATCH_STATE,
)

Q = 1.2
"""Of every bell; neighbours lie 2/3 to an octave apart and overlap at about half their gain."""
_BELLS = len(MATCH_HZ)
_LAST = _BELLS - 1
_COEFFICIENTS = 4
"""Of a bell: b0, b0 - 1, 2 - a1, -a2."""
_ON, _STRENGTH, _GAIN, _WIDTH, _LEVEL = (
    bus_index("master", f"match/{name}", 0) for name in ("on", "strength", "gain/1", "width", "level_db")
)
MATCH_PARAMETERS = range(_ON, _LEVEL + 1)
"""Rows behind the tracks': the catalogue lists them in a row."""
_OCTAVE = np.log2(MATCH_HZ)
_PER_STEP = np.float32(1.0 / (TILE + _LAST))
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_LANE = np.arange(LANES).astype(np.float32)
_OCTAVES = 0.16609640474436813
_next = shuffle(lambda n: [*range(1, _BELLS), n, *range(_BELLS, n)])
"""Every bell takes what the one before it put out, the first (lane 11) what comes in."""
_outputs = on_stack(2 * (TILE + LANES), float32)


@outlined
def derive_match(state64, state32, tracks):
    """Set bells, level and width at the end of this tile; bell k lies in lane 11 - k."""
    at = HEAD + TRACK_ROWS * tracks
    on, strength = state64[at + _ON], state64[at + _STRENGTH]
    state32[MATCH_ON_TO] = on
    if on == 0.0 and state32[MATCH_ON] == _ZERO:
        return
    for bell in range(_BELLS):
        gain = exp2(state64[at + _GAIN + bell] * strength * (0.5 * _OCTAVES))
        k, _, alpha = corner(_OCTAVE[bell], Q)
        scale, place = 1.0 / (1.0 + alpha / gain), MATCH_BELLS_TO + _LAST - bell
        state32[place] = (1.0 + alpha * gain) * scale
        state32[place + LANES] = alpha * (gain - 1.0 / gain) * scale
        state32[place + 2 * LANES] = 2.0 * (1.0 - (k + alpha / gain) * scale)
        state32[place + 3 * LANES] = -2.0 * k * scale
    state32[MATCH_MOVES] = _ONE
    width = exp2(log2(state64[at + _WIDTH]) * strength)
    level = 0.5 * exp2(state64[at + _LEVEL] * strength * _OCTAVES)
    state32[MATCH_SAME_TO] = level * (1.0 + width)
    state32[MATCH_CROSS_TO] = level * (1.0 - width)


@inlined
def land_match(state32):
    """Let bells, level and width stand where they would go."""
    for k in range(0, _COEFFICIENTS * LANES, LANES):
        store(state32, MATCH_BELLS + k, load16(state32, MATCH_BELLS_TO + k))
    state32[MATCH_SAME] = state32[MATCH_SAME_TO]
    state32[MATCH_CROSS] = state32[MATCH_CROSS_TO]
    state32[MATCH_MOVES] = _ZERO


@inlined
def bells(state32, at):
    """Load the coefficients of all bells."""
    return load16(state32, at), load16(state32, at + LANES), load16(state32, at + 2 * LANES), load16(state32, at + 3 * LANES)


@inlined
def steps_of(now, to):
    """Return the steps by which bells move, one for every frame."""
    share = splat16(_PER_STEP)
    return (to[0] - now[0]) * share, (to[1] - now[1]) * share, (to[2] - now[2]) * share, (to[3] - now[3]) * share


@inlined
def stepped(c, d):
    """Return the bells a step further."""
    return c[0] + d[0], c[1] + d[1], c[2] + d[2], c[3] + d[3]


@inlined
def rung(x, p, q, c):
    """Return what sixteen bells put out, and their state: see above."""
    e = fma(c[1], x, p)
    return fma(c[0], x, p), fma(c[2], e, q - p), fma(c[3], e, q)


@inlined
def equalized(state32, left, right, outputs, moving):  # noqa: PLR0915
    """Run a tile of both channels through all bells into ``outputs``; whether they move is known when this is compiled."""
    c, lane = bells(state32, MATCH_BELLS), load16(_LANE, 0)
    d = steps_of(c, bells(state32, MATCH_BELLS_TO))
    p, q = load16(state32, MATCH_STATE), load16(state32, MATCH_STATE + LANES)
    r, s = load16(state32, MATCH_STATE + 2 * LANES), load16(state32, MATCH_STATE + 3 * LANES)
    y = z = splat16(_ZERO)
    for t in range(_LAST):
        if moving:
            c = stepped(c, d)
        y, to_p, to_q = rung(_next(y, splat16(left[t])), p, q, c)
        z, to_r, to_s = rung(_next(z, splat16(right[t])), r, s, c)
        idle = splat16(_LANE[_LAST - 1 - t])
        p, q = where_at_most(lane, idle, p, to_p), where_at_most(lane, idle, q, to_q)
        r, s = where_at_most(lane, idle, r, to_r), where_at_most(lane, idle, s, to_s)
    for t in range(_LAST, TILE):
        if moving:
            c = stepped(c, d)
        y, p, q = rung(_next(y, splat16(left[t])), p, q, c)
        z, r, s = rung(_next(z, splat16(right[t])), r, s, c)
        store(outputs, t - _LAST, y)
        store(outputs, TILE + LANES + t - _LAST, z)
    for t in range(TILE, TILE + _LAST):
        if moving:
            c = stepped(c, d)
        y, to_p, to_q = rung(_next(y, y), p, q, c)
        z, to_r, to_s = rung(_next(z, z), r, s, c)
        busy = splat16(_LANE[TILE + _LAST - 1 - t])
        p, q = where_at_most(lane, busy, to_p, p), where_at_most(lane, busy, to_q, q)
        r, s = where_at_most(lane, busy, to_r, r), where_at_most(lane, busy, to_s, s)
        # The last bell lies in lane 0: what the other lanes leave behind it is overwritten by the frames that follow.
        store(outputs, t - _LAST, y)
        store(outputs, TILE + LANES + t - _LAST, z)
    store(state32, MATCH_STATE, p)
    store(state32, MATCH_STATE + LANES, q)
    store(state32, MATCH_STATE + 2 * LANES, r)
    store(state32, MATCH_STATE + 3 * LANES, s)


@inlined
def matched(state32, left, right):
    """Bring a tile closer to the reference, in place; off, what the bells hold is forgotten."""
    on, to = state32[MATCH_ON], state32[MATCH_ON_TO]
    if on == _ZERO and to == _ZERO:
        return
    outputs = _outputs()
    if on == _ZERO:
        land_match(state32)
    if state32[MATCH_MOVES] == _ZERO:
        equalized(state32, left, right, outputs, False)
    else:
        equalized(state32, left, right, outputs, True)
    for i in range(0, TILE, 16):
        same, cross = ramp(state32[MATCH_SAME], state32[MATCH_SAME_TO], i), ramp(state32[MATCH_CROSS], state32[MATCH_CROSS_TO], i)
        share = ramp(on, to, i)
        y, z = load16(outputs, i), load16(outputs, TILE + LANES + i)
        x = load16(left, i)
        store(left, i, fma(share, fma(same, y, cross * z) - x, x))
        x = load16(right, i)
        store(right, i, fma(share, fma(same, z, cross * y) - x, x))
    state32[MATCH_ON] = to
    land_match(state32)
    if to == _ZERO:
        for k in range(4 * LANES):
            state32[MATCH_STATE + k] = _ZERO
