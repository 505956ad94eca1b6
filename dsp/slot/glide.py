"""Parameters in motion: events set targets, every tile takes one step of each glide, and stages derive what they need from it.

A glide is linear in the domain of the parameter's law (factor, decibel, octave) and lands exactly on its target.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.desk.params import BUSES, TRACK, Law
from dsp.metering.gating import forget_loudness
from dsp.simd.approximations import decibels_to_gain, log2
from dsp.slot.layout import GLIDE, HEAD

_ROWS = (*TRACK, *BUSES)
_LAW = np.array([int(p.law) for p in _ROWS], np.int64)
_LOW = np.array([p.low for p in _ROWS], np.float64)
_HIGH = np.array([p.high for p in _ROWS], np.float64)
_GAIN_LAW, _LOG_LAW = int(Law.GAIN), int(Law.LOG)
SETTLING = 3.0
"""Tiles after the last glide in which stages still follow: the saturation is two tiles late."""
TRACK_ROWS = len(TRACK)
BUS_ROWS = len(BUSES)


@outlined
def lawful(index, tracks, value):
    """Turn a value in the catalogue's unit into what glides; out of range means the nearest end."""
    row = index // tracks if index < TRACK_ROWS * tracks else index - TRACK_ROWS * (tracks - 1)
    if not value >= _LOW[row]:
        value = _LOW[row]
    value = min(value, _HIGH[row])
    if _LAW[row] == _GAIN_LAW:
        return decibels_to_gain(value)
    if _LAW[row] == _LOG_LAW:
        return log2(value)
    return value


@inlined
def settle_all(state64, tracks):
    """Apply the laws to the values that :func:`dsp.slot.layout.fresh` left behind."""
    size = TRACK_ROWS * tracks + BUS_ROWS
    for index in range(size):
        value = lawful(index, tracks, state64[HEAD + index])
        state64[HEAD + index] = value
        state64[HEAD + size + index] = value


@inlined
def take_event(state64, state32, tracks, event):
    """Aim one parameter at the event's value, or begin the loudness anew."""
    size = TRACK_ROWS * tracks + BUS_ROWS
    index = event["index"]
    if 0 <= index < size:
        tiles = max(event["glide"], 1)
        state64[HEAD + size + index] = lawful(index, tracks, event["value"])
        state64[HEAD + 2 * size + index] = tiles
        state64[GLIDE] = max(state64[GLIDE], tiles + SETTLING)
    elif index == size:
        forget_loudness(state64, state32)


@inlined
def step(state64, size, index):
    """Move one parameter by one tile; tells whether it moved."""
    tiles = state64[HEAD + 2 * size + index]
    if tiles <= 0.0:
        return False
    target = state64[HEAD + size + index]
    if tiles <= 1.0:
        state64[HEAD + index] = target
    else:
        state64[HEAD + index] += (target - state64[HEAD + index]) / tiles
    state64[HEAD + 2 * size + index] = tiles - 1.0
    return True
