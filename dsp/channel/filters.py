"""The cookbook's filters (Robert Bristow-Johnson's) in delta form, and the strip's high-pass and low-pass.

H(z) = (b0 d^2 + b1 d + b2) / (d^2 + a1 d + a2) with d = z - 1, written without cancellation for corners down to 20 Hz. A cut of
12 dB per octave is one Butterworth filter; of 24 dB two, whose first takes another Q and whose second comes in by a weight.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.biquads import moving32, resolved, settled32, single32, steady32
from dsp.desk.params import track_index
from dsp.grid import RATE
from dsp.simd.approximations import cosine, exp2, sine
from dsp.slot.layout import (
    ALONE,
    BIQUAD,
    BIQUAD_TO,
    CUT_FILTERS,
    CUTS,
    CUTS_MOVED,
    HEAD,
    LANES,
    MODE_CUTS,
    MOVING,
    SKIP,
    STEADY,
)

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_HIGHPASS, _LOWPASS = track_index("highpass/on", 0, 1), track_index("lowpass/on", 0, 1)
"""On, frequency and slope follow each other."""
CUT_PARAMETERS = (*range(_HIGHPASS, _HIGHPASS + 3), *range(_LOWPASS, _LOWPASS + 3))
_Q = math.sqrt(0.5)
_FIRST_Q, _SECOND_Q = (0.5 / math.cos(k * math.pi / 8) for k in (1, 3))
"""Butterworth, of second and of fourth order."""


@outlined
def corner(octave, q):
    """Return 1 - cos(w), 1 + cos(w) and sin(w) / (2 q) without cancellation; ``octave`` is the logarithm of the hertz."""
    half = exp2(octave) * (math.pi / RATE)
    s, c = sine(half), cosine(half)
    return 2.0 * s * s, 2.0 * c * c, s * c / q


@inlined
def highpass(k, above, alpha):
    """Return b0, b1, b2, a1, a2 of a high-pass from what :func:`corner` returns."""
    scale = 1.0 / (1.0 + alpha)
    return 0.5 * above * scale, 0.0, 0.0, 2.0 * (k + alpha) * scale, 2.0 * k * scale


@inlined
def lowpass(k, alpha):
    """Return b0, b1, b2, a1, a2 of a low-pass."""
    scale = 1.0 / (1.0 + alpha)
    return 0.5 * k * scale, 2.0 * k * scale, 2.0 * k * scale, 2.0 * (k + alpha) * scale, 2.0 * k * scale


@inlined
def aim(state, at, lane16, coefficients):
    """Set the coefficients of lanes ``lane16`` and the next one of the filter at ``at`` at the end of this tile."""
    place = at + BIQUAD_TO + lane16
    for value in coefficients:
        state[place] = value
        state[place + 1] = value
        place += LANES


@inlined
def land_filters(state, at, count):
    """Let ``count`` filters stand where they would go."""
    for place in range(at, at + count * BIQUAD, BIQUAD):
        for k in range(place, place + BIQUAD_TO):
            state[k] = state[k + BIQUAD_TO]


@outlined
def derive_cut(state64, state32, at, tracks, place, side, high):
    """Aim the two filters of one cut whose parameters lie at ``at``."""
    on, octave, steep = state64[at], state64[at + tracks], state64[at + 2 * tracks]
    k, above, alpha = corner(octave, 1.0)
    first, second = alpha * (1.0 / _Q + steep * (1.0 / _FIRST_Q - 1.0 / _Q)), alpha / _SECOND_Q
    if high:
        b0, b1, b2, a1, a2 = highpass(k, above, first)
        c0, c1, c2, d1, d2 = highpass(k, above, second)
    else:
        b0, b1, b2, a1, a2 = lowpass(k, first)
        c0, c1, c2, d1, d2 = lowpass(k, second)
    aim(state32, place, side, resolved(b0, b1, b2, a1, a2, on))
    aim(state32, place + BIQUAD, side, resolved(c0, c1, c2, d1, d2, on * steep))


@inlined
def derive_cuts(state64, state32, tracks, lane, row, side):
    """Set a track's high-pass and low-pass at the end of this tile."""
    at, place = HEAD + lane, row + CUT_FILTERS
    derive_cut(state64, state32, at + _HIGHPASS * tracks, tracks, place, side, True)
    derive_cut(state64, state32, at + _LOWPASS * tracks, tracks, place + 2 * BIQUAD, side, False)
    state32[row + CUTS_MOVED] = _ONE


@outlined
def settle_cuts(state32, row):
    """Decide how a group runs its cuts; returns how much of them rings on after they were switched off."""
    first, rings = settled32(state32, row + CUT_FILTERS, 1)
    others, more = settled32(state32, row + CUT_FILTERS + BIQUAD, CUTS - 1)
    mode = SKIP
    if first + others > _ZERO:
        mode = MOVING if state32[row + CUTS_MOVED] != _ZERO else STEADY if others > _ZERO else ALONE
    state32[row + MODE_CUTS] = mode
    state32[row + CUTS_MOVED] = _ZERO
    return rings + more


@inlined
def cut(state32, row, y):
    """Run a group's high-passes and low-passes over its tile in place."""
    mode, at = state32[row + MODE_CUTS], row + CUT_FILTERS
    if mode == ALONE:
        single32(state32, at, y)
    elif mode == STEADY:
        steady32(state32, at, y, 0)
    elif mode == MOVING:
        moving32(state32, at, y, 0)
