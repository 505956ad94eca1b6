"""The master fader and the look-ahead limiter, whose delay is exactly LOOKAHEAD whether it works or not.

Peaks are found between the samples too (four points a frame, through twelve taps). What is wanted is the *reduction* 1 -
ceiling / peak; its maximum over a window that spans the way from detector to output, released exponentially and averaged
over 112 frames, has arrived in full before the peak does. While nothing comes near the ceiling none of this runs, and the gain is
exactly 1.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2
from dsp.cache import inlined
from dsp.glide import TRACK_ROWS
from dsp.grid import LOOKAHEAD, RATE, TILE
from dsp.lanes import first, fma, larger, magnitude, peak_of, smaller, splat16
from dsp.layout import (
    CEILING,
    CEILING_TO,
    DELAYED_L,
    DELAYED_R,
    HEAD,
    LIMIT,
    LIMIT_LAST,
    LIMIT_TO,
    LIMIT_WORST,
    LIMITER_QUIET,
    MASTER,
    MASTER_TO,
    REDUCED,
    RELEASE_POWERS,
    SUMMED,
    WANTED,
    WIDEST,
)
from dsp.memory import load16, store
from dsp.params import bus_index
from dsp.scans import decay_peak, high_zip, last_lane, low_zip, powers_of, ramp, sum_16, widest_16

TAPS = 12
_QUARTER = (
    *(-0.014168, 0.02708, -0.047818, 0.084559, -0.172007, 0.905078),
    *(0.296629, -0.116654, 0.06321, -0.036164, 0.019889, -0.009632),
)
_HALF = (-0.016689, 0.033017, -0.059021, 0.103441, -0.198551, 0.637803)
BETWEEN = np.array((_QUARTER, (*_HALF, *_HALF[::-1]), _QUARTER[::-1]), np.float32)
"""Kaiser-windowed sinc at 1/4, 1/2 and 3/4 of the gap between the sixth and the seventh tap."""
_OVERSHOOT = np.float32(2.2)
"""No point between the samples exceeds those around it by more (the taps' magnitudes add up to less)."""
MEAN = 112
_PER_MEAN = np.float32(1.0 / MEAN)
_ZERO, _ONE, _TINY, _GONE = np.float32(0.0), np.float32(1.0), np.float32(1e-9), np.float32(1e-7)
_RUNS_OUT = (LOOKAHEAD + MEAN) // TILE + 2
"""Tiles after which nothing of a peak is left in the windows."""
_FADER, _ON, _CEILING, _RELEASE = (
    bus_index("master", name, 0) for name in ("fader_db", "limiter/on", "limiter/ceiling_db", "limiter/release_ms")
)


@inlined
def derive_master(state64, state32, tracks):
    """Set the master's and the limiter's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    state32[MASTER_TO] = state64[at + _FADER]
    state32[LIMIT_TO] = state64[at + _ON]
    state32[CEILING_TO] = state64[at + _CEILING]
    powers_of(state32, RELEASE_POWERS, exp2(-1000.0 / (math.log(2.0) * RATE) * exp2(-state64[at + _RELEASE])))


@inlined
def faded(state32, left, right):
    """Put a tile, times the master fader, behind the delayed frames."""
    for i in range(0, TILE, 16):
        factor = ramp(state32[MASTER], state32[MASTER_TO], i)
        store(state32, DELAYED_L + LOOKAHEAD + i, load16(left, i) * factor)
        store(state32, DELAYED_R + LOOKAHEAD + i, load16(right, i) * factor)
    state32[MASTER] = state32[MASTER_TO]


@inlined
def shift(state32, at, count):
    """Move ``count`` values a tile towards the past."""
    for i in range(0, count, 16):
        store(state32, at + i, load16(state32, at + TILE + i))


@inlined
def heard_peak(state32, i):
    """Return the largest magnitude, of both channels, at and right after sixteen samples (``i`` into the new tile)."""
    peak = splat16(_TINY)
    for channel in (DELAYED_L, DELAYED_R):
        at = channel + LOOKAHEAD + i - (TAPS - 1)
        a = load16(state32, at) * splat16(BETWEEN[0, 0])
        b = load16(state32, at) * splat16(BETWEEN[1, 0])
        c = load16(state32, at) * splat16(BETWEEN[2, 0])
        for tap in range(1, TAPS):
            x = load16(state32, at + tap)
            a = fma(x, splat16(BETWEEN[0, tap]), a)
            b = fma(x, splat16(BETWEEN[1, tap]), b)
            c = fma(x, splat16(BETWEEN[2, tap]), c)
        sample = magnitude(load16(state32, at + TAPS // 2 - 1))
        peak = larger(peak, larger(larger(sample, magnitude(a)), larger(magnitude(b), magnitude(c))))
    return peak


@inlined
def wanted_reduction(state32, i, ceiling):
    """Return by how much sixteen frames must come down to stay below the ceiling."""
    return larger(splat16(_ONE) - splat16(ceiling) / heard_peak(state32, i), splat16(_ZERO))


@inlined
def loudest_new(state32):
    """Return the largest magnitude of all samples that the detector looks at in this tile."""
    loudest = splat16(_ZERO)
    for i in range(LOOKAHEAD - 16, LOOKAHEAD + TILE, 16):
        loudest = larger(loudest, larger(magnitude(load16(state32, DELAYED_L + i)), magnitude(load16(state32, DELAYED_R + i))))
    return peak_of(loudest)


@inlined
def window(state32, a, b):
    """Hold, release and average the wanted reductions of a tile; leaves sums of sixteen in ``SUMMED``."""
    c, d = widest_16(load16(state32, WANTED), a, b)
    store(state32, WANTED, b)
    store(state32, WIDEST + 112, c)
    store(state32, WIDEST + 128, d)
    last = splat16(state32[LIMIT_LAST])
    held = c
    for k in range(0, 112, 16):
        held = larger(held, load16(state32, WIDEST + k))
    early = decay_peak(held, last, state32, RELEASE_POWERS)
    held = d
    for k in range(16, 128, 16):
        held = larger(held, load16(state32, WIDEST + k))
    late = decay_peak(held, last_lane(early, early), state32, RELEASE_POWERS)
    state32[LIMIT_LAST] = first(last_lane(late, late))
    e, f = sum_16(load16(state32, REDUCED), early, late)
    store(state32, REDUCED, late)
    store(state32, SUMMED + 96, e)
    store(state32, SUMMED + 112, f)
    shift(state32, WIDEST, 112)


@inlined
def mean_reduction(state32, i):
    """Return the average of the last 112 reductions of sixteen frames."""
    total = load16(state32, SUMMED + 96 + i)
    for k in range(0, 96, 16):
        total = total + load16(state32, SUMMED + i + k)
    return total * splat16(_PER_MEAN)


@inlined
def is_at_work(state64, state32):
    """Detect, and move the windows on; tells whether this tile's gain can differ from 1."""
    ceiling = state32[CEILING_TO]
    a, b = splat16(_ZERO), splat16(_ZERO)
    if loudest_new(state32) * _OVERSHOOT > ceiling:
        a, b = wanted_reduction(state32, 0, ceiling), wanted_reduction(state32, 16, ceiling)
    wants = peak_of(larger(a, b)) > _ZERO
    if not wants and state64[LIMITER_QUIET] > _RUNS_OUT:
        return False
    window(state32, a, b)
    if wants or state32[LIMIT_LAST] > _GONE:
        state64[LIMITER_QUIET] = 0.0
    else:
        state32[LIMIT_LAST] = _ZERO
        state64[LIMITER_QUIET] += 1.0
    return True


@inlined
def forget(state64, state32):
    """Empty the windows of a limiter that is off."""
    for at in range(WANTED, SUMMED + 96 + TILE):
        state32[at] = _ZERO
    state32[LIMIT_LAST] = _ZERO
    state64[LIMITER_QUIET] = _RUNS_OUT + 1.0


@inlined
def limit(state64, state32, out, at):
    """Write the tile that leaves now, interleaved, to ``out[at:]``."""
    on, to = state32[LIMIT], state32[LIMIT_TO]
    works = False
    if on != to or state32[CEILING] != state32[CEILING_TO]:
        state64[LIMITER_QUIET] = 0.0
    if on > _ZERO or to > _ZERO:
        works = is_at_work(state64, state32)
    elif state64[LIMITER_QUIET] <= _RUNS_OUT:
        forget(state64, state32)
    worst = splat16(_ZERO)
    for i in range(0, TILE, 16):
        left, right = load16(state32, DELAYED_L + i), load16(state32, DELAYED_R + i)
        if works:
            less = mean_reduction(state32, i)
            worst = larger(worst, less)
            gain = splat16(_ONE) - less
            share, top = ramp(on, to, i), ramp(state32[CEILING], state32[CEILING_TO], i)
            rest, bottom = splat16(_ONE) - share, splat16(_ZERO) - top
            left = fma(share, larger(smaller(left * gain, top), bottom), rest * left)
            right = fma(share, larger(smaller(right * gain, top), bottom), rest * right)
        store(out, at + 2 * i, low_zip(left, right))
        store(out, at + 2 * i + 16, high_zip(left, right))
    if works:
        shift(state32, SUMMED, 96)
        store(state32, LIMIT_WORST, larger(load16(state32, LIMIT_WORST), worst))
    state32[LIMIT] = to
    state32[CEILING] = state32[CEILING_TO]
    shift(state32, DELAYED_L, LOOKAHEAD)
    shift(state32, DELAYED_R, LOOKAHEAD)
