"""The four-band equaliser of the strip: low shelf, two bells, high shelf (RBJ cookbook), in one pass over a tile. The bands' b0
are divided out and applied as one gain, so that coefficients and state of all of them stay in registers.

A lane whose bands all stand at 0 dB does nothing: once its filters have rung out it is left out, as if it were switched off.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2
from dsp.cache import inlined, outlined
from dsp.filters import corner, highpass, weight_mode
from dsp.grid import TILE
from dsp.lanes import fma, splat16
from dsp.layout import (
    BAND,
    BANDS,
    EQ_BANDS,
    EQ_FLAT,
    EQ_GAIN,
    EQ_ON,
    EQ_ON_TO,
    EQ_PENDING,
    EQ_STATE,
    FULL,
    HEAD,
    HP_A1,
    HP_A2,
    HP_B0,
    HP_P,
    HP_Q,
    LANES,
    MIXED,
    MODE_EQ,
    MODE_HP,
)  # fmt: skip
from dsp.memory import load16, store
from dsp.params import track_index
from dsp.scans import PER_FRAME

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_RUNG_OUT = np.float32(1e-6)
_ON = track_index("eq/on", 0, 1)
_FIRST, _STRIDE = track_index("eq/1/kind", 0, 1), 4
"""From here on the catalogue has kind, frequency, gain and Q of band 1, band 2, ..."""
EQ_PARAMETERS = (_ON, *range(_FIRST, _FIRST + _STRIDE * BANDS))
_LOW, _HIGH = 0, BANDS - 1


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


@outlined
def derive_eq(state64, state32, tracks, lane, row, side):
    """Set a track's four bands at the end of this tile."""
    at = HEAD + lane
    flat, total = True, 1.0
    for band in range(BANDS):
        parameter = _FIRST + _STRIDE * band + 1
        decibels = state64[at + (parameter + 1) * tracks]
        gain = exp2(decibels * (0.16609640474436813 / 2.0))
        k, _, alpha = corner(state64[at + parameter * tracks], exp2(state64[at + (parameter + 2) * tracks]))
        if band in (_LOW, _HIGH):
            b0, b1, b2, a1, a2 = shelf(k, alpha, gain, band == _HIGH)
        else:
            b0, b1, b2, a1, a2 = bell(k, alpha, gain)
        flat &= decibels == 0.0
        total *= b0
        for lane16 in range(row + side, row + side + 2):
            place = lane16 + EQ_BANDS + band * BAND * LANES
            state32[place] = b1 / b0
            state32[place + LANES] = b2 / b0
            state32[place + 2 * LANES] = a1
            state32[place + 3 * LANES] = a2
    for lane16 in range(row + side, row + side + 2):
        state32[lane16 + EQ_GAIN] = total
        state32[lane16 + EQ_FLAT] = _ONE if flat else _ZERO
        state32[lane16 + EQ_ON_TO] = state64[at + _ON * tracks]
        if flat and state32[lane16 + EQ_ON] == _ZERO:
            state32[lane16 + EQ_ON_TO] = _ZERO


@inlined
def has_rung_out(state32, lane16):
    """Tell whether what a lane's filters still hold is below -120 dB."""
    for band in range(BANDS):
        p, q = state32[lane16 + EQ_STATE + 2 * band * LANES], state32[lane16 + EQ_STATE + (2 * band + 1) * LANES]
        a1 = state32[lane16 + EQ_BANDS + (band * BAND + 2) * LANES]
        if abs(p) > _RUNG_OUT or abs(q) > _RUNG_OUT * a1:
            return False
    return True


@inlined
def silence_lane(state32, lane16):
    """Take a lane out: no weight, nothing held, and coefficients that keep it so."""
    state32[lane16 + EQ_ON] = _ZERO
    state32[lane16 + EQ_ON_TO] = _ZERO
    for band in range(BANDS):
        state32[lane16 + EQ_STATE + 2 * band * LANES] = _ZERO
        state32[lane16 + EQ_STATE + (2 * band + 1) * LANES] = _ZERO
        for k in range(BAND):
            state32[lane16 + EQ_BANDS + (band * BAND + k) * LANES] = _ZERO


@outlined
def settle_eq(state32, row):
    """Decide how a group runs the equaliser; called again every tile as long as a flat lane rings."""
    pending = _ZERO
    for side in range(0, LANES, 2):
        lane16 = row + side
        on = state32[lane16 + EQ_ON] != _ZERO or state32[lane16 + EQ_ON_TO] != _ZERO
        if on and state32[lane16 + EQ_FLAT] == _ONE:
            on = not (has_rung_out(state32, lane16) and has_rung_out(state32, lane16 + 1))
            pending = _ONE if on else pending
        if not on:
            silence_lane(state32, lane16)
            silence_lane(state32, lane16 + 1)
    state32[row + EQ_PENDING] = pending
    state32[row + MODE_EQ] = weight_mode(state32, row, EQ_ON, EQ_ON_TO)


@inlined
def band(state32, row, number):
    """Load a band's coefficients (the last two negated) and state."""
    at = row + EQ_BANDS + number * BAND * LANES
    state = row + EQ_STATE + 2 * number * LANES
    zero = splat16(_ZERO)
    return (
        load16(state32, at), load16(state32, at + LANES),
        zero - load16(state32, at + 2 * LANES), zero - load16(state32, at + 3 * LANES),
        load16(state32, state), load16(state32, state + LANES),
    )  # fmt: skip


@inlined
def cascade(state32, row, y, highpass_too, blended):  # noqa: PLR0915
    """Filter a group's tile in place; the two choices are known when this is compiled into its caller."""
    zero = splat16(_ZERO)
    h0, h1, h2 = load16(state32, row + HP_B0), zero - load16(state32, row + HP_A1), zero - load16(state32, row + HP_A2)
    m, n = load16(state32, row + HP_P), load16(state32, row + HP_Q)
    b1, b2, b3, b4, p, q = band(state32, row, 0)
    c1, c2, c3, c4, r, s = band(state32, row, 1)
    d1, d2, d3, d4, t, u = band(state32, row, 2)
    e1, e2, e3, e4, v, w = band(state32, row, 3)
    gain, on, to = load16(state32, row + EQ_GAIN), load16(state32, row + EQ_ON), load16(state32, row + EQ_ON_TO)
    ramp = (to - on) * splat16(PER_FRAME)
    for i in range(0, 16 * TILE, 16):
        x = load16(y, i)
        if highpass_too:
            f = fma(h0, x, m)
            m = fma(h1, f, m + n)
            n = fma(h2, f, n)
            x = f
        f = x + p
        p = fma(b3, f, fma(b1, x, p + q))
        q = fma(b4, f, fma(b2, x, q))
        g = f + r
        r = fma(c3, g, fma(c1, f, r + s))
        s = fma(c4, g, fma(c2, f, s))
        f = g + t
        t = fma(d3, f, fma(d1, g, t + u))
        u = fma(d4, f, fma(d2, g, u))
        g = f + v
        v = fma(e3, g, fma(e1, f, v + w))
        w = fma(e4, g, fma(e2, f, w))
        if blended:
            on = on + ramp
            store(y, i, fma(on, g * gain, (splat16(_ONE) - on) * x))
        else:
            store(y, i, g * gain)
    if highpass_too:
        store(state32, row + HP_P, m)
        store(state32, row + HP_Q, n)
    store(state32, row + EQ_ON, to)
    for state, value in enumerate((p, q, r, s, t, u, v, w)):
        store(state32, row + EQ_STATE + state * LANES, value)


@inlined
def filtered(state32, row, y):
    """Run a group's high-pass and equaliser over its tile: in one pass where every lane is fully on."""
    if state32[row + EQ_PENDING] != _ZERO:
        settle_eq(state32, row)
    mode = state32[row + MODE_EQ]
    if mode == FULL and state32[row + MODE_HP] == FULL:
        cascade(state32, row, y, True, False)
        return
    highpass(state32, row, y)
    if mode == FULL:
        cascade(state32, row, y, False, False)
    elif mode == MIXED:
        cascade(state32, row, y, False, True)
