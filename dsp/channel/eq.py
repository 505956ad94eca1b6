"""The four-band equaliser of strips and master: any band is a bell, a shelf or a notch (RBJ cookbook).

A choice of shape glides through the shapes between: coefficients of two neighbours are blended, and what is blended of stable
filters is stable. A band at 0 dB (and any band while the equaliser is off) passes what it gets; when all of a group's bands do
and have rung out, the group is left out. Lanes with a band that float32 cannot render below -120 dB of error (:func:`strain`)
run in float64.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.biquads import five32, moving32, moving64, resolved, settled32, steady32, steady64
from dsp.channel.filters import aim, corner, cut, settle_cuts
from dsp.channel.gate import gate
from dsp.desk.params import track_index
from dsp.grid import TILE
from dsp.simd.approximations import exp2
from dsp.simd.lanes import splat16, where_at_most
from dsp.simd.memory import load16, store
from dsp.slot.glide import BUS_ROWS, TRACK_ROWS
from dsp.slot.layout import (
    ALONE,
    BANDS,
    BIQUAD,
    CUT_FILTERS,
    EQ_FILTERS,
    EQ_MOVED,
    FILTERS_RING,
    HEAD,
    LANES,
    MODE_CUTS,
    MODE_EQ,
    MODE_GATE,
    MOVING,
    PRECISE,
    PRECISE_HIGH,
    PRECISE_LOW,
    PRECISELY,
    SKIP,
    STEADY,
)

_ONE, _ZERO, _HALF = np.float32(1.0), np.float32(0.0), np.float32(0.5)
_ON = track_index("eq/on", 0, 1)
_FIRST, _STRIDE = track_index("eq/1/kind", 0, 1), 4
"""From here on the catalogue has kind, frequency, gain and Q of band 1, band 2, ..."""
EQ_PARAMETERS = (_ON, *range(_FIRST, _FIRST + _STRIDE * BANDS))
_BELL, _LOW_SHELF, _HIGH_SHELF = 0, 1, 2
_MOST_STRAIN = 9.0
_LOW, _MOST_WHEN_LOW = 0.5, 15.0
"""Bands that turn most down leave the errors of those before them standing out."""


@inlined
def shelf(k, alpha, gain, high):
    """Return delta coefficients of a shelf; ``gain`` is the square root of its factor."""
    slope = 2.0 * math.sqrt(gain) * alpha
    cosine = 1.0 - k
    if high:
        scale = 1.0 / ((gain + 1.0) - (gain - 1.0) * cosine + slope)
        b0 = gain * ((gain + 1.0) + (gain - 1.0) * cosine + slope) * scale
        lift = 2.0 * (2.0 * gain * k + slope) * scale
        return b0, 2.0 * gain * (2.0 * k + slope) * scale, 4.0 * gain * k * scale, lift, 4.0 * gain * k * scale
    scale = 1.0 / ((gain + 1.0) + (gain - 1.0) * cosine + slope)
    b0 = gain * ((gain + 1.0) - (gain - 1.0) * cosine + slope) * scale
    lift = 2.0 * gain * (2.0 * gain * k + slope) * scale
    return b0, lift, 4.0 * gain * gain * k * scale, 2.0 * (2.0 * k + slope) * scale, 4.0 * k * scale


@inlined
def bell(k, alpha, gain):
    """Return delta coefficients of a bell; ``gain`` is the square root of its factor."""
    scale = 1.0 / (1.0 + alpha / gain)
    foot = 2.0 * k * scale
    return (1.0 + alpha * gain) * scale, 2.0 * (k + alpha * gain) * scale, foot, 2.0 * (k + alpha / gain) * scale, foot


@inlined
def notch(k, alpha):
    """Return delta coefficients of a notch."""
    scale = 1.0 / (1.0 + alpha)
    foot = 2.0 * k * scale
    return scale, foot, foot, 2.0 * (k + alpha) * scale, foot


@outlined
def shaped(kind, k, alpha, gain):
    """Return delta coefficients of one of the catalogue's shapes."""
    if kind == _BELL:
        return bell(k, alpha, gain)
    if kind == _LOW_SHELF:
        return shelf(k, alpha, gain, False)
    if kind == _HIGH_SHELF:
        return shelf(k, alpha, gain, True)
    return notch(k, alpha)


@outlined
def band_at(state64, at, tracks, on):
    """Return b0, b1, b2, -s, -c of the band whose parameters lie at ``at``, each ``tracks`` from the one before."""
    kind, decibels = state64[at], state64[at + 2 * tracks]
    k, _, alpha = corner(state64[at + tracks], exp2(state64[at + 3 * tracks]))
    gain = exp2(decibels * (0.16609640474436813 / 2.0))
    whole = math.floor(kind)
    b0, b1, b2, a1, a2 = shaped(whole, k, alpha, gain)
    share = kind - whole
    if share > 0.0:
        c0, c1, c2, d1, d2 = shaped(whole + 1, k, alpha, gain)
        b0, b1, b2 = b0 + share * (c0 - b0), b1 + share * (c1 - b1), b2 + share * (c2 - b2)
        a1, a2 = a1 + share * (d1 - a1), a2 + share * (d2 - a2)
    passes = on == 0.0 or (decibels == 0.0 and kind <= _HIGH_SHELF)
    return resolved(b0, b1, b2, a1, a2, 0.0 if passes else on)


@inlined
def strain(b0, b1, b2, s, c):
    """Estimate what a band errs by in float32 beyond a rounding or two, in roundings; 0 if it passes what it gets.

    What rounded coefficients do grows as the poles' way off 1 over their way off the circle, what rounded state does as the root
    of the time they ring; fitted to 6,000 random settings measured against float64.
    """
    if b0 == 1.0 and b1 == 0.0 and b2 == 0.0:
        return 0.0
    s, c = -s, -c
    sine = math.sqrt(max(c - 0.25 * (s + c) * (s + c), 0.25 * s * s))
    return c / (s * sine) + 0.2 / math.sqrt(s)


@inlined
def precise_at(tracks, place):
    """Return where in the float64 array a group's filters (from 1 on) lie, or those of the master (0)."""
    return (HEAD + 3 * (TRACK_ROWS * tracks + BUS_ROWS) + 7) // 8 * 8 + place * PRECISE


@inlined
def promote(state64, state32, row, at, side):
    """Let a lane's filters go on in float64."""
    for k in range(0, BANDS * BIQUAD, LANES):
        for lane16 in range(k + side, k + side + 2):
            state64[at + lane16] = state32[row + EQ_FILTERS + lane16]


@outlined
def derive_eq(state64, state32, tracks, lane, row, side):
    """Set a track's four bands at the end of this tile."""
    at = HEAD + lane
    on = state64[at + _ON * tracks]
    worst, total, level, lowest = 0.0, 0.0, 1.0, 1.0
    for band in range(BANDS):
        coefficients = band_at(state64, at + (_FIRST + _STRIDE * band) * tracks, tracks, on)
        aim(state32, row + EQ_FILTERS + band * BIQUAD, side, coefficients)
        strains = strain(*coefficients)
        worst, total, level = max(worst, strains), total + 1.0 + strains, level * coefficients[0]
        lowest = min(lowest, level)
    precisely = worst > _MOST_STRAIN or (lowest < _LOW and total > _MOST_WHEN_LOW * lowest)
    if precisely:
        precise = precise_at(tracks, 1 + lane // (LANES // 2))
        if state32[row + PRECISELY + side] == _ZERO:
            promote(state64, state32, row, precise, side)
        for band in range(BANDS):
            coefficients = band_at(state64, at + (_FIRST + _STRIDE * band) * tracks, tracks, on)
            aim(state64, precise + band * BIQUAD, side, coefficients)
    for lane16 in range(row + side, row + side + 2):
        state32[lane16 + PRECISELY] = _ONE if precisely else _ZERO
    state32[row + EQ_MOVED] = _ONE


@outlined
def settle_filters(state32, row):
    """Decide how a group runs its cuts and its equaliser; called again every tile as long as a filter that was left rings."""
    ringing = settle_cuts(state32, row)
    goes_on, rings = settled32(state32, row + EQ_FILTERS, BANDS)
    mode = SKIP
    if goes_on > _ZERO:
        mode = STEADY if state32[row + EQ_MOVED] == _ZERO else MOVING
    state32[row + EQ_MOVED] = _ZERO
    state32[row + MODE_EQ] = mode
    state32[row + FILTERS_RING] = ringing + rings
    low, high = _ZERO, _ZERO
    for k in range(row + PRECISELY, row + PRECISELY + LANES // 2):
        low, high = low + state32[k], high + state32[k + LANES // 2]
    state32[row + PRECISE_LOW], state32[row + PRECISE_HIGH] = low, high


@outlined
def equalise_precisely(state64, state32, row, at, y, z):
    """Run the lanes that ask for it in float64 from tile ``y`` into tile ``z``."""
    for i in range(0, LANES * TILE, LANES):
        store(z, i, load16(y, i))
    for first, lanes in ((0, PRECISE_LOW), (LANES // 2, PRECISE_HIGH)):
        if state32[row + lanes] != _ZERO:
            if state32[row + MODE_EQ] == MOVING:
                moving64(state64, at + first, z, first)
            else:
                steady64(state64, at + first, z, first)


@inlined
def equalise(state32, row, y):
    """Run a group's bands over its tile in place."""
    if state32[row + MODE_EQ] == MOVING:
        moving32(state32, row + EQ_FILTERS, y, 0)
    elif state32[row + MODE_EQ] == STEADY:
        steady32(state32, row + EQ_FILTERS, y, 0)


@inlined
def filtered(state64, state32, tracks, group, row, y, z, levels):
    """Run a group's cuts, gate and equaliser over its tile ``y``: one high-pass and the bands in one pass where none has a gate.

    ``z`` and ``levels`` are scratch.
    """
    if state32[row + FILTERS_RING] != _ZERO:
        settle_filters(state32, row)
    precise = state32[row + PRECISE_LOW] + state32[row + PRECISE_HIGH] != _ZERO and state32[row + MODE_EQ] != SKIP
    plain = state32[row + MODE_GATE] == SKIP and not precise
    if plain and state32[row + MODE_CUTS] == ALONE and state32[row + MODE_EQ] == STEADY:
        five32(state32, row + CUT_FILTERS, row + EQ_FILTERS, y)
        return
    cut(state32, row, y)
    gate(state32, row, y, levels)
    if precise:
        equalise_precisely(state64, state32, row, precise_at(tracks, 1 + group), y, z)
    equalise(state32, row, y)
    if precise:
        lanes = load16(state32, row + PRECISELY)
        for i in range(0, LANES * TILE, LANES):
            store(y, i, where_at_most(lanes, splat16(_HALF), load16(y, i), load16(z, i)))
