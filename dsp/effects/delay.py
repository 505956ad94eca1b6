"""The delay bus: two lines whose echoes go through a low cut and a high cut, and around again, straight or from side to side.

With ping-pong both sides enter on the left (as loud together as apart) and each echo changes the side. Cuts are first-order
bilinear filters, run sixteen frames at a time as scans. When the time changes, reads fade from the old place of the line to the
new one over 30 ms; while this lasts further changes wait. What lies in the lines is in ``rings`` (``dsp/slot/rings.py``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined
from dsp.desk.params import bus_index
from dsp.grid import RATE, TILE
from dsp.metering.meters import peaks_of_tile
from dsp.simd.approximations import cosine, exp2, sine
from dsp.simd.lanes import first, fma, larger, magnitude, peak_of, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import back_1, decay_sum, last_lane, powers_of, ramp
from dsp.slot.glide import BUS_ROWS, TRACK_ROWS
from dsp.slot.layout import (
    ECHO_AGAIN,
    ECHO_AGAIN_TO,
    ECHO_CROSS,
    ECHO_CROSS_TO,
    ECHO_HEARD,
    ECHO_HIGH,
    ECHO_L,
    ECHO_LAST,
    ECHO_LEFT,
    ECHO_LOW,
    ECHO_R,
    ECHO_SAME,
    ECHO_SAME_TO,
    ECHO_SIDES,
    ECHO_SIDES_TO,
    ECHO_SINCE,
    ECHO_TAP,
    FADE,
    HEAD,
    LONGEST_ECHO,
    TO,
)
from dsp.slot.rings import aim, arrive, behind, echo_lines, get, place, put

FADES = 45
"""Tiles over which reads fade to another place: 30 ms."""
RESTS_AFTER = LONGEST_ECHO // TILE + 2
"""Tiles without anything to repeat after which the delay rests."""
HEARD = np.float32(5e-6)
"""What comes back this loud counts as heard where the song's end is looked for: 6 dB below what counts as silence."""
_ZERO, _ONE, _HALF, _SQRT_HALF = (np.float32(value) for value in (0.0, 1.0, 0.5, math.sqrt(0.5)))
_GONE = np.float32(1e-9)
_FRAMES, _FEEDBACK, _SIDES, _LOW, _HIGH, _WIDTH, _RETURN = (
    bus_index("delay", name, 0) for name in ("frames", "feedback", "ping_pong", "highpass_hz", "lowpass_hz", "width", "return_db")
)


@inlined
def pole_of(octave):
    """Return the pole of a first-order bilinear filter; ``octave`` is the logarithm to base 2 of its corner in hertz."""
    half = exp2(octave) * (math.pi / RATE)
    s, c = sine(half), cosine(half)
    return (c - s) / (c + s)


@inlined
def derive_delay(state64, state32, tracks):
    """Set the delay's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    state32[ECHO_AGAIN_TO] = state64[at + _FEEDBACK]
    state32[ECHO_SIDES_TO] = state64[at + _SIDES]
    level, width = state64[at + _RETURN], state64[at + _WIDTH]
    state32[ECHO_SAME_TO] = level * 0.5 * (1.0 + width)
    state32[ECHO_CROSS_TO] = level * 0.5 * (1.0 - width)
    powers_of(state32, ECHO_LOW, pole_of(state64[at + _LOW]))
    powers_of(state32, ECHO_HIGH, pole_of(state64[at + _HIGH]))


@inlined
def land_delay(state32):
    """Let the delay's gains stand where they would go."""
    state32[ECHO_SAME] = state32[ECHO_SAME_TO]
    state32[ECHO_CROSS] = state32[ECHO_CROSS_TO]
    state32[ECHO_AGAIN] = state32[ECHO_AGAIN_TO]
    state32[ECHO_SIDES] = state32[ECHO_SIDES_TO]


@inlined
def repeat(state64, state32, rings, tracks, frame, send_left, send_right, left, right):
    """Feed a tile of the send bus to the lines and add their return to ``left`` and ``right``."""
    fed = peak_of(larger(peaks_of_tile(send_left), peaks_of_tile(send_right))) > _ZERO
    if fed or state64[ECHO_LEFT] > 0.0:
        wanted = np.float32(math.floor(state64[HEAD + TRACK_ROWS * (2 * tracks) + BUS_ROWS + _FRAMES] + 0.5))
        if state64[ECHO_LEFT] <= 0.0:
            state64[ECHO_SINCE] = frame
            place(state32, ECHO_TAP, wanted)
            for k in range(6):
                state32[ECHO_LAST + k] = _ZERO
        aim(state32, ECHO_TAP, wanted, FADES)
        back = max(state32[ECHO_SAME] + state32[ECHO_CROSS], state32[ECHO_SAME_TO] + state32[ECHO_CROSS_TO])
        loudest = go_round(state64, state32, rings, frame, send_left, send_right, left, right)
        state64[ECHO_LEFT] = RESTS_AFTER if fed or loudest >= _GONE else state64[ECHO_LEFT] - 1.0
        if loudest * back >= HEARD:
            state64[ECHO_HEARD] = max(state32[ECHO_TAP], state32[ECHO_TAP + TO]) / TILE + 2.0
        else:
            state64[ECHO_HEARD] = max(state64[ECHO_HEARD] - 1.0, 0.0)
        arrive(state32, ECHO_TAP)
    land_delay(state32)


@inlined
def go_round(state64, state32, rings, frame, send_left, send_right, left, right):  # noqa: PLR0915
    """Move both lines on by a tile; returns the largest magnitude written into them."""
    at_left, at_right, frames = echo_lines(rings)
    now, age = frame % frames, frame - np.int64(state64[ECHO_SINCE])
    near, far, fade = np.int64(state32[ECHO_TAP]), np.int64(state32[ECHO_TAP + TO]), state32[ECHO_TAP + FADE]
    begin, end = behind(now, near, frames), behind(now, far, frames)
    share, share_to = _ONE - fade / np.float32(FADES), _ONE - (fade - _ONE) / np.float32(FADES)
    powers_low, powers_high = load16(state32, ECHO_LOW), load16(state32, ECHO_HIGH)
    low, high = splat16(_HALF + _HALF * state32[ECHO_LOW]), splat16(_HALF - _HALF * state32[ECHO_HIGH])
    x_left, x_right = splat16(state32[ECHO_LAST]), splat16(state32[ECHO_LAST + 1])
    h_left, h_right = splat16(state32[ECHO_LAST + 2]), splat16(state32[ECHO_LAST + 3])
    y_left, y_right = splat16(state32[ECHO_LAST + 4]), splat16(state32[ECHO_LAST + 5])
    loudest = splat16(_ZERO)
    for i in range(0, TILE, 16):
        a, b = get(rings, at_left + begin + i, age + i - near), get(rings, at_right + begin + i, age + i - near)
        if fade > _ZERO:
            more = ramp(share, share_to, i)
            a = fma(more, get(rings, at_left + end + i, age + i - far) - a, a)
            b = fma(more, get(rings, at_right + end + i, age + i - far) - b, b)
        c, d = (a - back_1(a, x_left)) * low, (b - back_1(b, x_right)) * low
        x_left, x_right = last_lane(a, a), last_lane(b, b)
        c, d = decay_sum(c, h_left, powers_low, state32, ECHO_LOW), decay_sum(d, h_right, powers_low, state32, ECHO_LOW)
        a, b = (c + back_1(c, h_left)) * high, (d + back_1(d, h_right)) * high
        h_left, h_right = last_lane(c, c), last_lane(d, d)
        a, b = decay_sum(a, y_left, powers_high, state32, ECHO_HIGH), decay_sum(b, y_right, powers_high, state32, ECHO_HIGH)
        y_left, y_right = last_lane(a, a), last_lane(b, b)
        same, cross = ramp(state32[ECHO_SAME], state32[ECHO_SAME_TO], i), ramp(state32[ECHO_CROSS], state32[ECHO_CROSS_TO], i)
        wet_left, wet_right = fma(a, same, b * cross), fma(b, same, a * cross)
        store(left, i, load16(left, i) + wet_left)
        store(right, i, load16(right, i) + wet_right)
        store(state32, ECHO_L, larger(load16(state32, ECHO_L), magnitude(wet_left)))
        store(state32, ECHO_R, larger(load16(state32, ECHO_R), magnitude(wet_right)))
        sides = ramp(state32[ECHO_SIDES], state32[ECHO_SIDES_TO], i)
        again = ramp(state32[ECHO_AGAIN], state32[ECHO_AGAIN_TO], i)
        own, sent_left, sent_right = splat16(_ONE) - sides, load16(send_left, i), load16(send_right, i)
        both = (sent_left + sent_right) * (sides * splat16(_SQRT_HALF))
        a, b = fma(own, a, sides * b) * again, fma(own, b, sides * a) * again
        a, b = fma(own, sent_left, both) + a, fma(own, sent_right, b)
        a, b = put(rings, at_left, now, frames, i, a), put(rings, at_right, now, frames, i, b)
        loudest = larger(loudest, larger(magnitude(a), magnitude(b)))
    state32[ECHO_LAST], state32[ECHO_LAST + 1] = first(x_left), first(x_right)
    state32[ECHO_LAST + 2], state32[ECHO_LAST + 3] = first(h_left), first(h_right)
    state32[ECHO_LAST + 4], state32[ECHO_LAST + 5] = first(y_left), first(y_right)
    return peak_of(loudest)
