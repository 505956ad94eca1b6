"""The strip's compressor: stereo-linked detector of peaks or power, soft knee, attack and release, make-up and mix.

It works on logarithms to base 2 of the level (one unit is 6.02 dB): wanted reduction from the level, smoothed by attack where it
grows and by release where it shrinks: the larger of two steps, or (attack slower than release) the smaller, which is the larger
with all signs turned. It takes one step every two frames, from the larger of their levels: two steps of eight tracks fill sixteen
lanes.

The detector may follow power instead of peaks: the mean square of a step's two frames (of the louder side), smoothed over 10 ms,
so that a sine reads 3 dB less. In between, the two levels are blended. What it hears may lack the bass: a second-order high-pass
(Butterworth), which at 20 Hz is none at all.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.filters import corner
from dsp.desk.params import track_index
from dsp.grid import RATE, TILE
from dsp.simd.approximations import exp2, exp2_16, log2_16
from dsp.simd.lanes import fma, larger, larger_magnitude, shuffle, smaller, splat8, splat16
from dsp.simd.memory import load8, load16, store
from dsp.simd.scans import even, odd
from dsp.slot.layout import (
    ATTACK,
    CURVE,
    DRY,
    DRY_TO,
    HEAD,
    HEARD_A1,
    HEARD_A2,
    HEARD_B0,
    HEARD_P,
    HEARD_Q,
    KNEE,
    MODE_COMPRESSOR,
    MODE_HEARD,
    MODE_RMS,
    REDUCTION,
    RELEASE,
    RMS_BLEND,
    RMS_POWER,
    RMS_SHARE,
    SIGN,
    SKIP,
    SLOPE,
    THRESHOLD,
    TRACKS,
    WET,
    WET_TO,
    WORST,
)

_ONE, _ZERO, _PER_STEP = np.float32(1.0), np.float32(0.0), np.float32(4.0 / TILE)
_FIRST = track_index("compressor/on", 0, 1)
COMPRESSOR_PARAMETERS = tuple(range(_FIRST, _FIRST + 10))
"""on, threshold, ratio, knee, attack, release, make-up, mix, detector, sidechain: as the catalogue has them."""
OCTAVES = 0.16609640474436813
"""Logarithm to base 2 of a factor, per decibel."""

_ALL_HEARD = math.log2(20.0) + 1e-6
"""Octave of the lowest corner, at which the detector hears everything."""
RMS_MS = 10.0
"""Time constant of the power."""
_RMS_SHARE = 1.0 - math.exp(-2000.0 / (RATE * RMS_MS))
_HALF, _FAINT = np.float32(0.5), np.float32(1e-18)
_HARD = 1e-4
"""The narrowest knee, in octaves: harder ones would overflow."""

low_half = shuffle(lambda n: list(range(n // 2)))
high_half = shuffle(lambda n: list(range(n // 2, n)))
joined = shuffle(lambda n: list(range(2 * n)))
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
    blend = state64[at + 8 * tracks]
    follow = _RMS_SHARE if on > 0.0 and blend > 0.0 else 0.0
    derive_hearing(state32, row + 2 * (lane % TRACKS), on, state64[at + 9 * tracks])
    attack, release = smoothing(state64[at + 4 * tracks]), smoothing(state64[at + 5 * tracks])
    for k in (row + lane % TRACKS, row + lane % TRACKS + TRACKS):
        state32[k + THRESHOLD] = state64[at + tracks] * OCTAVES
        state32[k + RMS_BLEND] = blend
        state32[k + RMS_SHARE] = follow
        state32[k + SLOPE] = 1.0 - 1.0 / state64[at + 2 * tracks] if on > 0.0 else 0.0
        state32[k + KNEE] = 0.5 * knee
        state32[k + CURVE] = 0.5 / knee
        state32[k + ATTACK] = attack
        state32[k + RELEASE] = release
        state32[k + SIGN] = _ONE if attack >= release else -_ONE
        state32[k + WET_TO] = on * mix * state64[at + 6 * tracks]
        state32[k + DRY_TO] = 1.0 - on * mix


@inlined
def derive_hearing(state32, at, on, octave):
    """Set what both sides of a track's detector hear."""
    b0, a1, a2 = 1.0, 0.0, 0.0
    if on > 0.0 and octave > _ALL_HEARD:
        k, above, alpha = corner(octave, math.sqrt(0.5))
        scale = 1.0 / (1.0 + alpha)
        b0, a1, a2 = 0.5 * above * scale, 2.0 * (k + alpha) * scale, 2.0 * k * scale
    for lane16 in (at, at + 1):
        state32[lane16 + HEARD_B0] = b0
        state32[lane16 + HEARD_A1] = a1
        state32[lane16 + HEARD_A2] = a2


@outlined
def settle_hearing(state32, row):
    """Decide whether a group's detectors follow power and hear less than all; what a track does not use, it forgets."""
    power, less = SKIP, SKIP
    for k in range(row, row + TRACKS):
        if state32[k + RMS_SHARE] == _ZERO:
            state32[k + RMS_POWER] = _ZERO
        else:
            power = _ONE
    for k in range(row, row + 2 * TRACKS):
        if state32[k + HEARD_A1] == _ZERO:
            state32[k + HEARD_P] = _ZERO
            state32[k + HEARD_Q] = _ZERO
        else:
            less = _ONE
    state32[row + MODE_RMS] = power
    state32[row + MODE_HEARD] = less


@inlined
def settle_compressor(state64, state32, tracks, group, row):
    """Decide whether a group runs the compressor; a track that is off forgets its reduction."""
    settle_hearing(state32, row)
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
def compress(state32, row, y, levels, heard):
    """Compress a group's tile in place; ``levels`` is scratch for 16 steps of eight tracks, ``heard`` for a tile."""
    if state32[row + MODE_COMPRESSOR] == SKIP:
        return
    source = y
    if state32[row + MODE_HEARD] != SKIP:
        hear(state32, row, y, heard)
        source = heard
    if state32[row + MODE_RMS] != SKIP:
        detect(state32, row, source, levels, True)
    else:
        detect(state32, row, source, levels, False)
    most = apply(state32, row + SIGN, row + WET, y, levels)
    store(state32, row + WORST, larger(load16(state32, row + WORST), most))


@outlined
def hear(state32, row, y, heard):
    """Write what the detectors of a group hear of a tile."""
    b0 = load16(state32, row + HEARD_B0)
    minus_a1 = splat16(_ZERO) - load16(state32, row + HEARD_A1)
    minus_a2 = splat16(_ZERO) - load16(state32, row + HEARD_A2)
    p, q = load16(state32, row + HEARD_P), load16(state32, row + HEARD_Q)
    for i in range(0, 16 * TILE, 16):
        w = fma(b0, load16(y, i), p)
        p = fma(minus_a1, w, p + q)
        q = fma(minus_a2, w, q)
        store(heard, i, w)
    store(state32, row + HEARD_P, p)
    store(state32, row + HEARD_Q, q)


@inlined
def power_of(y, i, half):
    """Return the mean square of two frames, times twice ``half``."""
    first, second = load16(y, i), load16(y, i + 16)
    return fma(first, first, second * second) * half


@inlined
def detect(state32, row, y, levels, powers):  # noqa: PLR0915
    """Write the smoothed reduction, times its sign, of every pair of frames and track."""
    knee, sign, zero = load16(state32, row + KNEE), load16(state32, row + SIGN), splat16(_ZERO)
    foot, knee_width = load16(state32, row + THRESHOLD) - knee, knee + knee
    slope = load16(state32, row + SLOPE) * sign
    curve, minus_slope = load16(state32, row + CURVE) * slope, zero - slope
    attack, release, sign8 = load16(state32, row + ATTACK), load16(state32, row + RELEASE), load8(state32, row + SIGN)
    keep_attack = splat8(_ONE) - load8(state32, row + ATTACK)
    keep_release = splat8(_ONE) - load8(state32, row + RELEASE)
    reduction = load8(state32, row + REDUCTION) * sign8
    blend, share8 = load16(state32, row + RMS_BLEND), load8(state32, row + RMS_SHARE)
    share, keep_power, power = load16(state32, row + RMS_SHARE), splat8(_ONE) - share8, load8(state32, row + RMS_POWER)
    for i in range(0, 16 * TILE, 64):
        a = larger_magnitude(load16(y, i), load16(y, i + 16))
        b = larger_magnitude(load16(y, i + 32), load16(y, i + 48))
        level = log2_16(larger(even(a, b), odd(a, b)))
        if powers:
            a, b = power_of(y, i, splat16(_HALF)), power_of(y, i + 32, splat16(_HALF))
            new = share * larger(even(a, b), odd(a, b))
            earlier = fma(keep_power, power, low_half(new, new))
            power = fma(keep_power, earlier, high_half(new, new))
            root = splat16(_HALF) * log2_16(larger(joined(earlier, power), splat16(_FAINT)))
            level = fma(blend, root - level, level)
        # Above the foot of the knee the reduction bends up to its top, then goes straight on.
        over = larger(level - foot, zero)
        bend = smaller(over, knee_width)
        wanted = fma(bend, fma(curve, bend, minus_slope), slope * over)
        quick, slow = attack * wanted, release * wanted
        before = larger(fma(keep_attack, reduction, low_half(quick, quick)), fma(keep_release, reduction, low_half(slow, slow)))
        reduction = larger(fma(keep_attack, before, high_half(quick, quick)), fma(keep_release, before, high_half(slow, slow)))
        store(levels, i // 4, before)
        store(levels, i // 4 + 8, reduction)
    if powers:
        store(state32, row + RMS_POWER, power)
    store(state32, row + REDUCTION, reduction * sign8)


@inlined
def apply(state32, sign, at, y, levels):
    """Turn a tile down by its reduction, times the sign at ``sign``; returns the most of it, per step's track.

    From ``at`` on lie the factors of what is turned down and of what is not.
    """
    wet, dry = load16(state32, at), load16(state32, at + DRY - WET)
    wet_to, dry_to = load16(state32, at + WET_TO - WET), load16(state32, at + DRY_TO - WET)
    per_step, zero = splat16(_PER_STEP), splat16(_ZERO)
    wet_ramp, dry_ramp = (wet_to - wet) * per_step, (dry_to - dry) * per_step
    down, least = zero - load16(state32, sign), zero
    for i in range(0, 16 * TILE, 64):
        wet, dry = wet + wet_ramp, dry + dry_ramp
        less = load16(levels, i // 4) * down
        least = smaller(least, less)
        gain = fma(wet, exp2_16(less), dry)
        early, late = _first_pair(gain, gain), _second_pair(gain, gain)
        store(y, i, load16(y, i) * early)
        store(y, i + 16, load16(y, i + 16) * early)
        store(y, i + 32, load16(y, i + 32) * late)
        store(y, i + 48, load16(y, i + 48) * late)
    store(state32, at, wet_to)
    store(state32, at + DRY - WET, dry_to)
    return zero - least
