"""The waveshaper of the saturation: oversampled and antiderivative anti-aliased, for lanes and for planes alike.

The curve is f(z) = z - z^3 + 3/5 z^5 - 1/7 z^7, flat from |z| = 1 on: its slope (1 - z^2)^3 is 1 at rest. Instead of f at a point
stands its mean along the chord to the next point, (F(b) - F(a)) / (b - a) with F' = f. For this F that is a polynomial: with t =
a^2 + b^2 and v = a^2 b^2 it is (a + b) (28 - 14 t + 5.6 (t^2 - v) - t^3 + 2 t v) / 56, with no division and no special case.

A half-band filter of 12 taps leads from 48 to 96 kHz, a low-pass of 30 taps back. What it carries is the *difference* between
curve and line, so that a small signal passes as it is, whatever the filter does. Arrays hold ``unit`` values a frame: 16 (eight
pairs of tracks, a frame is a vector) or 1 (a plane, sixteen frames are a vector).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import TILE
from dsp.simd.lanes import fma, larger, smaller, splat16
from dsp.simd.memory import load16, store

HALF = np.array((0.6250549, -0.1786377, 0.0778771, -0.0332841, 0.0119711, -0.0029813), np.float32)
"""Half a frame on: six pairs of taps, the nearest first. Flat to 16 kHz within 0.02 dB, images above 32 kHz below -59 dB."""
LOWPASS = np.array((
    0.4160993, 0.1975498, -0.0339402, -0.100751, -0.0260542, 0.0450759, 0.0347935, -0.0115227, -0.0255481, -0.0044649, 0.0126531,
    0.007859, -0.0032493, -0.0062382, -0.002262,
), np.float32)  # fmt: skip
"""Back to frames: fifteen pairs of taps, the nearest first. With the chords' own fall made good it is flat to 16 kHz within 0.2
dB; from 25 kHz on it lies below -58 dB."""
SCALE = 56.0
"""What is handed on is the difference times this."""

AHEAD = 7
"""Frames by which the newest difference of a tile lies ahead of what leaves."""
HISTORY = 16
"""Frames of differences that are kept from tile to tile."""
_ZERO, _ONE, _TWO, _28, _14, _56 = (np.float32(value) for value in (0.0, 1.0, 2.0, 28.0, -14.0, 5.6))


@inlined
def clamped(z):
    """Return z, or the end of the curve's bent part."""
    return larger(smaller(z, splat16(_ONE)), splat16(_ZERO) - splat16(_ONE))


@inlined
def difference(a, b):
    """Return 56 times the mean of curve minus line between two points."""
    c, d = clamped(a), clamped(b)
    cc, dd = c * c, d * d
    t, v = cc + dd, cc * dd
    value = fma(t, splat16(_56) - t, splat16(_14))
    value = fma(t, value, splat16(_28))
    value = fma(v, fma(splat16(_TWO), t, splat16(_ZERO) - splat16(_56)), value)
    return fma(c + d, value, (splat16(_ZERO) - splat16(_28)) * (a + b))


@inlined
def bent(x, drive, early, late, unit):
    """Write, behind the history, the differences before and after the half frames that follow frames 7 to 38 of ``x``.

    ``x`` is two tiles, the one that leaves and the next; ``drive`` is the factor of each frame in units of the curve.
    """
    for i in range(0, TILE * unit, 16):
        at = i + AHEAD * unit
        frame, after = load16(x, at), load16(x, at + unit)
        half = splat16(HALF[0]) * (frame + after)
        for tap in range(1, len(HALF)):
            half = fma(splat16(HALF[tap]), load16(x, at - tap * unit) + load16(x, at + (tap + 1) * unit), half)
        factor = load16(drive, i)
        a, b, c = factor * frame, factor * half, factor * after
        store(early, HISTORY * unit + i, difference(a, b))
        store(late, HISTORY * unit + i, difference(b, c))


@inlined
def lowpassed(early, late, i, unit):
    """Return the differences at the frames that leave, given the newest place ``i`` that they take part of."""
    total = splat16(LOWPASS[0]) * (load16(late, i - (AHEAD + 1) * unit) + load16(early, i - AHEAD * unit))
    for k in range(1, AHEAD + 1):
        before, past = i - (AHEAD + k) * unit, i - (AHEAD + 1 + k) * unit
        after, future = i - (AHEAD + 1 - k) * unit, i - (AHEAD - k) * unit
        total = fma(splat16(LOWPASS[2 * k - 1]), load16(early, before) + load16(late, after), total)
        total = fma(splat16(LOWPASS[2 * k]), load16(late, past) + load16(early, future), total)
    return total
