"""The equaliser of the master: the strip's four bands in float64, left and right in the first two lanes of a tile."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.biquads import moving64, settled64, steady64
from dsp.channel.eq import band_at, precise_at
from dsp.channel.filters import aim, land_filters
from dsp.desk.params import bus_index
from dsp.grid import TILE
from dsp.simd.lanes import splat16
from dsp.simd.memory import store
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import BANDS, BIQUAD, HEAD, LANES, MASTER_EQ_MODE, MASTER_EQ_MOVED, MASTER_EQ_RINGS, MOVING, SKIP, STEADY

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_ON, _FIRST, _STRIDE = bus_index("master", "eq/on", 0), bus_index("master", "eq/1/kind", 0), 4


@inlined
def derive_tone(state64, state32, tracks):
    """Set the master's four bands at the end of this tile."""
    at, precise = HEAD + TRACK_ROWS * tracks, precise_at(tracks, 0)
    for band in range(BANDS):
        aim(state64, precise + band * BIQUAD, 0, band_at(state64, at + _FIRST + _STRIDE * band, 1, state64[at + _ON]))
    state32[MASTER_EQ_MOVED] = _ONE


@inlined
def land_tone(state64, state32, tracks):
    """Let the master's bands stand where they would go; lanes that nobody hears pass what they get."""
    at = precise_at(tracks, 0)
    for place in range(at, at + BANDS * BIQUAD, BIQUAD):
        for lane16 in range(2, LANES, 2):
            aim(state64, place, lane16, (1.0, 0.0, 0.0, 0.0, 0.0))
    land_filters(state64, at, BANDS)
    state32[MASTER_EQ_MOVED] = _ZERO


@outlined
def settle_tone(state64, state32, tracks):
    """Decide how the master runs its equaliser."""
    goes_on, rings = settled64(state64, precise_at(tracks, 0), BANDS)
    state32[MASTER_EQ_MODE] = SKIP if goes_on == 0.0 else STEADY if state32[MASTER_EQ_MOVED] == _ZERO else MOVING
    state32[MASTER_EQ_MOVED] = _ZERO
    state32[MASTER_EQ_RINGS] = _ONE if rings > 0.0 else _ZERO


@outlined
def equalise_master(state64, mode, tracks, left, right, y):
    """Run the bands over two planes of a tile, side by side in ``y``."""
    for i in range(TILE):
        store(y, LANES * i, splat16(_ZERO))
        y[LANES * i], y[LANES * i + 1] = left[i], right[i]
    at = precise_at(tracks, 0)
    if mode == MOVING:
        moving64(state64, at, y, 0)
    else:
        steady64(state64, at, y, 0)
    for i in range(TILE):
        left[i], right[i] = y[LANES * i], y[LANES * i + 1]


@inlined
def toned(state64, state32, tracks, left, right, y):
    """Run the master's equaliser over two planes of a tile; ``y`` is a spare tile of sixteen lanes."""
    if state32[MASTER_EQ_RINGS] != _ZERO:
        settle_tone(state64, state32, tracks)
    if state32[MASTER_EQ_MODE] != SKIP:
        equalise_master(state64, state32[MASTER_EQ_MODE], tracks, left, right, y)
