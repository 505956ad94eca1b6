"""The waveshaper of the saturation: four times oversampled and antiderivative anti-aliased, for lanes and for planes alike.

The curve is f(z) = z - 2/3 z^3 + 1/5 z^5, flat from |z| = 1 on: its slope (1 - z^2)^2 is 1 at rest. Instead of f at a point stands
its mean along the chord to the next one, (F(b) - F(a)) / (b - a) with F' = f. For this F that is a polynomial, (a + b) (15 - 5 t +
a^2 t + b^4) / 30 with t = a^2 + b^2: no division and no special case. Half-band filters of 14 and 4 taps lead from 48 to 192 kHz,
filters of 8 and 33 taps lead back. What they carry is the *difference* to the input, so small signals pass untouched by them.

Arrays hold ``unit`` values a frame: 16 (eight pairs of tracks, a frame a vector) or 1 (a plane of sixteen frames a vector).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import TILE
from dsp.lanes import fma, larger, smaller, splat16
from dsp.memory import load16, store

HALF = np.array((0.6272119, -0.1862424, 0.0881147, -0.0432913, 0.0196292, -0.0074795, 0.0020574), np.float32)
"""Half a frame on: seven pairs of taps, the nearest first. Flat to 17 kHz within 0.01 dB, images above 31 kHz below -59 dB."""
QUARTER = np.array((0.5878572, -0.0878572), np.float32)
"""Between a frame and a half: two pairs of taps."""
MEAN = np.array((0.4218766, 0.1446602, -0.0379177, -0.0286191), np.float32)
"""From chords to half frames: four pairs, flat to 17 kHz with the chords' own fall made good, -45 dB from 73 kHz on."""
LOWPASS = np.array((
    0.4186146, 0.306602, 0.0776436, -0.0703553, -0.061433, 0.0134212, 0.0404019, 0.0084846, -0.0206953, -0.0136214, 0.0064656,
    0.010334, 0.0004285, -0.0056955, -0.0031363, 0.0006825, 0.0011655,
), np.float32)  # fmt: skip
"""From half frames to frames: the middle and sixteen pairs, flat to 16 kHz within 0.05 dB, below -64 dB from 25 kHz on."""

AHEAD = 9
"""Frames by which the newest half frame of a tile lies ahead of what leaves."""
FAR = 16
"""Frames of history before a tile of half frames' differences."""
_THIRTIETH = np.float32(1.0 / 30.0)
_ZERO, _ONE, _FIVE, _FIFTEEN = (np.float32(value) for value in (0.0, 1.0, 5.0, 15.0))


@inlined
def between_frames(x, halves, near, unit):
    """Write the points half a frame after the frames 9 to 40 of ``x``, behind two frames of history."""
    for i in range(0, TILE * unit, 16):
        at = i + AHEAD * unit
        total = splat16(HALF[0]) * (load16(x, at) + load16(x, at + unit))
        for tap in range(1, 7):
            total = fma(splat16(HALF[tap]), load16(x, at - tap * unit) + load16(x, at + (tap + 1) * unit), total)
        store(halves, near + i, total)


@inlined
def clamped(z):
    """Return z where the curve is not flat."""
    return larger(smaller(z, splat16(_ONE)), splat16(_ZERO) - splat16(_ONE))


@inlined
def chord(a, square_a, b, square_b, fourth_b):
    """Return 30 times the mean of the curve between two clamped points; ``fourth_b`` is 15 + b^4."""
    total = square_a + square_b
    return (a + b) * fma(splat16(_ZERO) - splat16(_FIVE), total, fma(square_a, total, fourth_b))


@inlined
def bent(x, halves, drive, chords, near, unit):
    """Write the four chords that follow each of the frames 8 to 39; ``drive`` is in units of the curve, from one frame before on."""
    plane = near + TILE * unit
    fifteen = splat16(_FIFTEEN)
    for i in range(0, TILE * unit, 16):
        at = i + (AHEAD - 1) * unit
        frame, after = load16(x, at), load16(x, at + unit)
        early, half, late = load16(halves, near + i - 2 * unit), load16(halves, near + i - unit), load16(halves, near + i)
        inner, outer = splat16(QUARTER[0]), splat16(QUARTER[1])
        factor = load16(drive, i + unit)
        a = clamped(factor * frame)
        b = clamped(factor * fma(inner, frame + half, outer * (early + after)))
        c = clamped(factor * half)
        d = clamped(factor * fma(inner, half + after, outer * (frame + late)))
        e = clamped(factor * after)
        aa, bb, cc, dd, ee = a * a, b * b, c * c, d * d, e * e
        store(chords, near + i, chord(a, aa, b, bb, fma(bb, bb, fifteen)))
        store(chords, plane + near + i, chord(b, bb, c, cc, fma(cc, cc, fifteen)))
        store(chords, 2 * plane + near + i, chord(c, cc, d, dd, fma(dd, dd, fifteen)))
        store(chords, 3 * plane + near + i, chord(d, dd, e, ee, fma(ee, ee, fifteen)))


@inlined
def differences(x, halves, drive, chords, near, even, odd, far, unit):
    """Write curve minus line at the frames 8 to 39 and at the half frames after 7 to 38."""
    plane = near + TILE * unit
    m0, m1 = splat16(MEAN[0] * _THIRTIETH), splat16(MEAN[1] * _THIRTIETH)
    m2, m3 = splat16(MEAN[2] * _THIRTIETH), splat16(MEAN[3] * _THIRTIETH)
    for i in range(0, TILE * unit, 16):
        now, one, two = near + i, near + i - unit, near + i - 2 * unit
        a, b = load16(chords, now), load16(chords, plane + now)
        a1, b1 = load16(chords, one), load16(chords, plane + one)
        c1, d1 = load16(chords, 2 * plane + one), load16(chords, 3 * plane + one)
        total = m0 * (d1 + a)
        total = fma(m1, c1 + b, total)
        total = fma(m2, b1 + load16(chords, 2 * plane + now), total)
        total = fma(m3, a1 + load16(chords, 3 * plane + now), total)
        line = load16(drive, i + unit) * load16(x, i + (AHEAD - 1) * unit)
        store(even, far + i, total - line)
        total = m0 * (b1 + c1)
        total = fma(m1, a1 + d1, total)
        total = fma(m2, load16(chords, 3 * plane + two) + a, total)
        total = fma(m3, load16(chords, 2 * plane + two) + b, total)
        store(odd, far + i, total - load16(drive, i) * load16(halves, two))


@inlined
def lowpassed(even, odd, i, unit):
    """Return the difference at the frames that leave, from ``even`` and ``odd`` at their newest place ``i``."""
    total = splat16(LOWPASS[0]) * load16(even, i - 8 * unit)
    for k in range(8):
        near, wide = LOWPASS[2 * k + 1], LOWPASS[2 * k + 2]
        total = fma(splat16(near), load16(odd, i - (8 + k) * unit) + load16(odd, i - (7 - k) * unit), total)
        total = fma(splat16(wide), load16(even, i - (9 + k) * unit) + load16(even, i - (7 - k) * unit), total)
    return total
