"""The four-band equaliser of the strip: low shelf, two bells, high shelf (RBJ cookbook), in one pass over a tile.

A lane whose bands all stand at 0 dB does nothing: once its filters have rung out it is left out, as if it were switched off.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2
from dsp.cache import inlined, outlined
from dsp.filters import corner, weight_mode
from dsp.grid import TILE
from dsp.lanes import fma, load16, splat16, store
from dsp.layout import BAND, BANDS, EQ_BANDS, EQ_FLAT, EQ_ON, EQ_ON_TO, EQ_PENDING, EQ_STATE, FULL, HEAD, LANES, MODE_EQ, SKIP
from dsp.params import track_index
from dsp.scans import PER_FRAME

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_RUNG_OUT = np.float32(1e-6)
_ON = track_index("eq/on", 0, 1)
_FIRST = track_index("eq/1/frequency_hz", 0, 1)
"""From here on the catalogue has frequency, gain and Q of band 1, band 2, ..."""
EQ_PARAMETERS = (_ON, *range(_FIRST, _FIRST + 3 * BANDS))
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
    flat = True
    for band in range(BANDS):
        parameter = _FIRST + 3 * band
        decibels = state64[at + (parameter + 1) * tracks]
        gain = exp2(decibels * (0.16609640474436813 / 2.0))
        k, _, alpha = corner(state64[at + parameter * tracks], exp2(state64[at + (parameter + 2) * tracks]))
        if band in (_LOW, _HIGH):
            b0, b1, b2, a1, a2 = shelf(k, alpha, gain, band == _HIGH)
        else:
            b0, b1, b2, a1, a2 = bell(k, alpha, gain)
        flat &= decibels == 0.0
        for lane16 in range(row + side, row + side + 2):
            place = lane16 + EQ_BANDS + band * BAND * LANES
            state32[place] = b0
            state32[place + LANES] = b1
            state32[place + 2 * LANES] = b2
            state32[place + 3 * LANES] = a1
            state32[place + 4 * LANES] = a2
    for lane16 in range(row + side, row + side + 2):
        state32[lane16 + EQ_FLAT] = _ONE if flat else _ZERO
        state32[lane16 + EQ_ON_TO] = state64[at + _ON * tracks]
        if flat and state32[lane16 + EQ_ON] == _ZERO:
            state32[lane16 + EQ_ON_TO] = _ZERO


@inlined
def has_rung_out(state32, lane16):
    """Tell whether what a lane's filters still hold is below -120 dB."""
    for band in range(BANDS):
        p, q = state32[lane16 + EQ_STATE + 2 * band * LANES], state32[lane16 + EQ_STATE + (2 * band + 1) * LANES]
        a1 = state32[lane16 + EQ_BANDS + (band * BAND + 3) * LANES]
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
        load16(state32, at), load16(state32, at + LANES), load16(state32, at + 2 * LANES),
        zero - load16(state32, at + 3 * LANES), zero - load16(state32, at + 4 * LANES),
        load16(state32, state), load16(state32, state + LANES),
    )  # fmt: skip


@inlined
def equalise(state32, row, y):  # noqa: PLR0915
    """Filter a group's tile in place."""
    if state32[row + EQ_PENDING] != _ZERO:
        settle_eq(state32, row)
    mode = state32[row + MODE_EQ]
    if mode == SKIP:
        return
    b0, b1, b2, b3, b4, p, q = band(state32, row, 0)
    c0, c1, c2, c3, c4, r, s = band(state32, row, 1)
    d0, d1, d2, d3, d4, t, u = band(state32, row, 2)
    e0, e1, e2, e3, e4, v, w = band(state32, row, 3)
    on, to = load16(state32, row + EQ_ON), load16(state32, row + EQ_ON_TO)
    ramp = (to - on) * splat16(PER_FRAME)
    blended = mode != FULL
    for i in range(0, 16 * TILE, 16):
        x = load16(y, i)
        f = fma(b0, x, p)
        p = fma(b3, f, fma(b1, x, p + q))
        q = fma(b4, f, fma(b2, x, q))
        g = fma(c0, f, r)
        r = fma(c3, g, fma(c1, f, r + s))
        s = fma(c4, g, fma(c2, f, s))
        h = fma(d0, g, t)
        t = fma(d3, h, fma(d1, g, t + u))
        u = fma(d4, h, fma(d2, g, u))
        f = fma(e0, h, v)
        v = fma(e3, f, fma(e1, h, v + w))
        w = fma(e4, f, fma(e2, h, w))
        if blended:
            on = on + ramp
            f = fma(on, f, (splat16(_ONE) - on) * x)
        store(y, i, f)
    store(state32, row + EQ_ON, to)
    state = row + EQ_STATE
    store(state32, state, p)
    store(state32, state + LANES, q)
    store(state32, state + 2 * LANES, r)
    store(state32, state + 3 * LANES, s)
    store(state32, state + 4 * LANES, t)
    store(state32, state + 5 * LANES, u)
    store(state32, state + 6 * LANES, v)
    store(state32, state + 7 * LANES, w)
