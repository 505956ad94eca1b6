"""Meters of a quantum: peaks, RMS and the deepest gain reduction, gathered tile by tile and written out as one row."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import log2
from dsp.cache import inlined, outlined
from dsp.grid import QUANTUM, TILE
from dsp.lanes import fma, larger, magnitude, peak_of, splat16
from dsp.layout import (
    BUS_SIZE,
    GROUP_PEAK,
    GROUP_POWER,
    GROUP_SIZE,
    LANES,
    LIMIT_WORST,
    OUT_PEAK,
    OUT_POWER,
    PEAK,
    POWER,
    REVERB_L,
    REVERB_R,
    TRACKS,
    WORST,
    bus_meter,
)
from dsp.memory import load16, store
from dsp.params import GROUPS

DECIBELS = 6.020599913279624
"""Of a factor of two."""
_GROUP_COLUMNS = [bus_meter(f"group/{group}/peak_l", 0) for group in range(1, GROUPS + 1)]
_FIRST_GROUP, _PER_GROUP = _GROUP_COLUMNS[0], _GROUP_COLUMNS[1] - _GROUP_COLUMNS[0]
_SILENCE = np.float32(1e-5)
_ZERO = np.float32(0.0)


@inlined
def peaks_of_tile(plane):
    """Return the larger magnitudes of a tile's two halves."""
    return larger(magnitude(load16(plane, 0)), magnitude(load16(plane, 16)))


@inlined
def meter_output(state32, out, at):
    """Take a tile of output into the master's meters; tells whether it lies below -100 dBFS."""
    peak, power = splat16(_ZERO), load16(state32, OUT_POWER)
    for i in range(0, 2 * TILE, 16):
        x = load16(out, at + i)
        peak, power = larger(peak, magnitude(x)), fma(x, x, power)
    store(state32, OUT_PEAK, larger(load16(state32, OUT_PEAK), peak))
    store(state32, OUT_POWER, power)
    return peak_of(peak) < _SILENCE


@inlined
def largest(state32, at, step):
    """Return the largest of a meter's partial values."""
    value = state32[at]
    for k in range(at + step, at + LANES + 1 - step, step):
        value = max(value, state32[k])
    return value


@inlined
def write_groups(state32, meters, row, at):
    """Write the groups' columns; ``at`` is where the bus columns begin."""
    for group in range(GROUPS):
        column, peak, power = at + _FIRST_GROUP + group * _PER_GROUP, GROUP_PEAK + group * LANES, GROUP_POWER + group * LANES
        meters[row, column] = largest(state32, peak, 2)
        meters[row, column + 1] = largest(state32, peak + 1, 2)
        total = np.float64(0.0)
        for k in range(power, power + LANES):
            total += np.float64(state32[k])
        meters[row, column + 2] = math.sqrt(total / (2 * QUANTUM))
        store(state32, peak, splat16(_ZERO))
        store(state32, power, splat16(_ZERO))


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
    meters[row, at] = largest(state32, REVERB_L, 1)
    meters[row, at + 1] = largest(state32, REVERB_R, 1)
    for side in range(2):
        power = np.float64(0.0)
        for k in range(OUT_POWER + side, OUT_POWER + LANES, 2):
            power += np.float64(state32[k])
        meters[row, at + 2 + side] = largest(state32, OUT_PEAK + side, 2)
        meters[row, at + 4 + side] = math.sqrt(power / QUANTUM)
    meters[row, at + 6] = -DECIBELS * log2(1.0 - np.float64(largest(state32, LIMIT_WORST, 1)))
    write_groups(state32, meters, row, at)
    for group in range(tracks // TRACKS):
        block = BUS_SIZE + group * GROUP_SIZE
        store(state32, block + PEAK, splat16(_ZERO))
        store(state32, block + POWER, splat16(_ZERO))
        store(state32, block + WORST, splat16(_ZERO))
    for bus in (REVERB_L, REVERB_R, OUT_PEAK, OUT_POWER, LIMIT_WORST):
        store(state32, bus, splat16(_ZERO))
