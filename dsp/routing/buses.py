"""The far end of the channel strips: width, pan, fader, two sends, the way into the mix or through one of four groups, meters.

A *place* is where a strip's signal goes: straight into the mix, into the sends of the two effects, into the groups. Each is a
tile of interleaved stereo to which every block of eight tracks adds itself, unless it sends nothing there. No place delays
anything, so all stay aligned.

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
_PLANE = 2 * TILE
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
def scaled(y, at, gain, ramp, moving):
    """Return a frame times its gain, and that gain."""
    if moving:
        gain = gain + ramp
    return load16(y, at) * gain, gain


@inlined
def add(y, gain, ramp, moving, buses, to):
    """Add a tile, times gains that may be moving, to a place."""
    for i in range(0, TILE, 8):
        a, gain = scaled(y, 16 * i, gain, ramp, moving)
        b, gain = scaled(y, 16 * i + 16, gain, ramp, moving)
        c, gain = scaled(y, 16 * i + 32, gain, ramp, moving)
        d, gain = scaled(y, 16 * i + 48, gain, ramp, moving)
        e, gain = scaled(y, 16 * i + 64, gain, ramp, moving)
        f, gain = scaled(y, 16 * i + 80, gain, ramp, moving)
        g, gain = scaled(y, 16 * i + 96, gain, ramp, moving)
        h, gain = scaled(y, 16 * i + 112, gain, ramp, moving)
        store(buses, to + 2 * i, load16(buses, to + 2 * i) + summed(a, b, c, d, e, f, g, h))


@inlined
def added(state32, now, to, y, buses, place):
    """Add a tile, times gains on their way, to a place; apart for gains that stand, which is the rule."""
    gain, gain_to = load16(state32, now), load16(state32, to)
    if differs(state32, now, to):
        add(y, gain, (gain_to - gain) * splat16(PER_FRAME), True, buses, place * _PLANE)
        store(state32, now, gain_to)
    else:
        add(y, gain, gain, False, buses, place * _PLANE)


@inlined
def metered(y, at, gain, ramp, moving, peak, power):
    """Return a frame times its gain, that gain, and the meters that have seen it."""
    x, gain = scaled(y, at, gain, ramp, moving)
    return x, gain, larger_magnitude(peak, x), fma(x, x, power)


@inlined
def meter(state32, row, y, gain, ramp, moving, whole, buses):
    """Read the strips' meters; add the tile to the mix if the block goes there as a whole."""
    peak, power = load16(state32, row + PEAK), load16(state32, row + POWER)
    for i in range(0, TILE, 8):
        a, gain, peak, power = metered(y, 16 * i, gain, ramp, moving, peak, power)
        b, gain, peak, power = metered(y, 16 * i + 16, gain, ramp, moving, peak, power)
        c, gain, peak, power = metered(y, 16 * i + 32, gain, ramp, moving, peak, power)
        d, gain, peak, power = metered(y, 16 * i + 48, gain, ramp, moving, peak, power)
        e, gain, peak, power = metered(y, 16 * i + 64, gain, ramp, moving, peak, power)
        f, gain, peak, power = metered(y, 16 * i + 80, gain, ramp, moving, peak, power)
        g, gain, peak, power = metered(y, 16 * i + 96, gain, ramp, moving, peak, power)
        h, gain, peak, power = metered(y, 16 * i + 112, gain, ramp, moving, peak, power)
        if whole:
            store(buses, 2 * i, load16(buses, 2 * i) + summed(a, b, c, d, e, f, g, h))
    store(state32, row + PEAK, peak)
    store(state32, row + POWER, power)


@inlined
def output(state32, row, y, buses):
    """Read the strips' meters and, where none is turned aside, add the whole tile to the mix."""
    whole = state32[row + MODE_WHOLE] != SKIP
    gain, gain_to = load16(state32, row + GAIN), load16(state32, row + GAIN_TO)
    if differs(state32, row + GAIN, row + GAIN_TO):
        meter(state32, row, y, gain, (gain_to - gain) * splat16(PER_FRAME), True, whole, buses)
        store(state32, row + GAIN, gain_to)
    else:
        meter(state32, row, y, gain, gain, False, whole, buses)
    if whole:
        store(state32, row + INTO, gain_to)


@inlined
def mix(state32, row, y, buses):
    """Add a block of eight tracks to every place that it feeds, and keep its meters."""
    if state32[row + MODE_WIDTH] != SKIP:
        widened(state32, row, y)
    output(state32, row, y, buses)
    for place in range(PLACES):
        if state32[row + MODE_INTO + place] != SKIP:
            added(state32, row + INTO + place * LANES, row + INTO_TO + place * LANES, y, buses, place)


@inlined
def grouped(state32, buses):
    """Add the groups, each times its fader, to the mix, and keep their meters."""
    for group in range(GROUPS):
        if state32[GROUP_MODE + group] != SKIP:
            now, step = state32[GROUP_GAIN + group], (state32[GROUP_GAIN_TO + group] - state32[GROUP_GAIN + group]) * PER_FRAME
            peak, power = load16(state32, GROUP_PEAK + group * LANES), load16(state32, GROUP_POWER + group * LANES)
            for i in range(0, _PLANE, 16):
                gain = fma(load16(_FRAME_OF, 0), splat16(step), splat16(fma(np.float32(i // 2), step, now)))
                x = load16(buses, (FIRST_GROUP + group) * _PLANE + i) * gain
                peak, power = larger_magnitude(peak, x), fma(x, x, power)
                store(buses, i, load16(buses, i) + x)
            store(state32, GROUP_PEAK + group * LANES, peak)
            store(state32, GROUP_POWER + group * LANES, power)
    land_groups(state32)


@inlined
def unpacked(buses, place, left, right):
    """Split a place into planes of 32 frames."""
    for i in range(0, TILE, 16):
        a, b = load16(buses, place * _PLANE + 2 * i), load16(buses, place * _PLANE + 2 * i + 16)
        store(left, i, even(a, b))
        store(right, i, odd(a, b))
