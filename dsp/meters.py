"""Meters of a quantum: peaks, RMS and the deepest gain reduction, gathered tile by tile and written out as one row."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import log2
from dsp.cache import inlined, outlined
from dsp.grid import QUANTUM, TILE
from dsp.lanes import fma, larger, load16, magnitude, peak_of, splat16, store, sum_of
from dsp.layout import (
    BUS_METER,
    BUS_SIZE,
    GROUP_SIZE,
    LIMIT_WORST,
    MASTER_L,
    PEAK,
    POWER,
    POWER_L,
    REVERB_L,
    TRACKS,
    WORST,
)
from dsp.scans import even, odd

DECIBELS = 6.020599913279624
"""Of a factor of two."""
_SILENCE = np.float32(1e-5)
_ZERO = np.float32(0.0)


@inlined
def peak_of_tile(plane, at):
    """Return the largest magnitude of 32 values."""
    return peak_of(larger(magnitude(load16(plane, at)), magnitude(load16(plane, at + 16))))


@inlined
def is_silent(out, at):
    """Tell whether a tile of output lies below -100 dBFS."""
    return max(peak_of_tile(out, at), peak_of_tile(out, at + TILE)) < _SILENCE


@inlined
def meter_output(state32, out, at):
    """Take a tile of output into the master's meters."""
    for side in range(2):
        peak = splat16(_ZERO)
        power = splat16(_ZERO)
        for i in range(0, 2 * TILE, 32):
            a, b = load16(out, at + i), load16(out, at + i + 16)
            x = even(a, b) if side == 0 else odd(a, b)
            peak = larger(peak, magnitude(x))
            power = fma(x, x, power)
        state32[MASTER_L + side] = max(state32[MASTER_L + side], peak_of(peak))
        state32[POWER_L + side] += sum_of(power)


@outlined
def write_row(state32, tracks, meters, row):
    """Write the quantum's row and begin the next one."""
    for lane in range(tracks):
        block = BUS_SIZE + lane // TRACKS * GROUP_SIZE
        pair = 2 * (lane % TRACKS)
        meters[row, lane] = state32[block + PEAK + pair]
        meters[row, tracks + lane] = state32[block + PEAK + pair + 1]
        power = np.float64(state32[block + POWER + pair]) + np.float64(state32[block + POWER + pair + 1])
        meters[row, 2 * tracks + lane] = math.sqrt(power / (2 * QUANTUM))
        meters[row, 3 * tracks + lane] = (
            max(state32[block + WORST + lane % TRACKS], state32[block + WORST + TRACKS + lane % TRACKS]) * DECIBELS
        )
    at = 4 * tracks
    for k in range(4):
        meters[row, at + k] = state32[REVERB_L + k]
    for k in range(2):
        meters[row, at + 4 + k] = math.sqrt(np.float64(state32[POWER_L + k]) / QUANTUM)
    meters[row, at + 6] = -DECIBELS * log2(1.0 - np.float64(state32[LIMIT_WORST]))
    for group in range(tracks // TRACKS):
        block = BUS_SIZE + group * GROUP_SIZE
        store(state32, block + PEAK, splat16(_ZERO))
        store(state32, block + POWER, splat16(_ZERO))
        store(state32, block + WORST, splat16(_ZERO))
    store(state32, BUS_METER, splat16(_ZERO))
