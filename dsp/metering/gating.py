"""Loudness from weighted power: momentary, short-term, integrated (gated) and loudness range, in steps of 10 ms.

BS.1770-5, Annex 1, gates blocks of 400 ms with an overlap of 75 % at -70 LUFS, then 10 LU below the mean of what is left. EBU
Tech 3342 gates windows of 3 s, here ten a second, at -70 LUFS, then 20 LU below their mean; the range is that between their 10th
and 95th percentile. Blocks and windows are kept as histograms, so that hours cost no more than minutes; their power is kept
exactly, only the edge of a gate is rounded to a bin (of 0.1 LU, and 0.05 LU).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

from dsp.cache import inlined, outlined
from dsp.desk.units import LUFS_OF_ONE, SILENT_LUFS
from dsp.simd.approximations import log2
from dsp.simd.lanes import sum_of
from dsp.simd.memory import load8
from dsp.slot.layout import (
    BLOCK_COUNT,
    BLOCK_POWER,
    BLOCK_SUM,
    BLOCKS,
    HIGHEST,
    INTEGRATED,
    LANES,
    LAST_STEPS,
    LEVELS,
    LOUDNESS_RANGE,
    MAX_MOMENTARY,
    MAX_SHORT,
    MAX_TRUE_PEAK,
    MOMENTARY_STEPS,
    ROW_MOMENTARY,
    SHORT,
    SHORT_STEPS,
    SINCE,
    STEP_AT,
    STEP_FRAMES,
    STEP_POWER,
    STEPS,
    TRUE_PEAK,
    WINDOW_COUNT,
    WINDOW_SUM,
    WINDOWS,
)

_PER_OCTAVE = 3.010299956639812
"""Decibels of a power twice as high."""
_GATE = 10.0 ** ((-70.0 - LUFS_OF_ONE) / 10.0)
_BLOCK_STEPS = 10
_RELATIVE_BLOCKS, _RELATIVE_WINDOWS = 0.1, 0.01
_LOW, _HIGH = 0.10, 0.95
_BLOCKS_PER_LU, _WINDOWS_PER_LU = 10.0, 20.0


@outlined
def lufs(power):
    """Loudness of a mean power (of both channels together)."""
    return max(SILENT_LUFS, LUFS_OF_ONE + _PER_OCTAVE * log2(power)) if power > 1e-30 else SILENT_LUFS


@inlined
def level_of(power, per_lu):
    """Return the bin of a power above the gate."""
    return min(int((lufs(power) + 70.0) * per_lu), int(LEVELS / _BLOCKS_PER_LU * per_lu) - 1)


@outlined
def forget_loudness(state64, state32):
    """Begin the measurement anew, true peak included; momentary and short-term loudness go on."""
    for k in range(LEVELS):
        state64[BLOCK_POWER + k] = state64[BLOCKS + k] = state64[WINDOWS + k] = state64[WINDOWS + LEVELS + k] = 0.0
    for k in (INTEGRATED, LOUDNESS_RANGE, MAX_MOMENTARY, MAX_SHORT, MAX_TRUE_PEAK):
        state64[k] = 0.0
    for k in (BLOCK_SUM, BLOCK_COUNT, WINDOW_SUM, WINDOW_COUNT, HIGHEST):
        state64[k] = 0.0
    state64[SINCE] = -1.0 if state64[STEP_FRAMES] > 0.0 else 0.0
    for k in range(LANES):
        state32[TRUE_PEAK + k] = 0.0


@inlined
def sum_from(state64, at, count):
    """Sum ``count`` values, a multiple of eight and not 0."""
    total = load8(state64, at)
    for k in range(8, count, 8):
        total = total + load8(state64, at + k)
    return sum_of(total)


@outlined
def gate_block(state64, power):
    """Take a block of 400 ms into the integrated loudness."""
    if power <= _GATE:
        return
    level = level_of(power, _BLOCKS_PER_LU)
    state64[BLOCK_POWER + level] += power
    state64[BLOCKS + level] += 1.0
    state64[BLOCK_SUM] += power
    state64[BLOCK_COUNT] += 1.0
    state64[HIGHEST] = max(state64[HIGHEST], float(level))
    gate = _RELATIVE_BLOCKS * state64[BLOCK_SUM] / state64[BLOCK_COUNT]
    first = level_of(gate, _BLOCKS_PER_LU) if gate > _GATE else 0
    if state64[BLOCK_POWER + first] < gate * state64[BLOCKS + first]:
        first += 1
    total, count = 0.0, 0.0
    for k in range(first, int(state64[HIGHEST]) + 1):
        total += state64[BLOCK_POWER + k]
        count += state64[BLOCKS + k]
    state64[INTEGRATED] = total / count


@inlined
def windows_below(state64, level):
    """Return how many windows lie in the bins below a level."""
    whole = level // 8 * 8
    count = sum_from(state64, WINDOWS, whole) if whole else 0.0
    for k in range(whole, level):
        count += state64[WINDOWS + k]
    return count


@outlined
def gate_window(state64, power):
    """Take a window of 3 s into the loudness range."""
    if power <= _GATE:
        return
    state64[WINDOWS + level_of(power, _WINDOWS_PER_LU)] += 1.0
    state64[WINDOW_SUM] += power
    state64[WINDOW_COUNT] += 1.0
    gate = _RELATIVE_WINDOWS * state64[WINDOW_SUM] / state64[WINDOW_COUNT]
    low = level_of(gate, _WINDOWS_PER_LU) if gate > _GATE else 0
    left = windows_below(state64, low)
    last = state64[WINDOW_COUNT] - left - 1.0
    left = math.floor(last * _LOW + 0.5)
    while state64[WINDOWS + low] <= left:
        left -= state64[WINDOWS + low]
        low += 1
    high, left = 2 * LEVELS - 1, last - math.floor(last * _HIGH + 0.5)
    while state64[WINDOWS + high] <= left:
        left -= state64[WINDOWS + high]
        high -= 1
    state64[LOUDNESS_RANGE] = (high - low) / _WINDOWS_PER_LU


@outlined
def end_step(state64, frames, scale):
    """Close a step of ``frames``; ``scale`` turns its power into the mean. One that began in its midst does not count."""
    power, whole = 0.0, state64[STEP_FRAMES] == frames
    for lane in range(8):
        power += state64[STEP_POWER + lane] if lane >= 4 else 0.0
        state64[STEP_POWER + lane] = 0.0
    power *= scale
    state64[STEP_FRAMES] = 0.0
    if not whole:
        return
    at = int(state64[STEP_AT])
    state64[SHORT_STEPS + at % STEPS] = power
    state64[LAST_STEPS + at % MOMENTARY_STEPS] = power
    state64[STEP_AT] = float((at + 1) % (STEPS * MOMENTARY_STEPS))
    momentary = sum_from(state64, LAST_STEPS, MOMENTARY_STEPS) / MOMENTARY_STEPS
    state64[SHORT] = short = sum_from(state64, SHORT_STEPS, -(-STEPS // 8) * 8) / STEPS  # what fills it up is 0
    state64[ROW_MOMENTARY] = max(state64[ROW_MOMENTARY], momentary)
    since = int(state64[SINCE]) + 1
    state64[SINCE] = float(since)
    if since >= MOMENTARY_STEPS:
        state64[MAX_MOMENTARY] = max(state64[MAX_MOMENTARY], momentary)
        if (since - MOMENTARY_STEPS) % _BLOCK_STEPS == 0:
            gate_block(state64, momentary)
    if since >= STEPS:
        state64[MAX_SHORT] = max(state64[MAX_SHORT], short)
        if (since - STEPS) % _BLOCK_STEPS == 0:
            gate_window(state64, short)
