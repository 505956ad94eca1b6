"""The limiter's detector: the largest magnitude a signal reaches, sixteen points a frame.

Three points between two samples come from a windowed sinc of twenty taps, those halfway between these four from six neighbours,
those halfway between these eight from four: within 0.01 dB of sixteen times oversampling with the same sinc (scipy's
``resample_poly``). Two frames behind, for the last points call for what comes after them.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import LOOKAHEAD, TILE
from dsp.simd.lanes import fma, larger, magnitude, peak_of, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import back_1, back_2
from dsp.slot.layout import DELAYED_L, DELAYED_R, DETECTED, DETECTED_SEEN, LANES

TAPS = 20
_HALF = TAPS // 2
_BETA = 5.0
"""Of the Kaiser window: flat to 20 kHz within 0.03 dB, half way down at the Nyquist frequency."""


def _taps(fraction: float) -> np.ndarray:
    """Return what the samples from 9 before a frame to 10 after it weigh, that far behind the frame."""
    away = fraction - np.arange(1 - _HALF, 1 + _HALF)
    taps = np.sinc(away) * np.i0(_BETA * np.sqrt(np.maximum(1.0 - (away / _HALF) ** 2, 0.0)))
    return np.asarray(taps / taps.sum())


QUARTER, HALF = _taps(0.25), _taps(0.5)
_EVEN = ((QUARTER + QUARTER[::-1]) / 2)[:_HALF].astype(np.float32)
_ODD = ((QUARTER - QUARTER[::-1]) / 2)[:_HALF].astype(np.float32)
_MIDDLE = HALF[:_HALF].astype(np.float32)
"""Three quarters weigh as one quarter backwards: one takes what is even and odd of both together."""
OVERSHOOT = np.float32(2.3)
"""No point between the samples exceeds those around it by more."""
BULGE = np.float32(0.42)
"""No point between the samples rises above them by more times their largest second difference: music bulges little."""
REACH = 2 * LANES
"""Frames before a tile that its points may call for."""
LAG = _HALF + 1
"""Frames by which what :func:`heard_peak` tells of lies behind the sample it has just seen."""
_A, _B, _C = np.float32(150 / 256), np.float32(-25 / 256), np.float32(3 / 256)
_D, _E = np.float32(9 / 16), np.float32(-1 / 16)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@inlined
def loudest_new(state32):
    """Return the largest magnitude of all samples that the detector looks at in this tile."""
    loudest = splat16(_ZERO)
    for i in range(LOOKAHEAD - REACH, LOOKAHEAD + TILE, 16):
        loudest = larger(loudest, larger(magnitude(load16(state32, DELAYED_L + i)), magnitude(load16(state32, DELAYED_R + i))))
    return peak_of(loudest)


@inlined
def sharpest_new(state32):
    """Return the largest second difference of all samples that the detector looks at in this tile."""
    sharpest, two = splat16(_ZERO), splat16(_ONE + _ONE)
    for channel in (DELAYED_L, DELAYED_R):
        for i in range(channel + LOOKAHEAD - REACH - 2, channel + LOOKAHEAD + TILE - 2, 16):
            ends = load16(state32, i) + load16(state32, i + 2)
            sharpest = larger(sharpest, magnitude(ends - two * load16(state32, i + 1)))
    return peak_of(sharpest)


@inlined
def may_exceed(state32, ceiling):
    """Tell whether any point of this tile can lie above the ceiling: most tiles are told apart without a look between samples."""
    loudest = loudest_new(state32)
    if loudest * OVERSHOOT <= ceiling or loudest > ceiling:
        return loudest > ceiling
    return loudest + BULGE * sharpest_new(state32) > ceiling


@inlined
def quarters(state32, at):
    """Return sixteen frames at 1/4, 1/2 and 3/4 of the way to the next; the first weighs samples from ``at`` on."""
    x, y = load16(state32, at), load16(state32, at + TAPS - 1)
    even, odd, middle = (x + y) * splat16(_EVEN[0]), (x - y) * splat16(_ODD[0]), (x + y) * splat16(_MIDDLE[0])
    for tap in range(1, _HALF):
        x, y = load16(state32, at + tap), load16(state32, at + TAPS - 1 - tap)
        both = x + y
        even, middle = fma(both, splat16(_EVEN[tap]), even), fma(both, splat16(_MIDDLE[tap]), middle)
        odd = fma(x - y, splat16(_ODD[tap]), odd)
    return even + odd, middle, even - odd


@inlined
def midway(a, b, c, d, e, f):
    """Return the point in the middle of six."""
    return fma(a + f, splat16(_C), fma(b + e, splat16(_B), (c + d) * splat16(_A)))


@inlined
def halfway(peak, a, b, c, d):
    """Take the point in the middle of four into a peak."""
    return larger(peak, magnitude(fma(a + d, splat16(_E), (b + c) * splat16(_D))))


@inlined
def channel_peak(state32, channel, held, i):
    """Return the largest magnitudes of sixteen frames of a channel, from the one at ``LAG`` before sample ``i`` on."""
    at = channel + LOOKAHEAD + i - (TAPS - 1)
    before1, before2, before3 = load16(state32, held), load16(state32, held + LANES), load16(state32, held + 2 * LANES)
    now1, now2, now3 = quarters(state32, at)
    store(state32, held, now1)
    store(state32, held + LANES, now2)
    store(state32, held + 2 * LANES, now3)
    a0, b0 = load16(state32, at + _HALF - 2), load16(state32, at + _HALF - 1)
    y2, y3 = back_2(now2, before2), back_2(now3, before3)
    a1, a2, a3 = back_1(now1, before1), back_1(now2, before2), back_1(now3, before3)
    m0, m1 = midway(y2, y3, a0, a1, a2, a3), midway(y3, a0, a1, a2, a3, b0)
    m2, m3 = midway(a0, a1, a2, a3, b0, now1), midway(a1, a2, a3, b0, now1, now2)
    m4 = midway(a2, a3, b0, now1, now2, now3)
    peak = larger(larger(magnitude(a0), magnitude(a1)), larger(magnitude(a2), magnitude(a3)))
    peak = larger(peak, larger(larger(magnitude(m0), magnitude(m1)), larger(magnitude(m2), magnitude(m3))))
    peak = halfway(halfway(halfway(peak, m0, a1, m1, a2), a1, m1, a2, m2), a0, m0, a1, m1)
    peak = halfway(halfway(halfway(peak, m1, a2, m2, a3), a2, m2, a3, m3), m2, a3, m3, b0)
    return halfway(halfway(peak, a3, m3, b0, m4), m3, b0, m4, now1)


@inlined
def heard_peak(state32, i):
    """Return the largest magnitude, of both channels, in sixteen frames."""
    return larger(channel_peak(state32, DELAYED_L, DETECTED, i), channel_peak(state32, DELAYED_R, DETECTED + 3 * LANES, i))


@inlined
def peak_of_tile(state32):
    """Return the largest magnitude of the new tile; where the tile before was passed over, its end is looked at again."""
    peak = splat16(_ZERO)
    if state32[DETECTED_SEEN] == _ZERO:
        heard_peak(state32, -16)
    for i in range(0, TILE, 16):
        peak = larger(peak, heard_peak(state32, i))
    state32[DETECTED_SEEN] = _ONE
    return peak_of(peak)
