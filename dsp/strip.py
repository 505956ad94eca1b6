"""The two ends of the channel strips: the intake (stems into lanes, trim) and the mix (fader, pan, send, sum, meters).

Eight stereo tracks lie side by side in sixteen lanes, in pair order; a tile of a group is 32 such vectors in a row.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.approximations import sine
from dsp.cache import inlined
from dsp.grid import TILE
from dsp.lanes import fma, larger, magnitude, shuffle, splat16, sum_of, where_at_most
from dsp.layout import (
    GAIN,
    GAIN_TO,
    HEAD,
    MIXED,
    MODE_SEND,
    NONFINITE,
    PEAK,
    POWER,
    SEND,
    SEND_TO,
    SKIP,
    TRACKS,
    TRIM,
    TRIM_TO,
)
from dsp.memory import load16, load16_at, prefetch, store
from dsp.params import track_index
from dsp.scans import PER_FRAME, even, odd

_ZERO = np.float32(0.0)
_AHEAD = 4 * 8 * TILE
"""Bytes by which stems are fetched ahead: with many tracks there are more streams than the CPU follows by itself."""
_TRIM, _POLARITY, _PAN, _FADER, _AUDIBLE, _LEVEL = (
    track_index(name, 0, 1) for name in ("trim_db", "polarity", "pan", "fader_db", "audible", "send/1/level_db")
)
TRIM_PARAMETERS = (_TRIM, _POLARITY)
MIX_PARAMETERS = (_PAN, _FADER, _AUDIBLE, _LEVEL)


def _pairs(order: list[int]) -> list[int]:
    return [2 * pair + side for pair in order for side in (0, 1)]


_even_pairs = shuffle(lambda _n: _pairs([0, 8, 2, 10, 4, 12, 6, 14]))
_odd_pairs = shuffle(lambda _n: _pairs([1, 9, 3, 11, 5, 13, 7, 15]))
_low_quads = shuffle(lambda _n: _pairs([0, 1, 8, 9, 4, 5, 12, 13]))
_high_quads = shuffle(lambda _n: _pairs([2, 3, 10, 11, 6, 7, 14, 15]))
_low_halves = shuffle(lambda n: [*range(n // 2), *range(n, n + n // 2)])
_high_halves = shuffle(lambda n: [*range(n // 2, n), *range(n + n // 2, 2 * n)])


@inlined
def transposed(a, b, c, d, e, f, g, h):
    """Turn eight tracks' eight stereo frames into eight frames of eight tracks."""
    ab, cd, ef, gh = _even_pairs(a, b), _even_pairs(c, d), _even_pairs(e, f), _even_pairs(g, h)
    AB, CD, EF, GH = _odd_pairs(a, b), _odd_pairs(c, d), _odd_pairs(e, f), _odd_pairs(g, h)  # noqa: N806 - the odd frames
    p, q, r, s = _low_quads(ab, cd), _high_quads(ab, cd), _low_quads(AB, CD), _high_quads(AB, CD)
    t, u, v, w = _low_quads(ef, gh), _high_quads(ef, gh), _low_quads(EF, GH), _high_quads(EF, GH)
    return (
        _low_halves(p, t), _low_halves(r, v), _low_halves(q, u), _low_halves(s, w),
        _high_halves(p, t), _high_halves(r, v), _high_halves(q, u), _high_halves(s, w),
    )  # fmt: skip


@inlined
def derive_trim(state64, state32, tracks, lane, row, side):
    """Set a track's trim at the end of this tile; ``row`` is its group's block, ``side`` its first lane there."""
    at = HEAD + lane
    trim = state64[at + _TRIM * tracks] * (1.0 - 2.0 * state64[at + _POLARITY * tracks])
    state32[row + TRIM_TO + side] = trim
    state32[row + TRIM_TO + side + 1] = trim


@inlined
def pan_gain(pan):
    """Equal power, unity at the centre: 0 at -1, +3 dB at 1."""
    return math.sqrt(2.0) * sine((pan + 1.0) * (math.pi / 4.0))


@inlined
def derive_mix(state64, state32, tracks, lane, row, side):
    """Set a track's gains into the mix and into the send (after the fader) at the end of this tile."""
    at = HEAD + lane
    level = state64[at + _FADER * tracks] * state64[at + _AUDIBLE * tracks]
    pan = state64[at + _PAN * tracks]
    send = state64[at + _LEVEL * tracks]
    left, right = level * pan_gain(-pan), level * pan_gain(pan)
    state32[row + GAIN_TO + side] = left
    state32[row + GAIN_TO + side + 1] = right
    state32[row + SEND_TO + side] = left * send
    state32[row + SEND_TO + side + 1] = right * send


@inlined
def settle_mix(state32, row):
    """Decide whether any track of a group sends."""
    sends = larger(magnitude(load16(state32, row + SEND)), magnitude(load16(state32, row + SEND_TO)))
    state32[row + MODE_SEND] = MIXED if sum_of(sends) > _ZERO else SKIP


@inlined
def intake(state64, state32, row, addresses, strides, levels, limits, moved, group, y):
    """Read one group's tile from its tracks' addresses, mute what is no sample, apply clip gain and trim."""
    first = group * TRACKS
    level, limit = load16(levels, 2 * first), load16(limits, 2 * first)
    zero = splat16(_ZERO)
    gain = load16(state32, row + TRIM)
    ramp = (load16(state32, row + TRIM_TO) - gain) * splat16(PER_FRAME)
    bad = zero
    a, b, c, d, e, f, g, h = (
        addresses[first] + strides[first] * moved,
        addresses[first + 1] + strides[first + 1] * moved,
        addresses[first + 2] + strides[first + 2] * moved,
        addresses[first + 3] + strides[first + 3] * moved,
        addresses[first + 4] + strides[first + 4] * moved,
        addresses[first + 5] + strides[first + 5] * moved,
        addresses[first + 6] + strides[first + 6] * moved,
        addresses[first + 7] + strides[first + 7] * moved,
    )
    for i in range(0, TILE, 8):
        at = 8 * i
        for k in range(TRACKS):
            prefetch(addresses[first + k] + strides[first + k] * moved + at + _AHEAD)
        frames = transposed(
            load16_at(a + at), load16_at(b + at), load16_at(c + at), load16_at(d + at),
            load16_at(e + at), load16_at(f + at), load16_at(g + at), load16_at(h + at),
        )  # fmt: skip
        k = 0
        for frame in frames:
            size = magnitude(frame)
            bad = fma(size, zero, bad)
            gain = gain + ramp
            store(y, (i + k) * 16, where_at_most(size, limit, frame, zero) * level * gain)
            k += 1  # noqa: SIM113 - numba unrolls a tuple, but no enumeration
    store(state32, row + TRIM, load16(state32, row + TRIM_TO))
    if sum_of(bad) != _ZERO:
        state64[NONFINITE] += 1.0


@inlined
def halved(dry, send):
    """Sum the upper four tracks onto the lower four: four pairs of the mix, then four of the send."""
    return _low_halves(dry, send) + _high_halves(dry, send)


@inlined
def mix(state32, row, y, bus, first):  # noqa: PLR0915
    """Add a group to the bus (four frames of dry pairs, the same four of send pairs, ...) and keep its meters."""
    gain, send = load16(state32, row + GAIN), load16(state32, row + SEND)
    gain_to, send_to = load16(state32, row + GAIN_TO), load16(state32, row + SEND_TO)
    zero, per_frame = splat16(_ZERO), splat16(PER_FRAME)
    gain_ramp, send_ramp = (gain_to - gain) * per_frame, (send_to - send) * per_frame
    peak, power = load16(state32, row + PEAK), load16(state32, row + POWER)
    for i in range(0, TILE, 4):
        gain, send = gain + gain_ramp, send + send_ramp
        x = load16(y, 16 * i)
        dry = x * gain
        peak, power = larger(peak, magnitude(dry)), fma(dry, dry, power)
        a = halved(dry, x * send)
        gain, send = gain + gain_ramp, send + send_ramp
        x = load16(y, 16 * i + 16)
        dry = x * gain
        peak, power = larger(peak, magnitude(dry)), fma(dry, dry, power)
        b = halved(dry, x * send)
        gain, send = gain + gain_ramp, send + send_ramp
        x = load16(y, 16 * i + 32)
        dry = x * gain
        peak, power = larger(peak, magnitude(dry)), fma(dry, dry, power)
        c = halved(dry, x * send)
        gain, send = gain + gain_ramp, send + send_ramp
        x = load16(y, 16 * i + 48)
        dry = x * gain
        peak, power = larger(peak, magnitude(dry)), fma(dry, dry, power)
        d = halved(dry, x * send)
        ac, bd = _low_quads(a, c) + _high_quads(a, c), _low_quads(b, d) + _high_quads(b, d)
        total = _even_pairs(ac, bd) + _odd_pairs(ac, bd)
        # Zero is added to the first group too: a sum of negative zeros must not depend on how many groups there are.
        store(bus, 4 * i, total + (zero if first else load16(bus, 4 * i)))
    store(state32, row + GAIN, gain_to)
    store(state32, row + SEND, send_to)
    store(state32, row + PEAK, peak)
    store(state32, row + POWER, power)


@inlined
def unpacked(bus, left, right, send_left, send_right):
    """Split the bus into planes of 32 frames."""
    for i in range(0, TILE, 16):
        a, b, c, d = load16(bus, 4 * i), load16(bus, 4 * i + 16), load16(bus, 4 * i + 32), load16(bus, 4 * i + 48)
        dry, more_dry, send, more_send = _low_halves(a, b), _low_halves(c, d), _high_halves(a, b), _high_halves(c, d)
        store(left, i, even(dry, more_dry))
        store(right, i, odd(dry, more_dry))
        store(send_left, i, even(send, more_send))
        store(send_right, i, odd(send, more_send))
