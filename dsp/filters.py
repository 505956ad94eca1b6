"""Second-order filters in delta form, and the high-pass of the strip.

H(z) = (b0 d^2 + b1 d + b2) / (d^2 + a1 d + a2) with d = z - 1: the RBJ cookbook's filters written so that a corner at 20 Hz keeps
its precision in float32 (about -130 dB of error, where the plain form has -57 dB; towards 20 kHz with a high Q it is -95 dB). One
step of the transposed form is
``y = b0 x + p; p += b1 x + q - a1 y; q += b2 x - a2 y``.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import cosine, exp2, sine
from dsp.cache import inlined, outlined
from dsp.grid import RATE, TILE
from dsp.lanes import fma, splat16
from dsp.layout import FULL, HEAD, HP_A1, HP_A2, HP_B0, HP_ON, HP_ON_TO, HP_P, HP_Q, LANES, MIXED, MODE_HP, SKIP
from dsp.memory import load16, store
from dsp.params import track_index
from dsp.scans import PER_FRAME

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_ON, _FREQUENCY = track_index("highpass/on", 0, 1), track_index("highpass/frequency_hz", 0, 1)
HIGHPASS_PARAMETERS = (_ON, _FREQUENCY)


@outlined
def corner(octave, q):
    """Return 1 - cos(w), 1 + cos(w) and sin(w) / (2 q) without cancellation; ``octave`` is the logarithm of the hertz."""
    half = exp2(octave) * (math.pi / RATE)
    s, c = sine(half), cosine(half)
    return 2.0 * s * s, 2.0 * c * c, s * c / q


@outlined
def weight_mode(state32, row, now, to):
    """Tell how a group runs a stage whose lanes' weights go from row ``now`` to row ``to``."""
    low, high = _ONE, _ZERO
    for k in range(LANES):
        low = min(low, state32[row + now + k], state32[row + to + k])
        high = max(high, state32[row + now + k], state32[row + to + k])
    if high == _ZERO:
        return SKIP
    return FULL if low == _ONE else MIXED


@inlined
def derive_highpass(state64, state32, tracks, lane, row, side):
    """Set a track's high-pass: 12 dB per octave, Butterworth."""
    at = HEAD + lane
    on = np.float32(state64[at + _ON * tracks])
    k, above, alpha = corner(state64[at + _FREQUENCY * tracks], math.sqrt(0.5))
    scale = 1.0 / (1.0 + alpha)
    for lane16 in range(row + side, row + side + 2):
        state32[lane16 + HP_ON_TO] = on
        state32[lane16 + HP_B0] = 0.5 * above * scale
        state32[lane16 + HP_A1] = 2.0 * (k + alpha) * scale
        state32[lane16 + HP_A2] = 2.0 * k * scale


@inlined
def settle_highpass(state32, row):
    """Decide how a group runs the high-pass; a lane that is off forgets, and its zeroed coefficients keep its state at zero."""
    for k in range(row, row + LANES):
        if state32[k + HP_ON] == _ZERO and state32[k + HP_ON_TO] == _ZERO:
            for place in (HP_B0, HP_A1, HP_A2, HP_P, HP_Q):
                state32[k + place] = _ZERO
    state32[row + MODE_HP] = weight_mode(state32, row, HP_ON, HP_ON_TO)


@inlined
def highpass(state32, row, y):
    """Filter a group's tile in place."""
    mode = state32[row + MODE_HP]
    if mode == SKIP:
        return
    b0, a1, a2 = load16(state32, row + HP_B0), load16(state32, row + HP_A1), load16(state32, row + HP_A2)
    p, q = load16(state32, row + HP_P), load16(state32, row + HP_Q)
    minus_a1, minus_a2 = splat16(_ZERO) - a1, splat16(_ZERO) - a2
    if mode == FULL:
        for i in range(0, 16 * TILE, 16):
            w = fma(b0, load16(y, i), p)
            p = fma(minus_a1, w, p + q)
            q = fma(minus_a2, w, q)
            store(y, i, w)
    else:
        on, to = load16(state32, row + HP_ON), load16(state32, row + HP_ON_TO)
        ramp = (to - on) * splat16(PER_FRAME)
        for i in range(0, 16 * TILE, 16):
            x = load16(y, i)
            w = fma(b0, x, p)
            p = fma(minus_a1, w, p + q)
            q = fma(minus_a2, w, q)
            on = on + ramp
            store(y, i, fma(on, w, (splat16(_ONE) - on) * x))
        store(state32, row + HP_ON, to)
    store(state32, row + HP_P, p)
    store(state32, row + HP_Q, q)
