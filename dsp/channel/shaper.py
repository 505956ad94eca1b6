"""The waveshaper of the saturation: oversampled and antiderivative anti-aliased, for lanes and for planes alike.

The curve is f(z) = z - z^3 + 3/5 z^5 - 1/7 z^7, flat from |z| = 1 on: its slope (1 - z^2)^3 is 1 at rest. Instead of f at a point
stands its mean along the chord to the next point, (F(b) - F(a)) / (b - a) with F' = f. F is a quartic in z^2; about its centre
it has no cubic term: with r = a^2 - 7/5 and s = b^2 - 7/5 the mean is (a + b) / 2 times 48/125 - (r + s) ((r^2 + s^2) / 28 +
2/25). There is no division, no special case, and most of it belongs to the points, which chords share.

A half-band filter of 10 taps leads from 48 to 96 kHz, a low-pass of 26 taps back. What it carries is the *difference* between
curve and line, so that a small signal passes as it is, whatever the filter does. Arrays hold ``unit`` values a frame: 16 (eight
pairs of tracks, a frame is a vector) or 1 (a plane, sixteen frames are a vector).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import TILE
from dsp.simd.lanes import fma, larger, smaller, splat16
from dsp.simd.memory import load16, store

HALF = np.array((0.6222745, -0.1729084, 0.0701552, -0.0265188, 0.0069976), np.float32)
"""Half a frame on: five pairs of taps, the nearest first. Flat to 16 kHz within 0.02 dB, images above 32 kHz below -52 dB."""
LOWPASS = np.array((
    0.4022039, 0.1982715, -0.0239378, -0.0979904, -0.0350145, 0.0366176, 0.0365409, -0.0048001, -0.0250323, -0.0107598, 0.00806,
    0.0113085, 0.0045323,
), np.float32)  # fmt: skip
"""Back to frames: thirteen pairs of taps, the nearest first. With the chords' own fall made good it is flat to 16 kHz within
0.25 dB; from 25 kHz on it lies below -59 dB."""
END = 28.0 ** (-1 / 6)
"""Where the curve is flat in units of what goes in: so scaled the quartic needs no factor."""
SCALE = -2.0 * END
"""What is handed on is the difference times this."""
SOFT = np.float32(0.3)
"""No further from rest than this no point is clamped, nor is one halfway, which may lie 1.8 times as far from it."""

AHEAD = 6
"""Frames by which the newest difference of a tile lies ahead of what leaves."""
FUTURE = AHEAD + 5
"""Frames of the next tile that differences are made of."""
HISTORY = 16
"""Frames of differences that are kept from tile to tile."""
_END, _CENTRE, _MIDDLE, _REST = (np.float32(value) for value in (END, -1.4 * END**2, 1.12 * END**4, -0.384))


@inlined
def point(z, loud):
    """Return what chords need to know of a point: itself, itself clamped (which it is unless ``loud``), r and r^2."""
    clamped = larger(smaller(z, splat16(_END)), splat16(-_END)) if loud else z
    r = fma(clamped, clamped, splat16(_CENTRE))
    return z, clamped, r, fma(r, r, splat16(_MIDDLE))


@inlined
def difference(a, b):
    """Return ``SCALE`` times the mean of curve minus line between two points."""
    return fma(a[1] + b[1], fma(a[2] + b[2], a[3] + b[3], splat16(_REST)), a[0] + b[0])


@inlined
def halfway(z, at, unit):
    """Return the points half a frame behind ``at``."""
    total = splat16(HALF[0]) * (load16(z, at) + load16(z, at + unit))
    for tap in range(1, len(HALF)):
        total = fma(splat16(HALF[tap]), load16(z, at - tap * unit) + load16(z, at + (tap + 1) * unit), total)
    return total


@inlined
def bent(z, early, late, unit, loud):
    """Write, behind the history, the differences before and after the half frames that follow frames 6 to 37 of ``z``.

    ``z`` is two tiles, the one that leaves and the next, in units of the curve; of the second only the beginning is looked at.
    ``loud``, known when this is compiled, is that any of it may lie beyond ``SOFT``; where none does the bits are the same.
    """
    frame = point(load16(z, AHEAD * unit), loud)
    for i in range(0, TILE * unit, 16):
        at = i + AHEAD * unit
        if unit < 16:
            frame = point(load16(z, at), loud)
        half, after = point(halfway(z, at, unit), loud), point(load16(z, at + unit), loud)
        store(early, HISTORY * unit + i, difference(frame, half))
        store(late, HISTORY * unit + i, difference(half, after))
        frame = after


@inlined
def pair(early, late, at, near, far, unit):
    """Return the sum of two differences as far before as after what leaves, counted from the newest place ``at``."""
    return load16(early, at - near * unit) + load16(late, at - far * unit)


@inlined
def lowpassed(early, late, at, step, unit):
    """Return the differences at four frames that leave, ``step`` apart, given the newest place ``at`` of the first."""
    b, c, d = at + step, at + 2 * step, at + 3 * step
    tap = splat16(LOWPASS[0])
    w, x = tap * pair(early, late, at, AHEAD, AHEAD + 1, unit), tap * pair(early, late, b, AHEAD, AHEAD + 1, unit)
    y, z = tap * pair(early, late, c, AHEAD, AHEAD + 1, unit), tap * pair(early, late, d, AHEAD, AHEAD + 1, unit)
    for k in range(1, AHEAD + 1):
        tap, near, far = splat16(LOWPASS[2 * k - 1]), AHEAD + k, AHEAD + 1 - k
        w, x = fma(tap, pair(early, late, at, near, far, unit), w), fma(tap, pair(early, late, b, near, far, unit), x)
        y, z = fma(tap, pair(early, late, c, near, far, unit), y), fma(tap, pair(early, late, d, near, far, unit), z)
        tap, near, far = splat16(LOWPASS[2 * k]), AHEAD - k, AHEAD + 1 + k
        w, x = fma(tap, pair(early, late, at, near, far, unit), w), fma(tap, pair(early, late, b, near, far, unit), x)
        y, z = fma(tap, pair(early, late, c, near, far, unit), y), fma(tap, pair(early, late, d, near, far, unit), z)
    return w, x, y, z
