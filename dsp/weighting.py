"""K-weighting of ITU-R BS.1770-5, Annex 1, in float64: a shelf for the head, then a high-pass.

Both filters of both channels lie side by side in four lanes, ``[shelf L, shelf R, high-pass L, high-pass R]``; the high-pass
takes what the shelf gave four frames before, so that it never waits for it. What leaves is four frames late.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from math import pi, tan

import numpy as np
from numpy.typing import NDArray

from dsp.cache import inlined
from dsp.lanes import fma, shuffle, to_double
from dsp.layout import STEP_POWER, WEIGHTING
from dsp.memory import load2, load4, store

SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
HIGHPASS_HZ, HIGHPASS_Q = 38.13547087602444, 0.5003270373238773
"""The analogue filters behind the recommendation's coefficients for 48 kHz."""
_SHELF_SLOPE = 0.4996667741545416
"""Exponent of the shelf's gain at its middle."""

_low_half = shuffle(lambda n: list(range(n // 2)))
_joined = shuffle(lambda n: list(range(2 * n)))


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Return four rows of four lanes for :func:`weigh` (-a1, -a2, b1 - a1, b2 - a2, over b0), then the power's factor."""
    shelf, highpass = _shelf(rate), _highpass(rate)
    rows = [[f(b, a) for b, a in (shelf, shelf, highpass, highpass)] for f in (_minus(1), _minus(2), _through(1), _through(2))]
    return np.array([*(value for row in rows for value in row), (shelf[0][0] * highpass[0][0]) ** 2])


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


def _minus(k: int):
    return lambda _b, a: -a[k]


def _through(k: int):
    return lambda b, a: b[k] / b[0] - a[k]


@inlined
def weigh(state64, weights, audio, at, frames):
    """Add the weighted power of ``frames`` interleaved stereo frames at ``audio[at:]`` to lanes 2 and 3 of STEP_POWER."""
    now, before, fed = load4(state64, WEIGHTING), load4(state64, WEIGHTING + 4), load4(state64, WEIGHTING + 8)
    a, b, c, d = (
        load4(state64, WEIGHTING + 12),
        load4(state64, WEIGHTING + 16),
        load4(state64, WEIGHTING + 20),
        load4(state64, WEIGHTING + 24),
    )
    power = load4(state64, STEP_POWER)
    minus_1, minus_2, through_1, through_2 = load4(weights, 0), load4(weights, 4), load4(weights, 8), load4(weights, 12)
    for i in range(at, at + 2 * frames, 2):
        x = _joined(to_double(load2(audio, i)), _low_half(a, a))
        y = x + now
        power = fma(y, y, power)
        rest = fma(minus_2, before, fma(through_1, x, through_2 * fed))
        before, now, fed = now, fma(minus_1, now, rest), x
        a, b, c, d = b, c, d, y
    k = WEIGHTING
    for row in (now, before, fed, a, b, c, d):
        store(state64, k, row)
        k += 4
    store(state64, STEP_POWER, power)
