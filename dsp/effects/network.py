"""The reverb's insides: diffusers, and a feedback delay network of eight lines, a Hadamard matrix and damping low-passes.

Sixteen frames are computed at a time: every line is longer than a tile, and a one-pole over sixteen frames is four steps of a
scan. The size scales the lines; another size is faded to, by reading every line at both lengths for a while.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.grid import TILE
from dsp.simd.lanes import first, fma, larger, magnitude, peak_of, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import decay_sum, last_lane, ramp
from dsp.slot.layout import (
    CROSS,
    CROSS_TO,
    DIFFUSER_AT,
    DIFFUSER_RINGS,
    DIFFUSERS,
    FADE,
    LINE_GAIN,
    LINE_GAIN_TO,
    LINE_LAST,
    LINE_LENGTH,
    LINES,
    POLE,
    REVERB_L,
    REVERB_R,
    RING_AT,
    RINGS,
    SAME,
    SAME_TO,
    SIZE_TAP,
    TO,
)
from dsp.slot.rings import behind

SIZE_FADES = 75
"""Tiles over which another size is faded to: 50 ms, its glide."""
LENGTHS = np.array(LINES, np.float64)
_DIFFUSION = np.float32(0.6)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@inlined
def line_write(state32, at, ring, now, i, value):
    """Write sixteen frames into a line, and again behind its end where it begins."""
    store(state32, at + now + i, value)
    if now == 0:
        store(state32, at + ring + i, value)


@inlined
def leaving(at, ring, length, now):
    """Tell where the tile begins that leaves a line now."""
    return at + behind(now, length, ring)


@outlined
def measure(state32):
    """Set the lengths of all lines: at size 1 primes, else odd."""
    for k in range(8):
        state32[LINE_LENGTH + k] = np.int64(LENGTHS[k] * np.float64(state32[SIZE_TAP])) | 1
        state32[LINE_LENGTH + 8 + k] = np.int64(LENGTHS[k] * np.float64(state32[SIZE_TAP + TO])) | 1


@inlined
def diffused(state32, frame, k, i, x):
    """Run sixteen frames through an all-pass, which turns one echo into many."""
    at, ring = DIFFUSER_AT[k], DIFFUSER_RINGS[k]
    now = frame % ring
    before = load16(state32, leaving(at, ring, DIFFUSERS[k], now) + i)
    x = fma(splat16(_DIFFUSION), before, x)
    line_write(state32, at, ring, now, i, x)
    return fma(splat16(-_DIFFUSION), x, before)


@inlined
def hadamard(a, b, c, d, e, f, g, h):
    """Mix eight lines, unscaled."""
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, c, b, d, e, g, f, h = a + c, a - c, b + d, b - d, e + g, e - g, f + h, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h


@inlined
def turn(state32, frame, send_left, send_right, left, right):  # noqa: PLR0915
    """Move all lines on by a tile; returns the largest magnitude fed back."""
    zero, powers, rest = splat16(_ZERO), load16(state32, POLE), splat16(_ONE - state32[POLE])
    fade = state32[SIZE_TAP + FADE]
    share, share_to = _ONE - fade / np.float32(SIZE_FADES), _ONE - (fade - _ONE) / np.float32(SIZE_FADES)
    now0 = frame % RINGS[0]
    from0 = leaving(RING_AT[0], RINGS[0], np.int64(state32[LINE_LENGTH + 0]), now0)
    now1 = frame % RINGS[1]
    from1 = leaving(RING_AT[1], RINGS[1], np.int64(state32[LINE_LENGTH + 1]), now1)
    now2 = frame % RINGS[2]
    from2 = leaving(RING_AT[2], RINGS[2], np.int64(state32[LINE_LENGTH + 2]), now2)
    now3 = frame % RINGS[3]
    from3 = leaving(RING_AT[3], RINGS[3], np.int64(state32[LINE_LENGTH + 3]), now3)
    now4 = frame % RINGS[4]
    from4 = leaving(RING_AT[4], RINGS[4], np.int64(state32[LINE_LENGTH + 4]), now4)
    now5 = frame % RINGS[5]
    from5 = leaving(RING_AT[5], RINGS[5], np.int64(state32[LINE_LENGTH + 5]), now5)
    now6 = frame % RINGS[6]
    from6 = leaving(RING_AT[6], RINGS[6], np.int64(state32[LINE_LENGTH + 6]), now6)
    now7 = frame % RINGS[7]
    from7 = leaving(RING_AT[7], RINGS[7], np.int64(state32[LINE_LENGTH + 7]), now7)
    loudest, peak_left, peak_right = zero, load16(state32, REVERB_L), load16(state32, REVERB_R)
    last0 = splat16(state32[LINE_LAST + 0])
    last1 = splat16(state32[LINE_LAST + 1])
    last2 = splat16(state32[LINE_LAST + 2])
    last3 = splat16(state32[LINE_LAST + 3])
    last4 = splat16(state32[LINE_LAST + 4])
    last5 = splat16(state32[LINE_LAST + 5])
    last6 = splat16(state32[LINE_LAST + 6])
    last7 = splat16(state32[LINE_LAST + 7])
    for i in range(0, TILE, 16):
        y0, y1 = load16(state32, from0 + i), load16(state32, from1 + i)
        y2, y3 = load16(state32, from2 + i), load16(state32, from3 + i)
        y4, y5 = load16(state32, from4 + i), load16(state32, from5 + i)
        y6, y7 = load16(state32, from6 + i), load16(state32, from7 + i)
        if fade > _ZERO:
            more = ramp(share, share_to, i)
            into = leaving(RING_AT[0], RINGS[0], np.int64(state32[LINE_LENGTH + 8]), now0)
            y0 = fma(more, load16(state32, into + i) - y0, y0)
            into = leaving(RING_AT[1], RINGS[1], np.int64(state32[LINE_LENGTH + 9]), now1)
            y1 = fma(more, load16(state32, into + i) - y1, y1)
            into = leaving(RING_AT[2], RINGS[2], np.int64(state32[LINE_LENGTH + 10]), now2)
            y2 = fma(more, load16(state32, into + i) - y2, y2)
            into = leaving(RING_AT[3], RINGS[3], np.int64(state32[LINE_LENGTH + 11]), now3)
            y3 = fma(more, load16(state32, into + i) - y3, y3)
            into = leaving(RING_AT[4], RINGS[4], np.int64(state32[LINE_LENGTH + 12]), now4)
            y4 = fma(more, load16(state32, into + i) - y4, y4)
            into = leaving(RING_AT[5], RINGS[5], np.int64(state32[LINE_LENGTH + 13]), now5)
            y5 = fma(more, load16(state32, into + i) - y5, y5)
            into = leaving(RING_AT[6], RINGS[6], np.int64(state32[LINE_LENGTH + 14]), now6)
            y6 = fma(more, load16(state32, into + i) - y6, y6)
            into = leaving(RING_AT[7], RINGS[7], np.int64(state32[LINE_LENGTH + 15]), now7)
            y7 = fma(more, load16(state32, into + i) - y7, y7)
        y0 = decay_sum(y0 * rest, last0, powers, state32, POLE)
        last0 = last_lane(y0, y0)
        y1 = decay_sum(y1 * rest, last1, powers, state32, POLE)
        last1 = last_lane(y1, y1)
        y2 = decay_sum(y2 * rest, last2, powers, state32, POLE)
        last2 = last_lane(y2, y2)
        y3 = decay_sum(y3 * rest, last3, powers, state32, POLE)
        last3 = last_lane(y3, y3)
        y4 = decay_sum(y4 * rest, last4, powers, state32, POLE)
        last4 = last_lane(y4, y4)
        y5 = decay_sum(y5 * rest, last5, powers, state32, POLE)
        last5 = last_lane(y5, y5)
        y6 = decay_sum(y6 * rest, last6, powers, state32, POLE)
        last6 = last_lane(y6, y6)
        y7 = decay_sum(y7 * rest, last7, powers, state32, POLE)
        last7 = last_lane(y7, y7)
        from_left, from_right = (y0 + y2) - (y4 + y6), (y1 + y3) - (y5 + y7)
        direct, crossed = ramp(state32[SAME], state32[SAME_TO], i), ramp(state32[CROSS], state32[CROSS_TO], i)
        wet_left = fma(from_left, direct, from_right * crossed)
        wet_right = fma(from_right, direct, from_left * crossed)
        store(left, i, load16(left, i) + wet_left)
        store(right, i, load16(right, i) + wet_right)
        peak_left, peak_right = larger(peak_left, magnitude(wet_left)), larger(peak_right, magnitude(wet_right))
        if state32[LINE_GAIN] == state32[LINE_GAIN_TO]:
            y0 = y0 * splat16(state32[LINE_GAIN + 0])
            y1 = y1 * splat16(state32[LINE_GAIN + 1])
            y2 = y2 * splat16(state32[LINE_GAIN + 2])
            y3 = y3 * splat16(state32[LINE_GAIN + 3])
            y4 = y4 * splat16(state32[LINE_GAIN + 4])
            y5 = y5 * splat16(state32[LINE_GAIN + 5])
            y6 = y6 * splat16(state32[LINE_GAIN + 6])
            y7 = y7 * splat16(state32[LINE_GAIN + 7])
        else:
            y0 = y0 * ramp(state32[LINE_GAIN + 0], state32[LINE_GAIN_TO + 0], i)
            y1 = y1 * ramp(state32[LINE_GAIN + 1], state32[LINE_GAIN_TO + 1], i)
            y2 = y2 * ramp(state32[LINE_GAIN + 2], state32[LINE_GAIN_TO + 2], i)
            y3 = y3 * ramp(state32[LINE_GAIN + 3], state32[LINE_GAIN_TO + 3], i)
            y4 = y4 * ramp(state32[LINE_GAIN + 4], state32[LINE_GAIN_TO + 4], i)
            y5 = y5 * ramp(state32[LINE_GAIN + 5], state32[LINE_GAIN_TO + 5], i)
            y6 = y6 * ramp(state32[LINE_GAIN + 6], state32[LINE_GAIN_TO + 6], i)
            y7 = y7 * ramp(state32[LINE_GAIN + 7], state32[LINE_GAIN_TO + 7], i)
        y0, y1, y2, y3, y4, y5, y6, y7 = hadamard(y0, y1, y2, y3, y4, y5, y6, y7)
        feed_left, feed_right = load16(send_left, i), load16(send_right, i)
        y0 = y0 + feed_left
        line_write(state32, RING_AT[0], RINGS[0], now0, i, y0)
        y1 = y1 + feed_right
        line_write(state32, RING_AT[1], RINGS[1], now1, i, y1)
        y2 = y2 + feed_left
        line_write(state32, RING_AT[2], RINGS[2], now2, i, y2)
        y3 = y3 + feed_right
        line_write(state32, RING_AT[3], RINGS[3], now3, i, y3)
        y4 = y4 + feed_left
        line_write(state32, RING_AT[4], RINGS[4], now4, i, y4)
        y5 = y5 + feed_right
        line_write(state32, RING_AT[5], RINGS[5], now5, i, y5)
        y6 = y6 + feed_left
        line_write(state32, RING_AT[6], RINGS[6], now6, i, y6)
        y7 = y7 + feed_right
        line_write(state32, RING_AT[7], RINGS[7], now7, i, y7)
        loudest = larger(loudest, larger(larger(magnitude(y0), magnitude(y1)), larger(magnitude(y2), magnitude(y3))))
        loudest = larger(loudest, larger(larger(magnitude(y4), magnitude(y5)), larger(magnitude(y6), magnitude(y7))))
    state32[LINE_LAST + 0] = first(last0)
    state32[LINE_LAST + 1] = first(last1)
    state32[LINE_LAST + 2] = first(last2)
    state32[LINE_LAST + 3] = first(last3)
    state32[LINE_LAST + 4] = first(last4)
    state32[LINE_LAST + 5] = first(last5)
    state32[LINE_LAST + 6] = first(last6)
    state32[LINE_LAST + 7] = first(last7)
    store(state32, REVERB_L, peak_left)
    store(state32, REVERB_R, peak_right)
    return peak_of(loudest)


@inlined
def empty(state32):
    """Forget all that the lines and diffusers hold."""
    state32[LINE_LAST : LINE_LAST + 8] = _ZERO
    state32[RING_AT[0] : DIFFUSER_AT[5] + DIFFUSER_RINGS[5] + TILE] = _ZERO
