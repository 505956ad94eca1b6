"""The far end of the channel strips: width, pan, fader, two sends, the way into the mix or through one of four groups, meters.

A *place* is where a strip's signal goes: straight into the mix, into the sends of the two effects, into the groups. Each is a
tile of sixteen lanes to which every block of eight tracks adds itself, unless it sends nothing there; what the lanes hold is
added up once, at the end. No place delays anything, so all stay aligned.

A send takes the track behind width and pan: after fader, mute and solo, or (``pre``) before fader and mute; solo in place
silences it even then. Zero is where every sum begins: one of negative zeros must not depend on how many blocks there are.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.desk.params import GROUPS, bus_index, track_index
from dsp.grid import TILE
from dsp.routing.pairs import summed, swapped
from dsp.routing.pan import pan_gain
from dsp.simd.lanes import any_above, fma, larger, larger_magnitude, magnitude, splat16, sum_of
from dsp.simd.memory import load16, store
from dsp.simd.scans import PER_FRAME, even, odd
from dsp.slot.glide import TRACK_ROWS
from dsp.slot.layout import (
    BUS_SIZE,
    DIRECT,
    FIRST_GROUP,
    FULL,
    GAIN,
    GAIN_TO,
    GROUP_GAIN,
    GROUP_GAIN_TO,
    GROUP_MODE,
    GROUP_PEAK,
    GROUP_POWER,
    GROUP_SIZE,
    HEAD,
    INTO,
    INTO_TO,
    LANES,
    MIXED,
    MODE_INTO,
    MODE_WHOLE,
    MODE_WIDTH,
    OTHER_SIDE,
    OTHER_SIDE_TO,
    PEAK,
    PLACES,
    POWER,
    REVERB_SEND,
    SAME_SIDE,
    SAME_SIDE_TO,
    SKIP,
    TRACKS,
)

_ZERO = np.float32(0.0)
_WIDTH, _PAN, _LAW, _FADER, _AUDIBLE, _HEARD, _ROUTE = (
    track_index(name, 0, 1) for name in ("width", "pan", "pan_law", "fader_db", "audible", "heard", "route/0")
)
_SENDS = tuple((track_index(f"send/{k}/level_db", 0, 1), track_index(f"send/{k}/pre", 0, 1)) for k in (1, 2))
_LEVEL, _PRE, _PER_SEND = _SENDS[0][0], _SENDS[0][1], _SENDS[1][0] - _SENDS[0][0]
MIX_PARAMETERS = (
    *(_WIDTH, _PAN, _LAW, _FADER, _AUDIBLE, _HEARD), *(row for send in _SENDS for row in send),
    *(_ROUTE + place for place in range(1 + GROUPS)),
)  # fmt: skip
_GROUP_FADER, _GROUP_AUDIBLE = bus_index("group", "fader_db", 0), bus_index("group", "audible", 0)
_LANES_OF_TILE = LANES * TILE
_FRAME_OF = np.arange(2, 18).astype(np.float32) // np.float32(2)


@inlined
def derive_mix(state64, state32, tracks, lane, row, side):
    """Set a track's width and its gains into every place at the end of this tile."""
    at = HEAD + lane
    width, law, pan = state64[at + _WIDTH * tracks], state64[at + _LAW * tracks], state64[at + _PAN * tracks]
    level = state64[at + _FADER * tracks] * state64[at + _AUDIBLE * tracks]
    for k in range(2):
        lane_of = row + side + k
        panned = pan_gain(law, pan if k else -pan)
        state32[lane_of + SAME_SIDE_TO] = 0.5 * (1.0 + width)
        state32[lane_of + OTHER_SIDE_TO] = 0.5 * (1.0 - width)
        gain = level * panned
        state32[lane_of + GAIN_TO] = gain
        state32[lane_of + INTO_TO + DIRECT * LANES] = gain * state64[at + _ROUTE * tracks]
        for group in range(GROUPS):
            state32[lane_of + INTO_TO + (FIRST_GROUP + group) * LANES] = gain * state64[at + (_ROUTE + 1 + group) * tracks]
        for send in range(2):
            pre = state64[at + (_PRE + send * _PER_SEND) * tracks]
            taken = level * (1.0 - pre) + state64[at + _HEARD * tracks] * pre
            factor = state64[at + (_LEVEL + send * _PER_SEND) * tracks]
            state32[lane_of + INTO_TO + (REVERB_SEND + send) * LANES] = taken * panned * factor


@inlined
def derive_groups(state64, state32, tracks):
    """Set the groups' gains at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    for group in range(GROUPS):
        state32[GROUP_GAIN_TO + group] = state64[at + _GROUP_FADER + group] * state64[at + _GROUP_AUDIBLE + group]


@inlined
def land_mix(state32, row):
    """Let a block's gains stand where they would go."""
    for k in range(row, row + LANES):
        state32[k + SAME_SIDE] = state32[k + SAME_SIDE_TO]
        state32[k + OTHER_SIDE] = state32[k + OTHER_SIDE_TO]
        state32[k + GAIN] = state32[k + GAIN_TO]
    for k in range(row, row + PLACES * LANES):
        state32[k + INTO] = state32[k + INTO_TO]


@inlined
def land_groups(state32):
    """Let the groups' gains stand where they would go."""
    for group in range(GROUPS):
        state32[GROUP_GAIN + group] = state32[GROUP_GAIN_TO + group]


@inlined
def differs(state32, a, b):
    """Tell whether two rows differ anywhere."""
    return any_above(magnitude(load16(state32, a) - load16(state32, b)), splat16(_ZERO))


@inlined
def settle_mix(state32, row):
    """Decide which places a block feeds, and whether any of its tracks is narrower or wider than it came."""
    for place in range(PLACES):
        now, to = row + INTO + place * LANES, row + INTO_TO + place * LANES
        gains = larger(magnitude(load16(state32, now)), magnitude(load16(state32, to)))
        state32[row + MODE_INTO + place] = MIXED if sum_of(gains) > _ZERO else SKIP
    aside = differs(state32, row + INTO, row + GAIN) or differs(state32, row + INTO_TO, row + GAIN_TO)
    state32[row + MODE_WHOLE] = SKIP if aside else FULL
    if not aside:
        state32[row + MODE_INTO + DIRECT] = SKIP
    others = larger(magnitude(load16(state32, row + OTHER_SIDE)), magnitude(load16(state32, row + OTHER_SIDE_TO)))
    state32[row + MODE_WIDTH] = MIXED if sum_of(others) > _ZERO else SKIP


@inlined
def settle_groups(state32, tracks):
    """Decide which groups have anything to play."""
    for group in range(GROUPS):
        state32[GROUP_MODE + group] = SKIP
        for block in range(tracks // TRACKS):
            if state32[BUS_SIZE + block * GROUP_SIZE + MODE_INTO + FIRST_GROUP + group] != SKIP:
                state32[GROUP_MODE + group] = MIXED


@inlined
def widened(state32, row, y):
    """Make the tracks of a tile narrower or wider."""
    same, other = load16(state32, row + SAME_SIDE), load16(state32, row + OTHER_SIDE)
    same_to, other_to = load16(state32, row + SAME_SIDE_TO), load16(state32, row + OTHER_SIDE_TO)
    per_frame = splat16(PER_FRAME)
    same_ramp, other_ramp = (same_to - same) * per_frame, (other_to - other) * per_frame
    for i in range(0, 16 * TILE, 16):
        same, other = same + same_ramp, other + other_ramp
        x = load16(y, i)
        store(y, i, fma(swapped(x, x), other, x * same))
    store(state32, row + SAME_SIDE, same_to)
    store(state32, row + OTHER_SIDE, other_to)


@inlined
def scaled(y, i, gain, ramp, moving):
    """Return a frame times its gain, and that gain."""
    if moving:
        gain = gain + ramp
    return load16(y, i) * gain, gain


@inlined
def put(sums, i, x, joins):
    """Write a frame to a place, or add it to what is there."""
    if joins:
        x = load16(sums, i) + x
    store(sums, i, x)


@inlined
def add(y, gain, ramp, moving, sums, to, joins):
    """Add a tile, times gains that may be moving, to a place."""
    for i in range(0, _LANES_OF_TILE, LANES):
        x, gain = scaled(y, i, gain, ramp, moving)
        put(sums, to + i, x, joins)


@inlined
def added(state32, now, to, y, sums, place, joins):
    """Add a tile, times gains on their way, to a place; apart for gains that stand, which is the rule."""
    gain, gain_to = load16(state32, now), load16(state32, to)
    if differs(state32, now, to):
        ramp = (gain_to - gain) * splat16(PER_FRAME)
        add(y, gain, ramp, True, sums, place, True) if joins else add(y, gain, ramp, True, sums, place, False)
        store(state32, now, gain_to)
    elif joins:
        add(y, gain, gain, False, sums, place, True)
    else:
        add(y, gain, gain, False, sums, place, False)


@inlined
def meter(state32, row, y, gain, ramp, moving, whole, joins, sums):
    """Read the strips' meters; add the tile to the mix if the block goes there as a whole."""
    peak, power = load16(state32, row + PEAK), load16(state32, row + POWER)
    for i in range(0, _LANES_OF_TILE, LANES):
        x, gain = scaled(y, i, gain, ramp, moving)
        peak, power = larger_magnitude(peak, x), fma(x, x, power)
        if whole:
            put(sums, i, x, joins)
    store(state32, row + PEAK, peak)
    store(state32, row + POWER, power)


@inlined
def output(state32, row, y, sums, joins):
    """Read the strips' meters and, where none is turned aside, add the whole tile to the mix."""
    whole = state32[row + MODE_WHOLE] != SKIP
    gain, gain_to = load16(state32, row + GAIN), load16(state32, row + GAIN_TO)
    if differs(state32, row + GAIN, row + GAIN_TO):
        meter(state32, row, y, gain, (gain_to - gain) * splat16(PER_FRAME), True, whole, joins, sums)
        store(state32, row + GAIN, gain_to)
    elif not whole:
        meter(state32, row, y, gain, gain, False, False, False, sums)
    elif joins:
        meter(state32, row, y, gain, gain, False, True, True, sums)
    else:
        meter(state32, row, y, gain, gain, False, True, False, sums)
    if whole:
        store(state32, row + INTO, gain_to)
    return whole


@inlined
def mix(state32, row, y, sums, fed):
    """Add a block of eight tracks to every place that it feeds, and keep its meters.

    ``fed`` has a bit for each place that has been fed in this tile; returns what it is from here on.
    """
    if state32[row + MODE_WIDTH] != SKIP:
        widened(state32, row, y)
    if output(state32, row, y, sums, fed & 1 != 0):
        fed |= 1
    for place in range(PLACES):
        if state32[row + MODE_INTO + place] != SKIP:
            now = row + INTO + place * LANES
            added(state32, now, now + INTO_TO - INTO, y, sums, place * _LANES_OF_TILE, fed >> place & 1 != 0)
            fed |= 1 << place
    return fed


@inlined
def together(sums, place, i):
    """Return eight stereo frames of a place, from frame ``i`` on: all its lanes added up."""
    at = place * _LANES_OF_TILE + i * LANES
    a, b, c, d = load16(sums, at), load16(sums, at + 16), load16(sums, at + 32), load16(sums, at + 48)
    e, f, g, h = load16(sums, at + 64), load16(sums, at + 80), load16(sums, at + 96), load16(sums, at + 112)
    return splat16(_ZERO) + summed(a, b, c, d, e, f, g, h)


@inlined
def unpacked(sums, place, fed, left, right):
    """Add up a place into planes of 32 frames."""
    for i in range(0, TILE, 16):
        a, b = splat16(_ZERO), splat16(_ZERO)
        if fed >> place & 1 != 0:
            a, b = together(sums, place, i), together(sums, place, i + 8)
        store(left, i, even(a, b))
        store(right, i, odd(a, b))


@inlined
def grouped(state32, sums, left, right):
    """Add the groups, each times its fader, to the mix, and keep their meters."""
    for group in range(GROUPS):
        if state32[GROUP_MODE + group] != SKIP:
            now, step = state32[GROUP_GAIN + group], (state32[GROUP_GAIN_TO + group] - state32[GROUP_GAIN + group]) * PER_FRAME
            peak, power = load16(state32, GROUP_PEAK + group * LANES), load16(state32, GROUP_POWER + group * LANES)
            for i in range(0, TILE, 16):
                a, b = together(sums, FIRST_GROUP + group, i), together(sums, FIRST_GROUP + group, i + 8)
                a = a * fma(load16(_FRAME_OF, 0), splat16(step), splat16(fma(np.float32(i), step, now)))
                b = b * fma(load16(_FRAME_OF, 0), splat16(step), splat16(fma(np.float32(i + 8), step, now)))
                peak = larger_magnitude(larger_magnitude(peak, a), b)
                power = fma(b, b, fma(a, a, power))
                store(left, i, load16(left, i) + even(a, b))
                store(right, i, load16(right, i) + odd(a, b))
            store(state32, GROUP_PEAK + group * LANES, peak)
            store(state32, GROUP_POWER + group * LANES, power)
    land_groups(state32)
