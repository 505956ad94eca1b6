"""Meters of a quantum, gathered tile by tile and written out as one row: peaks, RMS, the deepest gain reduction, true peak,
loudness and correlation.

Peaks and the true peak are linear, loudness is mean weighted power. Steps of loudness end on whole 10 ms of stream time.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined, outlined
from dsp.desk.params import GROUPS
from dsp.grid import QUANTUM, RATE, TILE
from dsp.metering.gating import end_step
from dsp.metering.truepeak import find_true_peak
from dsp.metering.weighting import k_weighting, weigh
from dsp.simd.approximations import log2
from dsp.simd.lanes import fma, larger, magnitude, peak_of, shuffle, splat16
from dsp.simd.memory import load16, store
from dsp.slot.columns import bus_meter
from dsp.slot.layout import (
    BUS_SIZE,
    CROSSED,
    ECHO_L,
    ECHO_R,
    GROUP_PEAK,
    GROUP_POWER,
    GROUP_SIZE,
    INTEGRATED,
    LANES,
    LIMIT_WORST,
    LOUDNESS_RANGE,
    MAX_MOMENTARY,
    MAX_SHORT,
    MAX_TRUE_PEAK,
    MULTIBAND_WORST,
    OUT_CROSS,
    OUT_PEAK,
    OUT_POWER,
    PEAK,
    POWER,
    REVERB_L,
    REVERB_R,
    ROW_MOMENTARY,
    SHORT,
    SQUARED_L,
    SQUARED_R,
    STEP_FRAMES,
    TRACKS,
    TRUE_PEAK,
    WINDOW_QUANTA,
    WORST,
)

DECIBELS = 6.020599913279624
"""Of a factor of two."""
_GROUP_COLUMNS = [bus_meter(f"group/{group}/peak_l", 0) for group in range(1, GROUPS + 1)]
_FIRST_GROUP, _PER_GROUP = _GROUP_COLUMNS[0], _GROUP_COLUMNS[1] - _GROUP_COLUMNS[0]
_FIRST_BAND = bus_meter("master/multiband/1/gain_reduction_db", 0)
_FIRST_LOUDNESS, _ECHO = bus_meter("master/true_peak_l", 0), bus_meter("delay/peak_l", 0)
_SILENCE = np.float32(1e-5)
_INAUDIBLE = 1e-9
"""A sum of squares over 300 ms below which there is nothing to correlate: -132 dBFS."""
_ZERO = np.float32(0.0)
_STEP = RATE // 100
_WEIGHTS = k_weighting(RATE)
_SCALE = float(_WEIGHTS[-1]) / _STEP

_swapped = shuffle(lambda n: [lane ^ 1 for lane in range(n)])


@inlined
def peaks_of_tile(plane):
    """Return the larger magnitudes of a tile's two halves."""
    return larger(magnitude(load16(plane, 0)), magnitude(load16(plane, 16)))


@inlined
def meter_output(state64, state32, out, at, frame):
    """Take a tile of output, from stream frame ``frame`` on, into the master's meters; tells whether it lies below -100 dBFS."""
    peak, power, cross = splat16(_ZERO), load16(state32, OUT_POWER), load16(state32, OUT_CROSS)
    for i in range(0, 2 * TILE, 16):
        x = load16(out, at + i)
        peak, power, cross = larger(peak, magnitude(x)), fma(x, x, power), fma(x, _swapped(x, x), cross)
    store(state32, OUT_PEAK, larger(load16(state32, OUT_PEAK), peak))
    store(state32, OUT_POWER, power)
    store(state32, OUT_CROSS, cross)
    find_true_peak(state32, out, at)
    weigh(state64, _WEIGHTS, out, at, TILE)
    state64[STEP_FRAMES] += TILE
    if (frame + TILE) % _STEP == 0:
        end_step(state64, _STEP, _SCALE)
    return peak_of(peak) < _SILENCE


@inlined
def largest(state32, at, step):
    """Return the largest of a meter's partial values."""
    value = state32[at]
    for k in range(at + step, at + LANES + 1 - step, step):
        value = max(value, state32[k])
    return value


@inlined
def sum_of_side(state32, at, side):
    """Sum a meter's partial values of one channel."""
    total = np.float64(0.0)
    for k in range(at + side, at + LANES, 2):
        total += np.float64(state32[k])
    return total


@inlined
def write_groups(state32, meters, row, at):
    """Write the groups' columns; ``at`` is where the bus columns begin."""
    for group in range(GROUPS):
        column, peak, power = at + _FIRST_GROUP + group * _PER_GROUP, GROUP_PEAK + group * LANES, GROUP_POWER + group * LANES
        meters[row, column] = largest(state32, peak, 2)
        meters[row, column + 1] = largest(state32, peak + 1, 2)
        total = sum_of_side(state32, power, 0) + sum_of_side(state32, power, 1)
        meters[row, column + 2] = math.sqrt(total / (2 * QUANTUM))
        store(state32, peak, splat16(_ZERO))
        store(state32, power, splat16(_ZERO))


@inlined
def correlation(state64, state32, quantum):
    """Return that of left and right over the last 300 ms, -1 to 1; 0 where one of them is silent."""
    at = quantum % WINDOW_QUANTA
    state64[CROSSED + at] = sum_of_side(state32, OUT_CROSS, 0)
    state64[SQUARED_L + at] = sum_of_side(state32, OUT_POWER, 0)
    state64[SQUARED_R + at] = sum_of_side(state32, OUT_POWER, 1)
    crossed, left, right = 0.0, 0.0, 0.0
    for k in range(WINDOW_QUANTA):
        crossed += state64[CROSSED + k]
        left += state64[SQUARED_L + k]
        right += state64[SQUARED_R + k]
    if min(left, right) < _INAUDIBLE:
        return 0.0
    return min(max(crossed / math.sqrt(left * right), -1.0), 1.0)


@outlined
def write_loudness(state64, state32, meters, row, at, quantum):
    """Write the columns of the loudness panel."""
    for side in range(2):
        peak = state32[TRUE_PEAK + side]
        meters[row, at + side] = peak
        state64[MAX_TRUE_PEAK] = max(state64[MAX_TRUE_PEAK], np.float64(peak))
    meters[row, at + 2] = state64[ROW_MOMENTARY]
    meters[row, at + 3] = state64[SHORT]
    meters[row, at + 4] = correlation(state64, state32, quantum)
    meters[row, at + 5] = state64[INTEGRATED]
    meters[row, at + 6] = state64[LOUDNESS_RANGE]
    meters[row, at + 7] = state64[MAX_MOMENTARY]
    meters[row, at + 8] = state64[MAX_SHORT]
    meters[row, at + 9] = state64[MAX_TRUE_PEAK]
    state64[ROW_MOMENTARY] = 0.0


@outlined
def write_row(state64, state32, tracks, meters, row, quantum):
    """Write the row of a quantum and begin the next one."""
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
    meters[row, at + _ECHO] = largest(state32, ECHO_L, 1)
    meters[row, at + _ECHO + 1] = largest(state32, ECHO_R, 1)
    for side in range(2):
        meters[row, at + 2 + side] = largest(state32, OUT_PEAK + side, 2)
        meters[row, at + 4 + side] = math.sqrt(sum_of_side(state32, OUT_POWER, side) / QUANTUM)
    meters[row, at + 6] = -DECIBELS * log2(1.0 - np.float64(largest(state32, LIMIT_WORST, 1)))
    write_groups(state32, meters, row, at)
    for band in range(4):
        meters[row, at + _FIRST_BAND + band] = largest(state32, MULTIBAND_WORST + band, 4) * DECIBELS
    write_loudness(state64, state32, meters, row, at + _FIRST_LOUDNESS, quantum)
    for group in range(tracks // TRACKS):
        block = BUS_SIZE + group * GROUP_SIZE
        store(state32, block + PEAK, splat16(_ZERO))
        store(state32, block + POWER, splat16(_ZERO))
        store(state32, block + WORST, splat16(_ZERO))
    for bus in (REVERB_L, REVERB_R, ECHO_L, ECHO_R, OUT_PEAK, OUT_POWER, OUT_CROSS, TRUE_PEAK, LIMIT_WORST, MULTIBAND_WORST):
        store(state32, bus, splat16(_ZERO))
