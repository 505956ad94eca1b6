"""The match stage: twelve bells, a level and a width that bring a mix closer to a reference, each times one strength.

Every lane is one bell of a channel and works on the frame that the bell before it has just left: a tile takes 32 steps and eleven
more until the last bell has had its last frame, and nothing is in flight between tiles, so the stage has no delay.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numba import float32

from dsp.approximations import exp2, log2
from dsp.cache import inlined, outlined
from dsp.catalogue import MATCH_HZ
from dsp.filters import corner
from dsp.glide import TRACK_ROWS
from dsp.grid import TILE
from dsp.lanes import fma, shuffle, splat16, where_at_most
from dsp.layout import (
    HEAD,
    LANES,
    MATCH_A1,
    MATCH_A2,
    MATCH_B0,
    MATCH_B1,
    MATCH_B2,
    MATCH_CROSS,
    MATCH_CROSS_TO,
    MATCH_ON,
    MATCH_ON_TO,
    MATCH_SAME,
    MATCH_SAME_TO,
    MATCH_STATE,
)
from dsp.memory import load16, on_stack, store
from dsp.params import bus_index
from dsp.scans import ramp

Q = 1.2
"""Of every bell; neighbours lie 2/3 to an octave apart and overlap at about half their gain."""
_BELLS = len(MATCH_HZ)
_LAST = _BELLS - 1
_ON, _STRENGTH, _GAIN, _WIDTH, _LEVEL = (
    bus_index("master", f"match/{name}", 0) for name in ("on", "strength", "gain/1", "width", "level_db")
)
MATCH_PARAMETERS = range(_ON, _LEVEL + 1)
"""Rows behind the tracks': the catalogue lists them in a row."""
_OCTAVE = np.log2(MATCH_HZ)
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
        scale, lane = 1.0 / (1.0 + alpha / gain), _LAST - bell
        state32[MATCH_B0 + lane] = (1.0 + alpha * gain) * scale
        state32[MATCH_B1 + lane] = 2.0 * (k + alpha * gain) * scale
        state32[MATCH_B2 + lane] = 2.0 * k * scale
        state32[MATCH_A1 + lane] = -2.0 * (k + alpha / gain) * scale
        state32[MATCH_A2 + lane] = -2.0 * k * scale
    width = exp2(log2(state64[at + _WIDTH]) * strength)
    level = 0.5 * exp2(state64[at + _LEVEL] * strength * _OCTAVES)
    state32[MATCH_SAME_TO] = level * (1.0 + width)
    state32[MATCH_CROSS_TO] = level * (1.0 - width)


@inlined
def bell(x, p, q, b0, b1, b2, a1, a2):
    """Return what sixteen filters put out, and their state."""
    y = fma(b0, x, p)
    return y, fma(a1, y, fma(b1, x, p + q)), fma(a2, y, fma(b2, x, q))


@inlined
def equalized(state32, left, right, outputs):
    """Run a tile of both channels through all bells into ``outputs``: lane 0 is stored last at every place."""
    b0, b1, b2 = load16(state32, MATCH_B0), load16(state32, MATCH_B1), load16(state32, MATCH_B2)
    a1, a2, lane = load16(state32, MATCH_A1), load16(state32, MATCH_A2), load16(_LANE, 0)
    p, q = load16(state32, MATCH_STATE), load16(state32, MATCH_STATE + LANES)
    r, s = load16(state32, MATCH_STATE + 2 * LANES), load16(state32, MATCH_STATE + 3 * LANES)
    y = z = splat16(_ZERO)
    for t in range(_LAST):
        y, to_p, to_q = bell(_next(y, splat16(left[t])), p, q, b0, b1, b2, a1, a2)
        z, to_r, to_s = bell(_next(z, splat16(right[t])), r, s, b0, b1, b2, a1, a2)
        idle = splat16(np.float32(_LAST - 1 - t))
        p, q = where_at_most(lane, idle, p, to_p), where_at_most(lane, idle, q, to_q)
        r, s = where_at_most(lane, idle, r, to_r), where_at_most(lane, idle, s, to_s)
    for t in range(_LAST, TILE):
        y, p, q = bell(_next(y, splat16(left[t])), p, q, b0, b1, b2, a1, a2)
        z, r, s = bell(_next(z, splat16(right[t])), r, s, b0, b1, b2, a1, a2)
        store(outputs, t - _LAST, y)
        store(outputs, TILE + LANES + t - _LAST, z)
    for t in range(TILE, TILE + _LAST):
        y, to_p, to_q = bell(_next(y, y), p, q, b0, b1, b2, a1, a2)
        z, to_r, to_s = bell(_next(z, z), r, s, b0, b1, b2, a1, a2)
        busy = splat16(np.float32(TILE + _LAST - 1 - t))
        p, q = where_at_most(lane, busy, to_p, p), where_at_most(lane, busy, to_q, q)
        r, s = where_at_most(lane, busy, to_r, r), where_at_most(lane, busy, to_s, s)
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
        state32[MATCH_SAME] = state32[MATCH_SAME_TO]
        state32[MATCH_CROSS] = state32[MATCH_CROSS_TO]
    equalized(state32, left, right, outputs)
    for i in range(0, TILE, 16):
        same, cross = ramp(state32[MATCH_SAME], state32[MATCH_SAME_TO], i), ramp(state32[MATCH_CROSS], state32[MATCH_CROSS_TO], i)
        share = ramp(on, to, i)
        y, z = load16(outputs, i), load16(outputs, TILE + LANES + i)
        x = load16(left, i)
        store(left, i, fma(share, fma(same, y, cross * z) - x, x))
        x = load16(right, i)
        store(right, i, fma(share, fma(same, z, cross * y) - x, x))
    state32[MATCH_ON] = to
    state32[MATCH_SAME] = state32[MATCH_SAME_TO]
    state32[MATCH_CROSS] = state32[MATCH_CROSS_TO]
    if to == _ZERO:
        for k in range(4 * LANES):
            state32[MATCH_STATE + k] = _ZERO
