"""The master fader, the look-ahead limiter, and the trim behind it. The limiter's delay is exactly LOOKAHEAD whether it
works or not.

What is wanted is the *reduction* 1 - ceiling / peak, peaks between samples included (see :mod:`dsp.master.detector`). Its maximum
is held for sixteen tiles (longer than half a wave of 50 Hz, so that bass is not bent), then released exponentially, and averaged
over 128 frames: it has arrived in full as far before a peak as the peak's neighbours weigh in it, and stays as far behind. While
nothing comes near the ceiling none of this runs, and the gain is exactly 1.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined
from dsp.desk.params import bus_index
from dsp.grid import LOOKAHEAD, RATE, TILE
from dsp.master.detector import may_exceed, peak_of_tile
from dsp.simd.approximations import exp2
from dsp.simd.lanes import first, fma, larger, peak_of, smaller, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import back_1, decay_peak, high_zip, last_lane, low_zip, powers_of, ramp, sum_16
from dsp.slot.glide import BUS_ROWS, TRACK_ROWS
from dsp.slot.layout import (
    CEILING,
    CEILING_AIM,
    CEILING_TO,
    DELAYED_L,
    DELAYED_R,
    DETECTED_SEEN,
    HEAD,
    HELD,
    LIMIT,
    LIMIT_LAST,
    LIMIT_TO,
    LIMIT_WORST,
    LIMITER_QUIET,
    MASTER,
    MASTER_TO,
    OUT_TRIM,
    OUT_TRIM_TO,
    REDUCED,
    RELEASE_POWERS,
    SUMMED,
)

MEAN = 128
_PER_MEAN = np.float32(1.0 / MEAN)
_MARGIN = np.float32(0.9965)
"""By how much it stays below the ceiling (0.03 dB): for what the detector misses and what the moving gain adds."""
_ZERO, _ONE, _GONE = np.float32(0.0), np.float32(1.0), np.float32(1e-7)
_RUNS_OUT = (LOOKAHEAD + MEAN) // TILE + 2
"""Tiles after which nothing of a peak is left in the windows."""
_FADER, _ON, _CEILING, _RELEASE, _TRIM = (
    bus_index("master", name, 0) for name in ("fader_db", "limiter/on", "limiter/ceiling_db", "limiter/release_ms", "trim_db")
)


@inlined
def derive_master(state64, state32, tracks):
    """Set the master's and the limiter's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    state32[MASTER_TO] = state64[at + _FADER]
    state32[LIMIT_TO] = state64[at + _ON]
    state32[OUT_TRIM_TO] = state64[at + _TRIM]
    state32[CEILING_TO] = state64[at + _CEILING]
    state32[CEILING_AIM] = min(state64[at + _CEILING], state64[at + TRACK_ROWS * tracks + BUS_ROWS + _CEILING])
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
def window(state32, wanted):
    """Hold, release and average a tile's wanted reduction; leaves sums of sixteen in ``SUMMED``."""
    history = back_1(load16(state32, HELD), splat16(wanted))
    store(state32, HELD, history)
    held = splat16(peak_of(history))
    early = decay_peak(held, splat16(state32[LIMIT_LAST]), state32, RELEASE_POWERS)
    late = decay_peak(held, last_lane(early, early), state32, RELEASE_POWERS)
    state32[LIMIT_LAST] = first(last_lane(late, late))
    e, f = sum_16(load16(state32, REDUCED), early, late)
    store(state32, REDUCED, late)
    store(state32, SUMMED + MEAN - 16, e)
    store(state32, SUMMED + MEAN, f)


@inlined
def mean_reduction(state32, i):
    """Return the average of the last ``MEAN`` reductions of sixteen frames."""
    total = load16(state32, SUMMED + MEAN - 16 + i)
    for k in range(0, MEAN - 16, 16):
        total = total + load16(state32, SUMMED + i + k)
    return total * splat16(_PER_MEAN)


@inlined
def is_at_work(state64, state32):
    """Detect, and move the windows on; tells whether this tile's gain can differ from 1."""
    ceiling = state32[CEILING_AIM] * _MARGIN
    wanted = _ZERO
    if may_exceed(state32, ceiling):
        wanted = max(_ONE - ceiling / peak_of_tile(state32), _ZERO)
    else:
        state32[DETECTED_SEEN] = _ZERO
    if wanted == _ZERO and state64[LIMITER_QUIET] > _RUNS_OUT:
        return False
    window(state32, wanted)
    if state32[LIMIT_LAST] > _GONE:
        state64[LIMITER_QUIET] = 0.0
    else:
        state32[LIMIT_LAST] = _ZERO
        state64[LIMITER_QUIET] += 1.0
    return True


@inlined
def forget(state64, state32):
    """Empty the windows of a limiter that is off."""
    for at in range(HELD, SUMMED + MEAN + TILE - 16):
        state32[at] = _ZERO
    state32[LIMIT_LAST] = _ZERO
    state32[DETECTED_SEEN] = _ZERO
    state64[LIMITER_QUIET] = _RUNS_OUT + 1.0


@inlined
def limit(state64, state32, out, at):  # noqa: PLR0915
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
        trim = ramp(state32[OUT_TRIM], state32[OUT_TRIM_TO], i)
        left, right = left * trim, right * trim
        store(out, at + 2 * i, low_zip(left, right))
        store(out, at + 2 * i + 16, high_zip(left, right))
    if works:
        shift(state32, SUMMED, MEAN - 16)
        store(state32, LIMIT_WORST, larger(load16(state32, LIMIT_WORST), worst))
    state32[LIMIT] = to
    state32[OUT_TRIM] = state32[OUT_TRIM_TO]
    state32[CEILING] = state32[CEILING_TO]
    shift(state32, DELAYED_L, LOOKAHEAD)
    shift(state32, DELAYED_R, LOOKAHEAD)
