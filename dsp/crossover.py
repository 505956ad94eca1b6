"""Four bands whose sum is flat: Linkwitz-Riley crossovers of fourth order, with the all-passes that the other branch calls for.

The second crossover splits first. Either half then takes the all-pass that the *other* half's crossover amounts to, and is split
by its own: all four bands have turned by the same phase, so they add up to an all-pass. Two channels of four bands are eight
lanes, each a chain of five second-order sections in delta form (see :mod:`dsp.filters`). While a crossover moves, its
coefficients take eight steps a tile.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.filters import corner
from dsp.glide import TRACK_ROWS
from dsp.grid import TILE
from dsp.lanes import fma, shuffle, splat8
from dsp.layout import CROSSOVER, CROSSOVER_MOVES, CROSSOVER_STATE, CROSSOVER_TO, HEAD
from dsp.memory import load8, store
from dsp.params import bus_index

WIDE = 8
SECTIONS = 5
_COEFFICIENTS = 5
"""Of a section, eight lanes each: b0, b1, b2, -a1, -a2."""
_LOWPASS, _HIGHPASS, _ALLPASS = range(3)
_KINDS = np.array([
    [_LOWPASS, _LOWPASS, _ALLPASS, _LOWPASS, _LOWPASS],
    [_LOWPASS, _LOWPASS, _ALLPASS, _HIGHPASS, _HIGHPASS],
    [_HIGHPASS, _HIGHPASS, _ALLPASS, _LOWPASS, _LOWPASS],
    [_HIGHPASS, _HIGHPASS, _ALLPASS, _HIGHPASS, _HIGHPASS],
])  # fmt: skip
_CORNERS = np.array([[1, 1, 2, 0, 0]] * 2 + [[1, 1, 0, 2, 2]] * 2)
"""What each band's sections do, and at which of the three crossovers."""
_MOVING = 8
"""Steps that moving coefficients take in a tile."""
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_FIRST = bus_index("master", "multiband/crossover/1_hz", 0)
_alternating = shuffle(lambda n: [lane % 2 * n for lane in range(n)])


@inlined
def section(kind, k, above, alpha):
    """Return delta coefficients of a Butterworth section (RBJ cookbook); those of the feedback are negated."""
    scale = 1.0 / (1.0 + alpha)
    a1, a2 = -2.0 * (k + alpha) * scale, -2.0 * k * scale
    if kind == _LOWPASS:
        b0 = 0.5 * k * scale
        return b0, 4.0 * b0, 4.0 * b0, a1, a2
    if kind == _HIGHPASS:
        return 0.5 * above * scale, 0.0, 0.0, a1, a2
    return (1.0 - alpha) * scale, 2.0 * (k - alpha) * scale, 2.0 * k * scale, a1, a2


@outlined
def derive_crossover(state64, state32, tracks):
    """Set all sections at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks + _FIRST
    for band in range(WIDE // 2):
        for number in range(SECTIONS):
            k, above, alpha = corner(state64[at + _CORNERS[band, number]], math.sqrt(0.5))
            coefficients = section(_KINDS[band, number], k, above, alpha)
            place = CROSSOVER_TO + number * _COEFFICIENTS * WIDE + 2 * band
            for value in coefficients:
                state32[place] = value
                state32[place + 1] = value
                place += WIDE
    state32[CROSSOVER_MOVES] = _ONE


@inlined
def land_crossover(state32):
    """Let the coefficients stand where they would go."""
    for k in range(0, SECTIONS * _COEFFICIENTS * WIDE, WIDE):
        store(state32, CROSSOVER + k, load8(state32, CROSSOVER_TO + k))
    state32[CROSSOVER_MOVES] = _ZERO


@outlined
def approach(state32, steps):
    """Take the first of so many steps that are left to where the coefficients go."""
    share = splat8(_ONE / np.float32(steps))
    for k in range(0, SECTIONS * _COEFFICIENTS * WIDE, WIDE):
        now = load8(state32, CROSSOVER + k)
        store(state32, CROSSOVER + k, fma(share, load8(state32, CROSSOVER_TO + k) - now, now))


@inlined
def coefficients(state32, number):
    """Load a section."""
    at = CROSSOVER + number * _COEFFICIENTS * WIDE
    return (
        load8(state32, at), load8(state32, at + WIDE), load8(state32, at + 2 * WIDE),
        load8(state32, at + 3 * WIDE), load8(state32, at + 4 * WIDE),
    )  # fmt: skip


@inlined
def held(state32, number):
    """Load a section's state."""
    at = CROSSOVER_STATE + 2 * number * WIDE
    return load8(state32, at), load8(state32, at + WIDE)


@inlined
def passed(x, p, q, c):
    """Run one frame through a section; returns what it puts out, and its state."""
    y = fma(c[0], x, p)
    return y, fma(c[3], y, fma(c[1], x, p + q)), fma(c[4], y, fma(c[2], x, q))


@inlined
def split_some(state32, left, right, bands, begin, end):
    """Split the frames from ``begin`` to ``end`` of a tile."""
    a, b, c, d, e = (
        coefficients(state32, 0), coefficients(state32, 1), coefficients(state32, 2),
        coefficients(state32, 3), coefficients(state32, 4),
    )  # fmt: skip
    p, q = held(state32, 0)
    r, s = held(state32, 1)
    t, u = held(state32, 2)
    v, w = held(state32, 3)
    m, n = held(state32, 4)
    for i in range(begin, end):
        x = _alternating(splat8(left[i]), splat8(right[i]))
        x, p, q = passed(x, p, q, a)
        x, r, s = passed(x, r, s, b)
        x, t, u = passed(x, t, u, c)
        x, v, w = passed(x, v, w, d)
        x, m, n = passed(x, m, n, e)
        store(bands, WIDE * i, x)
    for k, value in enumerate((p, q, r, s, t, u, v, w, m, n)):
        store(state32, CROSSOVER_STATE + k * WIDE, value)


@inlined
def split(state32, left, right, bands):
    """Write a tile's four bands, a frame being eight lanes: left and right of the lowest, of the next, ..."""
    moves = state32[CROSSOVER_MOVES] != _ZERO
    steps = _MOVING if moves else 1
    frames = TILE // steps
    for step in range(steps):
        if moves:
            approach(state32, steps - step)
        split_some(state32, left, right, bands, step * frames, (step + 1) * frames)
    if moves:
        land_crossover(state32)
