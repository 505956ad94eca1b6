"""The strip's gate, a downward expander: stereo-linked peak detector, threshold, ratio, range, attack, hold and release.

Like the compressor it works on logarithms to base 2 of the level and takes a step every two frames, from the larger of their
levels. Below the threshold the wanted reduction is (ratio - 1) times what is missing, at most the range; a level at or above it
sets the hold, and while that runs nothing is wanted. The reduction follows by attack where it shrinks (the gate opens), by
release where it grows: the smaller of two steps, or (attack slower than release) the larger, which is the smaller with all signs
turned.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.compressor import OCTAVES, apply, high_half, low_half, smoothing
from dsp.desk.params import track_index
from dsp.grid import RATE, TILE
from dsp.simd.approximations import log2_16
from dsp.simd.lanes import fma, larger, larger_magnitude, smaller, splat8, splat16, where_at_most
from dsp.simd.memory import load8, load16, store
from dsp.simd.scans import even, odd
from dsp.slot.layout import (
    GATE_ATTACK,
    GATE_DRY,
    GATE_DRY_TO,
    GATE_HELD,
    GATE_HOLD,
    GATE_RANGE,
    GATE_REDUCTION,
    GATE_RELEASE,
    GATE_SIGN,
    GATE_SLOPE,
    GATE_THRESHOLD,
    GATE_WET,
    GATE_WET_TO,
    HEAD,
    MIXED,
    MODE_GATE,
    SKIP,
    TRACKS,
)

_ONE, _ZERO, _HALF = np.float32(1.0), np.float32(0.0), np.float32(0.5)
_FIRST = track_index("gate/on", 0, 1)
GATE_PARAMETERS = tuple(range(_FIRST, _FIRST + 7))
"""on, threshold, ratio, range, attack, hold, release: as the catalogue has them."""
_STEPS = RATE / 2000.0
"""Steps of a millisecond."""


@inlined
def derive_gate(state64, state32, tracks, lane, row):
    """Set a track's gate at the end of this tile."""
    at = HEAD + _FIRST * tracks + lane
    on = state64[at]
    attack, release = smoothing(state64[at + 4 * tracks]), smoothing(state64[at + 6 * tracks])
    for k in (row + lane % TRACKS, row + lane % TRACKS + TRACKS):
        state32[k + GATE_THRESHOLD] = state64[at + tracks] * OCTAVES
        state32[k + GATE_SLOPE] = state64[at + 2 * tracks] - 1.0
        state32[k + GATE_RANGE] = state64[at + 3 * tracks] * OCTAVES
        state32[k + GATE_HOLD] = state64[at + 5 * tracks] * _STEPS
        state32[k + GATE_ATTACK] = attack
        state32[k + GATE_RELEASE] = release
        state32[k + GATE_SIGN] = _ONE if attack >= release else -_ONE
        state32[k + GATE_WET_TO] = on
        state32[k + GATE_DRY_TO] = 1.0 - on


@inlined
def settle_gate(state64, state32, tracks, group, row):
    """Decide whether a group runs the gate; a track that has faded out forgets, and wants nothing."""
    mode = SKIP
    for k in range(TRACKS):
        lane = row + k
        on = state64[HEAD + _FIRST * tracks + group * TRACKS + k] > 0.0
        if on or state32[lane + GATE_WET] != _ZERO or state32[lane + GATE_DRY] != _ONE:
            mode = MIXED
        else:
            for place in (GATE_RANGE, GATE_HOLD, GATE_REDUCTION, GATE_HELD):
                state32[lane + place] = _ZERO
                state32[lane + TRACKS + place] = _ZERO
    state32[row + MODE_GATE] = mode


@inlined
def watch(state32, row, y, levels):
    """Write the smoothed reduction, times its sign, of every pair of frames and track."""
    threshold, slope, most = (
        load16(state32, row + GATE_THRESHOLD),
        load16(state32, row + GATE_SLOPE),
        load16(state32, row + GATE_RANGE),
    )
    sign, hold, zero = load16(state32, row + GATE_SIGN), load16(state32, row + GATE_HOLD), splat16(_ZERO)
    attack, release, sign8 = (
        load8(state32, row + GATE_ATTACK),
        load8(state32, row + GATE_RELEASE),
        load8(state32, row + GATE_SIGN),
    )
    one, keep_attack, keep_release = splat8(_ONE), splat8(_ONE) - attack, splat8(_ONE) - release
    over, shut, nothing = splat16(_ZERO - _ONE), splat8(_ZERO - _HALF), splat8(_ZERO)
    reduction, held = load8(state32, row + GATE_REDUCTION) * sign8, load8(state32, row + GATE_HELD)
    for i in range(0, 16 * TILE, 64):
        a = larger_magnitude(load16(y, i), load16(y, i + 16))
        b = larger_magnitude(load16(y, i + 32), load16(y, i + 48))
        missing = threshold - log2_16(larger(even(a, b), odd(a, b)))
        wanted = sign * smaller(larger(slope * missing, zero), most)
        opened = where_at_most(missing, zero, hold, over)
        held = larger(held - one, low_half(opened, opened))
        goal = where_at_most(held, shut, low_half(wanted, wanted), nothing)
        before = smaller(fma(keep_attack, reduction, attack * goal), fma(keep_release, reduction, release * goal))
        held = larger(held - one, high_half(opened, opened))
        goal = where_at_most(held, shut, high_half(wanted, wanted), nothing)
        reduction = smaller(fma(keep_attack, before, attack * goal), fma(keep_release, before, release * goal))
        store(levels, i // 4, before)
        store(levels, i // 4 + 8, reduction)
    store(state32, row + GATE_REDUCTION, reduction * sign8)
    store(state32, row + GATE_HELD, held)


@outlined
def close_group(state32, row, y, levels):
    """Turn a group's tile down by its gates."""
    watch(state32, row, y, levels)
    apply(state32, row + GATE_SIGN, row + GATE_WET, y, levels)


@inlined
def gate(state32, row, y, levels):
    """Gate a group's tile in place; ``levels`` is scratch for 16 steps of eight tracks."""
    if state32[row + MODE_GATE] != SKIP:
        close_group(state32, row, y, levels)
