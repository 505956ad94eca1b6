"""The reverb bus: a pre-delay, then a feedback delay network of eight lines, mixed by a Hadamard matrix and damped by low-passes.

Sixteen frames are computed at a time: every line is longer than a tile, and a one-pole over sixteen frames is four steps of a
scan. The size scales the lines; another size, or another pre-delay, is faded to, by reading both for a while. The treble decays
faster by a ratio that is the damping's alone (after Jot's absorption filters: Jot and Chaigne, AES 90, 1991), and the return is
scaled so that steady sound is as loud whatever decay and size.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2
from dsp.cache import inlined
from dsp.glide import BUS_ROWS, TRACK_ROWS
from dsp.grid import RATE, TILE
from dsp.lanes import first, fma, larger, magnitude, peak_of, splat16
from dsp.layout import (
    CROSS,
    CROSS_TO,
    FADE,
    HEAD,
    LARGEST,
    LINE_GAIN,
    LINE_LAST,
    LINES,
    LONGEST_PREDELAY,
    POLE,
    PREDELAY_SINCE,
    PREDELAY_TAP,
    REVERB_HEARD,
    REVERB_L,
    REVERB_LEFT,
    REVERB_R,
    RING_AT,
    RINGS,
    SAME,
    SAME_TO,
    SIZE_TAP,
    TO,
)
from dsp.memory import load16, store
from dsp.meters import peaks_of_tile
from dsp.params import bus_index
from dsp.rings import aim, arrive, behind, get, place, predelay_lines, put
from dsp.scans import decay_sum, last_lane, powers_of, ramp

FADES = 30
"""Tiles over which another pre-delay is faded to: 20 ms."""
SIZE_FADES = 75
"""Tiles over which another size is faded to: 50 ms, its glide."""
RESTS_AFTER = (LONGEST_PREDELAY + max(RINGS)) // TILE + 2
"""Tiles without anything to turn round after which the reverb rests."""
HEARD = np.float32(5e-6)
"""What is sent this loud counts as heard where the song's end is looked for."""
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_PREDELAY, _DECAY, _DAMPING, _SIZE, _WIDTH, _RETURN = (
    bus_index("reverb", name, 0) for name in ("predelay_ms", "decay_s", "damping", "size", "width", "return_db")
)
_MIX = np.float32(1.0 / math.sqrt(8.0))
_LENGTHS = np.array(LINES, np.float64)
_MEAN = sum(LINES) / len(LINES) / RATE
"""Seconds of a mean line."""
_SIXTY_DB = -9.965784284662087
"""Logarithm to base 2 of a thousandth."""
_LEVEL = 0.4 / math.sqrt(1.0 - 2.0 ** (2.0 * _SIXTY_DB * _MEAN / 1.8))
"""Factor of the return at 0 dB without the lines' own gain: about as loud as the send."""
_SLANT = 25.0 * 3.0 * math.log(10.0) / 4.0 * _MEAN
"""The damping's pole where all of it meets a decay of one second at size 1: sqrt(26) times shorter at the top."""
_DARKEST = 0.6
"""The damping's pole at its highest: beyond it the mids would decay faster too."""
_GONE = np.float32(1e-9)


@inlined
def derive_reverb(state64, state32, tracks):
    """Set the reverb's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    passes = state64[at + _SIZE] / exp2(state64[at + _DECAY])
    for k in range(8):
        state32[LINE_GAIN + k] = exp2(_SIXTY_DB * _LENGTHS[k] / RATE * passes) * _MIX
    powers_of(state32, POLE, min(_SLANT * state64[at + _DAMPING] * passes, _DARKEST))
    level = _LEVEL * state64[at + _RETURN] * math.sqrt(1.0 - exp2(2.0 * _SIXTY_DB * _MEAN * passes))
    width = state64[at + _WIDTH]
    state32[SAME_TO] = level * 0.5 * (1.0 + width)
    state32[CROSS_TO] = level * 0.5 * (1.0 - width)


@inlined
def hadamard(a, b, c, d, e, f, g, h):
    """Mix eight lines, unscaled."""
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, c, b, d, e, g, f, h = a + c, a - c, b + d, b - d, e + g, e - g, f + h, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h


@inlined
def line_write(state32, at, ring, now, i, value):
    """Write sixteen frames into a line, and again behind its end where it begins."""
    store(state32, at + now + i, value)
    if now == 0:
        store(state32, at + ring + i, value)


@inlined
def leaving(size, k, now):
    """Tell where the tile begins that leaves line ``k`` now; at size 1 lengths are primes, else odd."""
    return RING_AT[k] + behind(now, np.int64(_LENGTHS[k] * size) | 1, RINGS[k])


@inlined
def land_reverb(state32):
    """Let the returns stand where they would go."""
    state32[SAME] = state32[SAME_TO]
    state32[CROSS] = state32[CROSS_TO]


@inlined
def reverberate(state64, state32, rings, tracks, frame, send_left, send_right, left, right):
    """Feed a tile of the send bus to the lines and add their return to ``left`` and ``right``; the send is used up."""
    loudest = peak_of(larger(peaks_of_tile(send_left), peaks_of_tile(send_right)))
    fed = loudest > _ZERO
    if fed or state64[REVERB_LEFT] > 0.0:
        target = HEAD + 2 * TRACK_ROWS * tracks + BUS_ROWS
        delay = np.float32(math.floor(state64[target + _PREDELAY] * (RATE / 1000.0) + 0.5))
        size = np.float32(state64[target + _SIZE])
        if state64[REVERB_LEFT] <= 0.0:
            state64[PREDELAY_SINCE] = frame
            place(state32, PREDELAY_TAP, delay)
            place(state32, SIZE_TAP, size)
        aim(state32, PREDELAY_TAP, delay, FADES)
        aim(state32, SIZE_TAP, size, SIZE_FADES)
        back = max(state32[SAME] + state32[CROSS], state32[SAME_TO] + state32[CROSS_TO])
        if loudest * back >= HEARD:
            waits = max(state32[PREDELAY_TAP], state32[PREDELAY_TAP + TO]) + LARGEST * LINES[7]
            state64[REVERB_HEARD] = math.floor(waits / TILE) + 2.0
        else:
            state64[REVERB_HEARD] = max(state64[REVERB_HEARD] - 1.0, 0.0)
        wait(state64, state32, rings, frame, send_left, send_right)
        loudest = turn(state32, frame, send_left, send_right, left, right)
        state64[REVERB_LEFT] = RESTS_AFTER if fed or loudest >= _GONE else state64[REVERB_LEFT] - 1.0
        arrive(state32, PREDELAY_TAP)
        arrive(state32, SIZE_TAP)
        if state64[REVERB_LEFT] <= 0.0:
            state32[LINE_LAST : LINE_LAST + 8] = _ZERO
            state32[RING_AT[0] : RING_AT[7] + RINGS[7] + TILE] = _ZERO
    land_reverb(state32)


@inlined
def wait(state64, state32, rings, frame, left, right):
    """Put a tile of the send into the pre-delay, and what comes out in its place."""
    at_left, at_right, frames = predelay_lines(rings)
    now, age = frame % frames, frame - np.int64(state64[PREDELAY_SINCE])
    near, far, fade = np.int64(state32[PREDELAY_TAP]), np.int64(state32[PREDELAY_TAP + TO]), state32[PREDELAY_TAP + FADE]
    begin, end = behind(now, near, frames), behind(now, far, frames)
    for i in range(0, TILE, 16):
        put(rings, at_left, now, frames, i, load16(left, i))
        put(rings, at_right, now, frames, i, load16(right, i))
    for i in range(0, TILE, 16):
        a, b = get(rings, at_left + begin + i, age + i - near), get(rings, at_right + begin + i, age + i - near)
        if fade > _ZERO:
            more = ramp(_ONE - fade / np.float32(FADES), _ONE - (fade - _ONE) / np.float32(FADES), i)
            a = fma(more, get(rings, at_left + end + i, age + i - far) - a, a)
            b = fma(more, get(rings, at_right + end + i, age + i - far) - b, b)
        store(left, i, a)
        store(right, i, b)


@inlined
def turn(state32, frame, send_left, send_right, left, right):  # noqa: PLR0915
    """Move all lines on by a tile; returns the largest magnitude fed back."""
    zero, powers, rest = splat16(_ZERO), load16(state32, POLE), splat16(_ONE - state32[POLE])
    size, size_to, fade = np.float64(state32[SIZE_TAP]), np.float64(state32[SIZE_TAP + TO]), state32[SIZE_TAP + FADE]
    share, share_to = _ONE - fade / np.float32(SIZE_FADES), _ONE - (fade - _ONE) / np.float32(SIZE_FADES)
    now0 = frame % RINGS[0]
    from0, into0 = leaving(size, 0, now0), leaving(size_to, 0, now0)
    now1 = frame % RINGS[1]
    from1, into1 = leaving(size, 1, now1), leaving(size_to, 1, now1)
    now2 = frame % RINGS[2]
    from2, into2 = leaving(size, 2, now2), leaving(size_to, 2, now2)
    now3 = frame % RINGS[3]
    from3, into3 = leaving(size, 3, now3), leaving(size_to, 3, now3)
    now4 = frame % RINGS[4]
    from4, into4 = leaving(size, 4, now4), leaving(size_to, 4, now4)
    now5 = frame % RINGS[5]
    from5, into5 = leaving(size, 5, now5), leaving(size_to, 5, now5)
    now6 = frame % RINGS[6]
    from6, into6 = leaving(size, 6, now6), leaving(size_to, 6, now6)
    now7 = frame % RINGS[7]
    from7, into7 = leaving(size, 7, now7), leaving(size_to, 7, now7)
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
            y0 = fma(more, load16(state32, into0 + i) - y0, y0)
            y1 = fma(more, load16(state32, into1 + i) - y1, y1)
            y2 = fma(more, load16(state32, into2 + i) - y2, y2)
            y3 = fma(more, load16(state32, into3 + i) - y3, y3)
            y4 = fma(more, load16(state32, into4 + i) - y4, y4)
            y5 = fma(more, load16(state32, into5 + i) - y5, y5)
            y6 = fma(more, load16(state32, into6 + i) - y6, y6)
            y7 = fma(more, load16(state32, into7 + i) - y7, y7)
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
