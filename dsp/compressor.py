"""The strip's compressor: stereo-linked peak detector, soft knee, attack and release, make-up and mix.

It works on logarithms to base 2 of the level (one unit is 6.02 dB): wanted reduction from the level, smoothed by attack where it
grows and by release where it shrinks: the larger of two steps, or (attack slower than release) the smaller, which is the larger
with all signs turned. It takes one step every two frames, from the larger of their levels: two steps of eight tracks fill sixteen
lanes.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import exp2, exp2_16, log2_16
from dsp.cache import inlined
from dsp.grid import RATE, TILE
from dsp.lanes import fma, larger, magnitude, shuffle, smaller, splat8, splat16
from dsp.layout import (
    ATTACK,
    CURVE,
    DRY,
    DRY_TO,
    HEAD,
    KNEE,
    MODE_COMPRESSOR,
    REDUCTION,
    RELEASE,
    SIGN,
    SKIP,
    SLOPE,
    THRESHOLD,
    TRACKS,
    WET,
    WET_TO,
    WORST,
)
from dsp.memory import load8, load16, store
from dsp.params import track_index
from dsp.scans import even, odd

_ONE, _ZERO, _TINY, _PER_STEP = np.float32(1.0), np.float32(0.0), np.float32(1e-9), np.float32(4.0 / TILE)
_FIRST = track_index("compressor/on", 0, 1)
COMPRESSOR_PARAMETERS = tuple(range(_FIRST, _FIRST + 8))
"""on, threshold, ratio, knee, attack, release, make-up, mix: as the catalogue has them."""
OCTAVES = 0.16609640474436813
"""Logarithm to base 2 of a factor, per decibel."""

_HARD = 1e-4
"""The narrowest knee, in octaves: harder ones would overflow."""

_low_half = shuffle(lambda n: list(range(n // 2)))
_high_half = shuffle(lambda n: list(range(n // 2, n)))
_joined = shuffle(lambda n: list(range(2 * n)))
_first_pair = shuffle(lambda n: [lane // 2 for lane in range(n)])
_second_pair = shuffle(lambda n: [n // 2 + lane // 2 for lane in range(n)])


@inlined
def smoothing(octave):
    """Return the share of the way gone per step, for a time constant given as the logarithm of its milliseconds."""
    return 1.0 - exp2(-2000.0 / (math.log(2.0) * RATE) * exp2(-octave))


@inlined
def derive_compressor(state64, state32, tracks, lane, row):
    """Set a track's compressor at the end of this tile; off, its slope is 0, so that what it holds fades to nothing."""
    at = HEAD + _FIRST * tracks + lane
    on, knee, mix = state64[at], max(state64[at + 3 * tracks] * OCTAVES, _HARD), state64[at + 7 * tracks]
    attack, release = smoothing(state64[at + 4 * tracks]), smoothing(state64[at + 5 * tracks])
    for k in (row + lane % TRACKS, row + lane % TRACKS + TRACKS):
        state32[k + THRESHOLD] = state64[at + tracks] * OCTAVES
        state32[k + SLOPE] = 1.0 - 1.0 / state64[at + 2 * tracks] if on > 0.0 else 0.0
        state32[k + KNEE] = 0.5 * knee
        state32[k + CURVE] = 0.5 / knee
        state32[k + ATTACK] = attack
        state32[k + RELEASE] = release
        state32[k + SIGN] = _ONE if attack >= release else -_ONE
        state32[k + WET_TO] = on * mix * state64[at + 6 * tracks]
        state32[k + DRY_TO] = 1.0 - on * mix


@inlined
def settle_compressor(state64, state32, tracks, group, row):
    """Decide whether a group runs the compressor; a track that is off forgets its reduction."""
    mode = SKIP
    for k in range(TRACKS):
        lane = row + k
        on = state64[HEAD + _FIRST * tracks + group * TRACKS + k] > 0.0
        if on or state32[lane + WET] != _ZERO or state32[lane + DRY] != _ONE:
            mode = _ONE
        else:
            state32[lane + REDUCTION] = _ZERO
    state32[row + MODE_COMPRESSOR] = mode


@inlined
def compress(state32, row, y, levels):
    """Compress a group's tile in place; ``levels`` is scratch for 16 steps of eight tracks."""
    if state32[row + MODE_COMPRESSOR] == SKIP:
        return
    detect(state32, row, y, levels)
    apply(state32, row, y, levels)


@inlined
def detect(state32, row, y, levels):
    """Write the smoothed reduction of every pair of frames and track."""
    threshold, knee, curve = load16(state32, row + THRESHOLD), load16(state32, row + KNEE), load16(state32, row + CURVE)
    sign, zero, tiny = load16(state32, row + SIGN), splat16(_ZERO), splat16(_TINY)
    attack, release, sign8 = load8(state32, row + ATTACK), load8(state32, row + RELEASE), load8(state32, row + SIGN)
    keep_attack, keep_release, slope = splat8(_ONE) - attack, splat8(_ONE) - release, load16(state32, row + SLOPE) * sign
    reduction, worst = load8(state32, row + REDUCTION) * sign8, load16(state32, row + WORST)
    knee_width = knee + knee
    for i in range(0, 16 * TILE, 64):
        a = larger(magnitude(load16(y, i)), magnitude(load16(y, i + 16)))
        b = larger(magnitude(load16(y, i + 32)), magnitude(load16(y, i + 48)))
        over = log2_16(larger(larger(even(a, b), odd(a, b)), tiny)) - threshold
        bend = smaller(larger(over + knee, zero), knee_width)
        wanted = slope * fma(bend * bend, curve, larger(over - knee, zero))
        first, second = _low_half(wanted, wanted), _high_half(wanted, wanted)
        before = larger(fma(keep_attack, reduction, attack * first), fma(keep_release, reduction, release * first))
        reduction = larger(fma(keep_attack, before, attack * second), fma(keep_release, before, release * second))
        both = _joined(before, reduction) * sign
        store(levels, i // 4, both)
        worst = larger(worst, both)
    store(state32, row + REDUCTION, reduction * sign8)
    store(state32, row + WORST, worst)


@inlined
def apply(state32, row, y, levels):
    """Turn a tile down by its reduction: make-up and mix lie in the wet and dry factors."""
    wet, dry = load16(state32, row + WET), load16(state32, row + DRY)
    wet_to, dry_to = load16(state32, row + WET_TO), load16(state32, row + DRY_TO)
    per_step, zero = splat16(_PER_STEP), splat16(_ZERO)
    wet_ramp, dry_ramp = (wet_to - wet) * per_step, (dry_to - dry) * per_step
    for i in range(0, 16 * TILE, 64):
        wet, dry = wet + wet_ramp, dry + dry_ramp
        gain = fma(wet, exp2_16(zero - load16(levels, i // 4)), dry)
        early, late = _first_pair(gain, gain), _second_pair(gain, gain)
        store(y, i, load16(y, i) * early)
        store(y, i + 16, load16(y, i + 16) * early)
        store(y, i + 32, load16(y, i + 32) * late)
        store(y, i + 48, load16(y, i + 48) * late)
    store(state32, row + WET, wet_to)
    store(state32, row + DRY, dry_to)
