"""K-weighting of ITU-R BS.1770-5, Annex 1, in float64: a shelf for the head, then a high-pass.

Two frames of both filters lie side by side in eight lanes, ``[shelf L, R, L, R, high-pass L, R, L, R]``, each frame's state made
from those two and four frames before (the filter times its own mirror image, which cancels out). The high-pass takes what the
shelf gave eight frames before, so that it never waits for it. What leaves is eight frames late.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from math import pi, tan

import numpy as np
from numpy.typing import NDArray

from dsp.cache import inlined
from dsp.simd.lanes import fma, shuffle, widened
from dsp.simd.memory import load4, load8, store
from dsp.slot.layout import STEP_POWER, WEIGHTING

SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
HIGHPASS_HZ, HIGHPASS_Q = 38.13547087602444, 0.5003270373238773
"""The analogue filters behind the recommendation's coefficients for 48 kHz."""
_SHELF_SLOPE = 0.4996667741545416
"""Exponent of the shelf's gain at its middle."""

_low_half = shuffle(lambda n: list(range(n // 2)))
_joined = shuffle(lambda n: list(range(2 * n)))
_frame_before = shuffle(lambda n: [2, 3, n, n + 1, 6, 7, n + 4, n + 5])


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Return six rows of eight lanes for :func:`weigh`, then the factor that its power lacks."""
    shelf, highpass = _shelf(rate), _highpass(rate)
    rows = np.array([_mirrored(*shelf)] * 4 + [_mirrored(*highpass)] * 4).T
    return np.array([*rows.ravel(), (shelf[0][0] * highpass[0][0]) ** 2])


_Filter = tuple[tuple[float, float, float], tuple[float, float, float]]


def _shelf(rate: int) -> _Filter:
    k, gain = tan(pi * SHELF_HZ / rate), 10.0 ** (SHELF_DB / 20.0)
    band, a0 = gain**_SHELF_SLOPE, 1.0 + k / SHELF_Q + k * k
    side, middle = band * k / SHELF_Q, gain + k * k
    b = ((middle + side) / a0, 2.0 * (k * k - gain) / a0, (middle - side) / a0)
    return b, (1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / SHELF_Q + k * k) / a0)


def _highpass(rate: int) -> _Filter:
    """The recommendation has b = (1, -2, 1) at 48 kHz: the gain of the top that this makes holds for every rate."""

    def denominator(rate: int) -> tuple[float, float, float]:
        k = tan(pi * HIGHPASS_HZ / rate)
        return 1.0 + k / HIGHPASS_Q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / HIGHPASS_Q + k * k

    (a0, a1, a2), top = denominator(rate), denominator(48_000)[0]
    b0 = top / a0
    return (b0, -2.0 * b0, b0), (1.0, a1 / a0, a2 / a0)


def _mirrored(b: tuple[float, float, float], a: tuple[float, float, float]) -> tuple[float, ...]:
    """Return what a state takes from those two and four frames before, and from the input one to four frames before; over b0.

    With D = 1 + a1 z^-1 + a2 z^-2 the state is (c1 z^-1 + c2 z^-2) / D; both are multiplied by D(-z).
    """
    a1, a2 = a[1], a[2]
    c1, c2 = b[1] / b[0] - a1, b[2] / b[0] - a2
    return a1 * a1 - 2.0 * a2, -a2 * a2, c1, c2 - a1 * c1, a2 * c1 - a1 * c2, a2 * c2


@inlined
def weigh(state64, weights, audio, at, frames):
    """Add the weighted power of ``frames`` (even) interleaved stereo frames at ``audio[at:]`` to the upper half of STEP_POWER."""
    row = WEIGHTING
    now, before, x, x_1 = load8(state64, row), load8(state64, row + 8), load8(state64, row + 16), load8(state64, row + 24)
    z, a, b = load8(state64, row + 32), load8(state64, row + 40), load8(state64, row + 48)
    c, d = load8(state64, row + 56), load8(state64, row + 64)
    power = load8(state64, STEP_POWER)
    back_2, back_4 = load8(weights, 0), load8(weights, 8)
    fed_1, fed_2, fed_3, fed_4 = load8(weights, 16), load8(weights, 24), load8(weights, 32), load8(weights, 40)
    for i in range(at, at + 2 * frames, 4):
        older = fma(fed_2, x, fma(fed_3, z, fed_4 * x_1))
        x_1, x = x, _joined(widened(load4(audio, i)), _low_half(a, a))
        z = _frame_before(x_1, x)
        before, now = now, fma(back_2, now, fma(fed_1, z, fma(back_4, before, older)))
        y = x + now
        power = fma(y, y, power)
        a, b, c, d = b, c, d, y
    for value in (now, before, x, x_1, z, a, b, c, d):
        store(state64, row, value)
        row += 8
    store(state64, STEP_POWER, power)
