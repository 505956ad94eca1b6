"""The master's multiband compressor: four bands that add up flat, each with a stereo-linked compressor of its own.

The compressors are the strip's (see :mod:`dsp.channel.compressor`) with a fixed knee: one step every two frames, four steps of
four bands in sixteen lanes. Switched, the stage is blended with what comes in over the switch's glide.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np
from numba import float32

from dsp.cache import inlined, outlined
from dsp.desk.params import bus_index
from dsp.grid import RATE, TILE
from dsp.master.crossover import WIDE, derive_crossover, land_crossover, split
from dsp.routing.pairs import high_halves, low_halves, totals
from dsp.simd.approximations import exp2, exp2_16, log2_16
from dsp.simd.lanes import fma, larger, magnitude, shuffle, smaller, splat16
from dsp.simd.memory import load16, on_stack, store
from dsp.simd.scans import even, odd, ramp
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import (
    CROSSOVER_STATE,
    HEAD,
    LANES,
    MULTIBAND_ATTACK,
    MULTIBAND_MAKEUP,
    MULTIBAND_MAKEUP_TO,
    MULTIBAND_ON,
    MULTIBAND_ON_TO,
    MULTIBAND_REDUCTION,
    MULTIBAND_RELEASE,
    MULTIBAND_SIGN,
    MULTIBAND_SLOPE,
    MULTIBAND_THRESHOLD,
    MULTIBAND_WORST,
)

_BANDS = 4
_ON, _FIRST, _LAST = (bus_index("master", f"multiband/{name}", 0) for name in ("on", "1/threshold_db", "4/makeup_db"))
MULTIBAND_PARAMETERS = range(_ON, _LAST + 1)
"""Rows behind the tracks': the catalogue lists them in a row; from ``_FIRST`` on threshold, ratio, attack, release, make-up of
band 1, then of band 2, ..."""
_STRIDE = 5
_ZERO, _ONE, _TINY = np.float32(0.0), np.float32(1.0), np.float32(1e-9)
_OCTAVES = 0.16609640474436813
_KNEE = 6.0 * _OCTAVES
"""Of every band: 6 dB, in octaves."""
_HALF_KNEE, _WHOLE_KNEE, _CURVE = np.float32(0.5 * _KNEE), np.float32(_KNEE), np.float32(0.5 / _KNEE)
_GONE = np.array([(step + 1) * 2 / TILE for step in range(TILE // 2) for _ in range(_BANDS)]).astype(np.float32)
"""Which share of the tile has gone by after each step, for every band."""

_scratch, _reductions = on_stack(WIDE * TILE, float32), on_stack(_BANDS * TILE // 2, float32)
_first_step = shuffle(lambda n: list(range(n // 4)))
_second_step = shuffle(lambda n: list(range(n // 4, n // 2)))
_third_step = shuffle(lambda n: list(range(n // 2, 3 * n // 4)))
_fourth_step = shuffle(lambda n: list(range(3 * n // 4, n)))
_joined = shuffle(lambda n: list(range(2 * n)))
_first_frames = shuffle(lambda n: [lane % WIDE // 2 for lane in range(n)])
_second_frames = shuffle(lambda n: [_BANDS + lane % WIDE // 2 for lane in range(n)])
_third_frames = shuffle(lambda n: [2 * _BANDS + lane % WIDE // 2 for lane in range(n)])
_fourth_frames = shuffle(lambda n: [3 * _BANDS + lane % WIDE // 2 for lane in range(n)])
"""One step's four gains for both channels of two frames."""


def _sides(side: int) -> list[int]:
    return [8 * (frame // 8) * 2 + 2 * (frame % 8 // 2 + frame % 2 * 4) + side for frame in range(16)]


_left_of = shuffle(lambda _n: _sides(0))
_right_of = shuffle(lambda _n: _sides(1))
"""A channel of sixteen frames out of two sums (see ``summed``), in which the even frames come first."""


@inlined
def smoothing(octave):
    """Return the share of the way gone per step of two frames, for the logarithm of a time constant's milliseconds."""
    return 1.0 - exp2(-2000.0 / (math.log(2.0) * RATE) * exp2(-octave))


@outlined
def derive_multiband(state64, state32, tracks):
    """Set crossovers and compressors at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    on = state64[at + _ON]
    state32[MULTIBAND_ON_TO] = on
    if on == 0.0 and state32[MULTIBAND_ON] == _ZERO:
        return
    derive_crossover(state64, state32, tracks)
    for band in range(_BANDS):
        row = at + _FIRST + band * _STRIDE
        attack, release = smoothing(state64[row + 2]), smoothing(state64[row + 3])
        for k in range(band, LANES, _BANDS):
            state32[MULTIBAND_THRESHOLD + k] = state64[row] * _OCTAVES
            state32[MULTIBAND_SLOPE + k] = 1.0 - 1.0 / state64[row + 1]
            state32[MULTIBAND_ATTACK + k] = attack
            state32[MULTIBAND_RELEASE + k] = release
            state32[MULTIBAND_SIGN + k] = _ONE if attack >= release else -_ONE
            state32[MULTIBAND_MAKEUP_TO + k] = state64[row + 4]


@inlined
def wanted(state32, bands, i):
    """Return by how much four steps (eight frames from lane ``i`` of the bands on) lie above each band's curve."""
    a, b = magnitude(load16(bands, i)), magnitude(load16(bands, i + 16))
    c, d = magnitude(load16(bands, i + 32)), magnitude(load16(bands, i + 48))
    a, b = larger(low_halves(a, b), high_halves(a, b)), larger(low_halves(c, d), high_halves(c, d))
    over = log2_16(larger(larger(even(a, b), odd(a, b)), splat16(_TINY))) - load16(state32, MULTIBAND_THRESHOLD)
    bend = smaller(larger(over + splat16(_HALF_KNEE), splat16(_ZERO)), splat16(_WHOLE_KNEE))
    above = larger(over - splat16(_HALF_KNEE), splat16(_ZERO))
    return load16(state32, MULTIBAND_SLOPE) * fma(bend * bend, splat16(_CURVE), above)


@inlined
def detect(state32, bands, reductions):
    """Write the smoothed reduction of every band after each pair of frames."""
    sign, one = load16(state32, MULTIBAND_SIGN), splat16(_ONE)
    attack, release = load16(state32, MULTIBAND_ATTACK), load16(state32, MULTIBAND_RELEASE)
    keep_attack, keep_release = _first_step(one - attack, one), _first_step(one - release, one)
    held = load16(state32, MULTIBAND_REDUCTION)
    worst, last = load16(state32, MULTIBAND_WORST), _fourth_step(held * sign, held)
    for i in range(0, WIDE * TILE, 64):
        goal = wanted(state32, bands, i) * sign
        grow, shrink = attack * goal, release * goal
        a = larger(fma(keep_attack, last, _first_step(grow, grow)), fma(keep_release, last, _first_step(shrink, shrink)))
        b = larger(fma(keep_attack, a, _second_step(grow, grow)), fma(keep_release, a, _second_step(shrink, shrink)))
        c = larger(fma(keep_attack, b, _third_step(grow, grow)), fma(keep_release, b, _third_step(shrink, shrink)))
        last = larger(fma(keep_attack, c, _fourth_step(grow, grow)), fma(keep_release, c, _fourth_step(shrink, shrink)))
        held = _joined(_joined(a, b), _joined(c, last)) * sign
        store(reductions, i // 4, held)
        worst = larger(worst, held)
    store(state32, MULTIBAND_REDUCTION, held)
    store(state32, MULTIBAND_WORST, worst)


@inlined
def summed(state32, bands, reductions, i):
    """Return eight frames (from lane ``i`` of the bands on) turned down and added up: pairs of frames 0, 2, 4, 6, 1, 3, 5, 7."""
    now, to = load16(state32, MULTIBAND_MAKEUP), load16(state32, MULTIBAND_MAKEUP_TO)
    gain = fma(to - now, load16(_GONE, i // 4), now) * exp2_16(splat16(_ZERO) - load16(reductions, i // 4))
    a, b = load16(bands, i) * _first_frames(gain, gain), load16(bands, i + 16) * _second_frames(gain, gain)
    c, d = load16(bands, i + 32) * _third_frames(gain, gain), load16(bands, i + 48) * _fourth_frames(gain, gain)
    return totals(a, b, c, d)


@inlined
def land_multiband(state32):
    """Let make-up and crossovers stand where they would go."""
    store(state32, MULTIBAND_MAKEUP, load16(state32, MULTIBAND_MAKEUP_TO))
    land_crossover(state32)


@outlined
def forget_multiband(state32):
    """Empty the filters and compressors of a stage that is off."""
    for k in range(4 * LANES):
        state32[CROSSOVER_STATE + k] = _ZERO
    for k in range(LANES):
        state32[MULTIBAND_REDUCTION + k] = _ZERO


@inlined
def compress_bands(state32, left, right):
    """Compress a tile, in place."""
    on, on_to = state32[MULTIBAND_ON], state32[MULTIBAND_ON_TO]
    if on == _ZERO and on_to == _ZERO:
        return
    if on == _ZERO:
        land_multiband(state32)
    bands, reductions = _scratch(), _reductions()
    split(state32, left, right, bands)
    detect(state32, bands, reductions)
    for i in range(0, TILE, 16):
        a, b = summed(state32, bands, reductions, WIDE * i), summed(state32, bands, reductions, WIDE * (i + 8))
        share, x, y = ramp(on, on_to, i), load16(left, i), load16(right, i)
        store(left, i, fma(share, _left_of(a, b) - x, x))
        store(right, i, fma(share, _right_of(a, b) - y, y))
    store(state32, MULTIBAND_MAKEUP, load16(state32, MULTIBAND_MAKEUP_TO))
    state32[MULTIBAND_ON] = on_to
    if on_to == _ZERO:
        forget_multiband(state32)
