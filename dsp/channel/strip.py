"""The near end of the channel strips: the intake, which reads stems into lanes and trims them. The far end is
``dsp/routing/buses.py``.

Eight stereo tracks lie side by side in sixteen lanes, in pair order; a tile of a group is 32 such vectors in a row.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.desk.params import track_index
from dsp.grid import TILE
from dsp.routing.buses import differs
from dsp.routing.pairs import transposed
from dsp.simd.lanes import any_above, fma, magnitude, splat16, sum_of, where_at_most
from dsp.simd.memory import load16, load16_at, prefetch, store
from dsp.simd.scans import PER_FRAME
from dsp.slot.layout import HEAD, NONFINITE, TRACKS, TRIM, TRIM_TO

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_PLAIN = np.float32(64.0**2)
"""A lane whose squares add up to no more has no sample beyond 64, and none that is no number."""
_AHEAD = 4 * 8 * TILE
"""Bytes by which stems are fetched ahead: with many tracks there are more streams than the CPU follows by itself."""
_TRIM, _POLARITY = track_index("trim_db", 0, 1), track_index("polarity", 0, 1)
TRIM_PARAMETERS = (_TRIM, _POLARITY)


@inlined
def derive_trim(state64, state32, tracks, lane, row, side):
    """Set a track's trim at the end of this tile; ``row`` is its group's block, ``side`` its first lane there."""
    at = HEAD + lane
    trim = state64[at + _TRIM * tracks] * (1.0 - 2.0 * state64[at + _POLARITY * tracks])
    state32[row + TRIM_TO + side] = trim
    state32[row + TRIM_TO + side + 1] = trim


@inlined
def frames_at(a, b, c, d, e, f, g, h, at):
    """Read eight frames of eight tracks, ``at`` bytes behind their addresses."""
    return transposed(
        load16_at(a + at), load16_at(b + at), load16_at(c + at), load16_at(d + at),
        load16_at(e + at), load16_at(f + at), load16_at(g + at), load16_at(h + at),
    )  # fmt: skip


@inlined
def places(addresses, strides, moved, first):
    """Return where eight tracks are read, ``moved`` tiles behind where their plan begins."""
    return (
        addresses[first] + strides[first] * moved,
        addresses[first + 1] + strides[first + 1] * moved,
        addresses[first + 2] + strides[first + 2] * moved,
        addresses[first + 3] + strides[first + 3] * moved,
        addresses[first + 4] + strides[first + 4] * moved,
        addresses[first + 5] + strides[first + 5] * moved,
        addresses[first + 6] + strides[first + 6] * moved,
        addresses[first + 7] + strides[first + 7] * moved,
    )


@outlined
def take_carefully(state64, state32, row, addresses, strides, level, limit, moved, first, y):
    """Read a group's tile while a trim moves or where something may be no sample: what is none is muted."""
    a, b, c, d, e, f, g, h = places(addresses, strides, moved, first)
    zero = splat16(_ZERO)
    gain, to = load16(state32, row + TRIM), load16(state32, row + TRIM_TO)
    ramp, bad = (to - gain) * splat16(PER_FRAME), zero
    for i in range(0, TILE, 8):
        k = 16 * i
        for frame in frames_at(a, b, c, d, e, f, g, h, 8 * i):
            size = magnitude(frame)
            bad = fma(size, zero, bad)
            gain = gain + ramp
            store(y, k, where_at_most(size, limit, frame, zero) * (level * gain))
            k += 16
    store(state32, row + TRIM, to)
    if sum_of(bad) != _ZERO:
        state64[NONFINITE] += 1.0


@inlined
def take(state32, row, addresses, strides, level, moved, first, y):
    """Read a group's tile of plain samples; tells whether that is what they were."""
    a, b, c, d, e, f, g, h = places(addresses, strides, moved, first)
    factor, squares = level * load16(state32, row + TRIM), splat16(_ZERO)
    for i in range(0, TILE, 8):
        at, k = 8 * i, 16 * i
        for address in (a, b, c, d, e, f, g, h):
            prefetch(address + at + _AHEAD)
        for frame in frames_at(a, b, c, d, e, f, g, h, at):
            squares = fma(frame, frame, squares)
            store(y, k, frame * factor)
            k += 16
    return not any_above(where_at_most(squares, splat16(_PLAIN), splat16(_ZERO), splat16(_ONE)), splat16(_ZERO))


@inlined
def intake(state64, state32, row, addresses, strides, levels, limits, moved, group, y):
    """Read one group's tile from its tracks' addresses, mute what is no sample, apply clip gain and trim."""
    first = group * TRACKS
    level, limit = load16(levels, 2 * first), load16(limits, 2 * first)
    plain = not differs(state32, row + TRIM, row + TRIM_TO)
    if plain:
        plain = take(state32, row, addresses, strides, level, moved, first, y)
    if not plain:
        take_carefully(state64, state32, row, addresses, strides, level, limit, moved, first, y)
