"""The master's width: how loud the side (left minus right) is against the middle; at 1 not a bit changes."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.desk.params import bus_index
from dsp.grid import TILE
from dsp.simd.lanes import fma, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import ramp
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import HEAD, WIDTH, WIDTH_TO

_WIDTH = bus_index("master", "width", 0)
_ONE, _HALF = np.float32(1.0), np.float32(0.5)


@inlined
def derive_width(state64, state32, tracks):
    """Set the width at the end of this tile."""
    state32[WIDTH_TO] = state64[HEAD + TRACK_ROWS * tracks + _WIDTH]


@inlined
def widened(state32, left, right):
    """Scale a tile's side, in place."""
    now, to = state32[WIDTH], state32[WIDTH_TO]
    if now == _ONE and to == _ONE:
        return
    for i in range(0, TILE, 16):
        x, y = load16(left, i), load16(right, i)
        middle, side = (x + y) * splat16(_HALF), (x - y) * splat16(_HALF)
        factor = ramp(now, to, i)
        store(left, i, fma(factor, side, middle))
        store(right, i, middle - factor * side)
    state32[WIDTH] = to
