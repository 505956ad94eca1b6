"""Four bands whose sum is flat: Linkwitz-Riley crossovers of fourth order, with the all-passes that the other branch calls for.

The second crossover splits first. Either half then takes the all-pass that the *other* half's crossover amounts to, and is split
by its own: all four bands have turned by the same phase, so they add up to an all-pass. That is five second-order sections in
delta form (see :mod:`dsp.channel.filters`) behind one another, the first three for two halves of two channels, the last two for
four bands. Each section works on the frame that the one before it has just left, so that two vectors hold them all; nothing is in
flight between tiles. While a crossover moves, its coefficients take eight steps a tile.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.filters import corner
from dsp.desk.params import bus_index
from dsp.grid import TILE
from dsp.simd.lanes import fma, shuffle, splat16, where_at_most
from dsp.simd.memory import load16, store
from dsp.simd.scans import back_4
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import CROSSOVER, CROSSOVER_MOVES, CROSSOVER_STATE, CROSSOVER_TO, HEAD, LANES

WIDE = 8
"""Lanes of a frame of bands: left and right of the lowest, of the next, ..."""
_COEFFICIENTS = 5
"""Of a vector, sixteen lanes each: b0, b1, b2, -a1, -a2."""
_IDLE, _LOWPASS, _HIGHPASS, _ALLPASS = range(4)
_HALVES = [_LOWPASS, _LOWPASS, _HIGHPASS, _HIGHPASS]
_KINDS = np.array([_HALVES * 2 + [_ALLPASS] * 4 + [_IDLE] * 4, _HALVES * 4])
_CORNERS = np.array([[1] * 8 + [2, 2, 0, 0] + [0] * 4, [0, 0, 0, 0, 2, 2, 2, 2] * 2])
"""What each lane does, and at which of the three crossovers. First vector: both sections of the halves, their all-pass; second:
the bands' last sections, then the ones before."""
_DEPTH = 4
_DELAYS = np.array([[0] * 4 + [1] * 4 + [2] * 4 + [3] * 4, [_DEPTH] * 8 + [3] * 8]).astype(np.float32).ravel()
"""By how many frames each lane lies behind what comes in."""
_MOVING = 8
"""Steps that moving coefficients take in a tile."""
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_FIRST = bus_index("master", "multiband/crossover/1_hz", 0)
_alternating = shuffle(lambda n: [lane % 2 * n for lane in range(n)])
_handed_on = shuffle(lambda n: [*range(n + WIDE, n + 2 * WIDE), 8, 9, 8, 9, 10, 11, 10, 11])
"""The last sections take what those before them put out, those what the all-passes did."""
_bands_of = shuffle(lambda _n: list(range(WIDE)))


@inlined
def section(kind, k, above, alpha):
    """Return delta coefficients of a Butterworth section (RBJ cookbook); those of the feedback are negated."""
    scale = 1.0 / (1.0 + alpha)
    a1, a2 = -2.0 * (k + alpha) * scale, -2.0 * k * scale
    if kind == _IDLE:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    if kind == _LOWPASS:
        b0 = 0.5 * k * scale
        return b0, 4.0 * b0, 4.0 * b0, a1, a2
    if kind == _HIGHPASS:
        return 0.5 * above * scale, 0.0, 0.0, a1, a2
    return (1.0 - alpha) * scale, 2.0 * (k - alpha) * scale, 2.0 * k * scale, a1, a2


@outlined
def derive_crossover(state64, state32, tracks):
    """Set all sections at the end of this tile."""
    at, q = HEAD + TRACK_ROWS * tracks + _FIRST, math.sqrt(0.5)
    corners = (corner(state64[at], q), corner(state64[at + 1], q), corner(state64[at + 2], q))
    for vector in range(2):
        for lane in range(LANES):
            k, above, alpha = corners[_CORNERS[vector, lane]]
            place = CROSSOVER_TO + vector * _COEFFICIENTS * LANES + lane
            for value in section(_KINDS[vector, lane], k, above, alpha):
                state32[place] = value
                place += LANES
    state32[CROSSOVER_MOVES] = _ONE


@inlined
def land_crossover(state32):
    """Let the coefficients stand where they would go."""
    for k in range(0, 2 * _COEFFICIENTS * LANES, LANES):
        store(state32, CROSSOVER + k, load16(state32, CROSSOVER_TO + k))
    state32[CROSSOVER_MOVES] = _ZERO


@outlined
def approach(state32, steps):
    """Take the first of so many steps that are left to where the coefficients go."""
    share = splat16(_ONE / np.float32(steps))
    for k in range(0, 2 * _COEFFICIENTS * LANES, LANES):
        now = load16(state32, CROSSOVER + k)
        store(state32, CROSSOVER + k, fma(share, load16(state32, CROSSOVER_TO + k) - now, now))


@inlined
def coefficients(state32, vector):
    """Load a vector's coefficients."""
    at = CROSSOVER + vector * _COEFFICIENTS * LANES
    return (
        load16(state32, at), load16(state32, at + LANES), load16(state32, at + 2 * LANES),
        load16(state32, at + 3 * LANES), load16(state32, at + 4 * LANES),
    )  # fmt: skip


@inlined
def passed(x, p, q, c):
    """Run sixteen sections by one frame; returns what they put out, and their state."""
    y = fma(c[0], x, p)
    return y, fma(c[3], y, fma(c[1], x, p + q)), fma(c[4], y, fma(c[2], x, q))


@inlined
def split_some(state32, left, right, bands, begin, end):
    """Split the frames from ``begin`` to ``end`` (at least four) of a tile."""
    c, d = coefficients(state32, 0), coefficients(state32, 1)
    behind, further = load16(_DELAYS, 0), load16(_DELAYS, LANES)
    p, q = load16(state32, CROSSOVER_STATE), load16(state32, CROSSOVER_STATE + LANES)
    r, s = load16(state32, CROSSOVER_STATE + 2 * LANES), load16(state32, CROSSOVER_STATE + 3 * LANES)
    y = z = splat16(_ZERO)
    for t in range(begin, begin + _DEPTH):
        x, w = back_4(y, _alternating(splat16(left[t]), splat16(right[t]))), _handed_on(y, z)
        y, to_p, to_q = passed(x, p, q, c)
        z, to_r, to_s = passed(w, r, s, d)
        busy = splat16(np.float32(t - begin))
        p, q = where_at_most(behind, busy, to_p, p), where_at_most(behind, busy, to_q, q)
        r, s = where_at_most(further, busy, to_r, r), where_at_most(further, busy, to_s, s)
    for t in range(begin + _DEPTH, end):
        x, w = back_4(y, _alternating(splat16(left[t]), splat16(right[t]))), _handed_on(y, z)
        y, p, q = passed(x, p, q, c)
        z, r, s = passed(w, r, s, d)
        store(bands, WIDE * (t - _DEPTH), _bands_of(z, z))
    for t in range(end, end + _DEPTH):
        x, w = back_4(y, y), _handed_on(y, z)
        y, to_p, to_q = passed(x, p, q, c)
        z, to_r, to_s = passed(w, r, s, d)
        idle = splat16(np.float32(t - end))
        p, q = where_at_most(behind, idle, p, to_p), where_at_most(behind, idle, q, to_q)
        r, s = where_at_most(further, idle, r, to_r), where_at_most(further, idle, s, to_s)
        store(bands, WIDE * (t - _DEPTH), _bands_of(z, z))
    store(state32, CROSSOVER_STATE, p)
    store(state32, CROSSOVER_STATE + LANES, q)
    store(state32, CROSSOVER_STATE + 2 * LANES, r)
    store(state32, CROSSOVER_STATE + 3 * LANES, s)


@inlined
def split(state32, left, right, bands):
    """Write a tile's four bands, frame by frame."""
    moves = state32[CROSSOVER_MOVES] != _ZERO
    steps = _MOVING if moves else 1
    frames = TILE // steps
    for step in range(steps):
        if moves:
            approach(state32, steps - step)
        split_some(state32, left, right, bands, step * frames, (step + 1) * frames)
    if moves:
        land_crossover(state32)
