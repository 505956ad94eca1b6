"""The reverb bus: a feedback delay network of eight lines, mixed by a Hadamard matrix, each damped by a one-pole low-pass.

Sixteen frames are computed at a time: every line is longer than a tile, and a one-pole over sixteen frames is four steps of a
scan.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2
from dsp.cache import inlined
from dsp.glide import TRACK_ROWS
from dsp.grid import RATE, TILE
from dsp.lanes import first, fma, larger, magnitude, peak_of, splat16
from dsp.layout import (
    BUS_SIZE,
    CROSS,
    CROSS_TO,
    HEAD,
    LINE_GAIN,
    LINE_LAST,
    LINES,
    POLE,
    REVERB_L,
    REVERB_QUIET,
    REVERB_R,
    RING_AT,
    RINGS,
    SAME,
    SAME_TO,
)
from dsp.memory import load16, store
from dsp.meters import peaks_of_tile
from dsp.params import bus_index
from dsp.scans import decay_sum, last_lane, powers_of, ramp

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_DECAY, _DAMPING, _WIDTH, _RETURN = (bus_index("reverb", n, 0) for n in ("decay_s", "damping", "width", "return_db"))
_MIX = np.float32(1.0 / math.sqrt(8.0))
_LEVEL = 0.4
"""Factor of the return at 0 dB: about as loud as the send for the default decay."""
_DARKEST = 0.85
"""The damping's pole at its highest."""
_SIXTY_DB = -9.965784284662087
"""Logarithm to base 2 of a thousandth."""
_GONE = np.float32(1e-9)
_LONGEST = max(RINGS) // TILE


@inlined
def derive_reverb(state64, state32, tracks):
    """Set the reverb's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    seconds = exp2(state64[at + _DECAY])
    for k in range(8):
        falls = _SIXTY_DB * LINES[k] / (RATE * seconds)
        state32[LINE_GAIN + k] = exp2(falls) * _MIX
    powers_of(state32, POLE, _DARKEST * state64[at + _DAMPING])
    level, width = _LEVEL * state64[at + _RETURN], state64[at + _WIDTH]
    state32[SAME_TO] = level * 0.5 * (1.0 + width)
    state32[CROSS_TO] = level * 0.5 * (1.0 - width)


@inlined
def hadamard(a, b, c, d, e, f, g, h):
    """Mix eight lines, unscaled."""
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, c, b, d, e, g, f, h = a + c, a - c, b + d, b - d, e + g, e - g, f + h, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h


@inlined
def leaving(at, ring, length, now):
    """Tell where the tile begins that leaves a line now."""
    return at + now - length + (ring if now < length else 0)


@inlined
def ring_write(state32, at, ring, now, i, value):
    """Write sixteen frames into a line, and again behind its end where it begins."""
    store(state32, at + now + i, value)
    if now == 0:
        store(state32, at + ring + i, value)


@inlined
def reverberate(state64, state32, frame, send_left, send_right, left, right):
    """Feed a tile of the send bus to the lines and add their return to ``left`` and ``right``."""
    fed = peak_of(larger(peaks_of_tile(send_left), peaks_of_tile(send_right))) > _ZERO
    if not fed and state64[REVERB_QUIET] > _LONGEST:
        state32[SAME] = state32[SAME_TO]
        state32[CROSS] = state32[CROSS_TO]
        return
    loudest = turn(state32, frame, send_left, send_right, left, right)
    state64[REVERB_QUIET] = 0.0 if fed or loudest >= _GONE else state64[REVERB_QUIET] + 1.0
    if state64[REVERB_QUIET] > _LONGEST:
        for k in range(8):
            state32[LINE_LAST + k] = _ZERO
        state32[RING_AT[0] : BUS_SIZE] = _ZERO


@inlined
def turn(state32, frame, send_left, send_right, left, right):  # noqa: PLR0915
    """Move all lines on by a tile; returns the largest magnitude fed back."""
    zero, powers, rest = splat16(_ZERO), load16(state32, POLE), splat16(_ONE - state32[POLE])
    now0 = frame % RINGS[0]
    from0 = leaving(RING_AT[0], RINGS[0], LINES[0], now0)
    now1 = frame % RINGS[1]
    from1 = leaving(RING_AT[1], RINGS[1], LINES[1], now1)
    now2 = frame % RINGS[2]
    from2 = leaving(RING_AT[2], RINGS[2], LINES[2], now2)
    now3 = frame % RINGS[3]
    from3 = leaving(RING_AT[3], RINGS[3], LINES[3], now3)
    now4 = frame % RINGS[4]
    from4 = leaving(RING_AT[4], RINGS[4], LINES[4], now4)
    now5 = frame % RINGS[5]
    from5 = leaving(RING_AT[5], RINGS[5], LINES[5], now5)
    now6 = frame % RINGS[6]
    from6 = leaving(RING_AT[6], RINGS[6], LINES[6], now6)
    now7 = frame % RINGS[7]
    from7 = leaving(RING_AT[7], RINGS[7], LINES[7], now7)
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
        y0 = decay_sum(load16(state32, from0 + i) * rest, last0, powers, state32, POLE)
        last0 = last_lane(y0, y0)
        y1 = decay_sum(load16(state32, from1 + i) * rest, last1, powers, state32, POLE)
        last1 = last_lane(y1, y1)
        y2 = decay_sum(load16(state32, from2 + i) * rest, last2, powers, state32, POLE)
        last2 = last_lane(y2, y2)
        y3 = decay_sum(load16(state32, from3 + i) * rest, last3, powers, state32, POLE)
        last3 = last_lane(y3, y3)
        y4 = decay_sum(load16(state32, from4 + i) * rest, last4, powers, state32, POLE)
        last4 = last_lane(y4, y4)
        y5 = decay_sum(load16(state32, from5 + i) * rest, last5, powers, state32, POLE)
        last5 = last_lane(y5, y5)
        y6 = decay_sum(load16(state32, from6 + i) * rest, last6, powers, state32, POLE)
        last6 = last_lane(y6, y6)
        y7 = decay_sum(load16(state32, from7 + i) * rest, last7, powers, state32, POLE)
        last7 = last_lane(y7, y7)
        from_left, from_right = (y0 + y2) - (y4 + y6), (y1 + y3) - (y5 + y7)
        direct, crossed = ramp(state32[SAME], state32[SAME_TO], i), ramp(state32[CROSS], state32[CROSS_TO], i)
        wet_left = fma(from_left, direct, from_right * crossed)
        wet_right = fma(from_right, direct, from_left * crossed)
        store(left, i, load16(left, i) + wet_left)
        store(right, i, load16(right, i) + wet_right)
        peak_left, peak_right = larger(peak_left, magnitude(wet_left)), larger(peak_right, magnitude(wet_right))
        y0 = y0 * splat16(state32[LINE_GAIN + 0])
        y1 = y1 * splat16(state32[LINE_GAIN + 1])
        y2 = y2 * splat16(state32[LINE_GAIN + 2])
        y3 = y3 * splat16(state32[LINE_GAIN + 3])
        y4 = y4 * splat16(state32[LINE_GAIN + 4])
        y5 = y5 * splat16(state32[LINE_GAIN + 5])
        y6 = y6 * splat16(state32[LINE_GAIN + 6])
        y7 = y7 * splat16(state32[LINE_GAIN + 7])
        y0, y1, y2, y3, y4, y5, y6, y7 = hadamard(y0, y1, y2, y3, y4, y5, y6, y7)
        feed_left, feed_right = load16(send_left, i), load16(send_right, i)
        y0 = y0 + feed_left
        ring_write(state32, RING_AT[0], RINGS[0], now0, i, y0)
        y1 = y1 + feed_right
        ring_write(state32, RING_AT[1], RINGS[1], now1, i, y1)
        y2 = y2 + feed_left
        ring_write(state32, RING_AT[2], RINGS[2], now2, i, y2)
        y3 = y3 + feed_right
        ring_write(state32, RING_AT[3], RINGS[3], now3, i, y3)
        y4 = y4 + feed_left
        ring_write(state32, RING_AT[4], RINGS[4], now4, i, y4)
        y5 = y5 + feed_right
        ring_write(state32, RING_AT[5], RINGS[5], now5, i, y5)
        y6 = y6 + feed_left
        ring_write(state32, RING_AT[6], RINGS[6], now6, i, y6)
        y7 = y7 + feed_right
        ring_write(state32, RING_AT[7], RINGS[7], now7, i, y7)
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
    state32[SAME] = state32[SAME_TO]
    state32[CROSS] = state32[CROSS_TO]
    store(state32, REVERB_L, peak_left)
    store(state32, REVERB_R, peak_right)
    return peak_of(loudest)
