"""The reverb bus: its pre-delay, what its network (``dsp/effects/network.py``) derives from the parameters, and when it rests.

Another pre-delay is faded to, by reading both for a while. The treble decays faster by a ratio that is the damping's alone (after
Jot's absorption filters: Jot and Chaigne, AES 90, 1991). What enters is scaled so that steady sound is as loud whatever decay and
size; what rings already keeps its level. What waits in the pre-delay is in ``rings`` (``dsp/slot/rings.py``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np

from dsp.cache import inlined
from dsp.desk.params import bus_index
from dsp.effects.network import LENGTHS, SIZE_FADES, diffused, empty, measure, turn
from dsp.grid import RATE, TILE
from dsp.metering.meters import peaks_of_tile
from dsp.simd.approximations import exp2
from dsp.simd.lanes import fma, larger, peak_of
from dsp.simd.memory import load16, store
from dsp.simd.scans import powers_of, ramp
from dsp.slot.glide import BUS_ROWS, TRACK_ROWS
from dsp.slot.layout import (
    CROSS,
    CROSS_TO,
    ENTRY,
    ENTRY_TO,
    FADE,
    HEAD,
    LINE_GAIN,
    LINE_GAIN_TO,
    LINES,
    LONGEST_PREDELAY,
    POLE,
    PREDELAY_SINCE,
    PREDELAY_TAP,
    REVERB_HEARD,
    REVERB_LEFT,
    RINGS,
    SAME,
    SAME_TO,
    SIZE_TAP,
    TO,
)
from dsp.slot.rings import aim, arrive, behind, get, place, predelay_lines, put

FADES = 30
"""Tiles over which another pre-delay is faded to: 20 ms."""
RESTS_AFTER = (LONGEST_PREDELAY + max(RINGS)) // TILE + 2
"""Tiles without anything to turn round after which the reverb rests."""
_LINGERS = max(RINGS) // TILE + 2.0
"""Tiles after which what was let into the lines has come out, or was too soft."""
HEARD = np.float32(5e-6)
"""What is sent this loud counts as heard where the song's end is looked for."""
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_PREDELAY, _DECAY, _DAMPING, _SIZE, _WIDTH, _RETURN = (
    bus_index("reverb", name, 0) for name in ("predelay_ms", "decay_s", "damping", "size", "width", "return_db")
)
_MIX = np.float32(1.0 / math.sqrt(8.0))
_MEAN = sum(LINES) / len(LINES) / RATE
"""Seconds of a mean line."""
_SIXTY_DB = -9.965784284662087
"""Logarithm to base 2 of a thousandth."""
_LEVEL = 0.4 / math.sqrt(1.0 - 2.0 ** (2.0 * _SIXTY_DB * _MEAN / 1.8))
"""Factor of what enters without the lines' own gain: about as loud as the send."""
_SLANT = 25.0 * 3.0 * math.log(10.0) / 4.0 * _MEAN
"""The damping's pole where all of it meets a decay of one second at size 1: sqrt(26) times shorter at the top."""
_DARKEST = 0.6
"""The damping's pole at its highest: beyond it the mids would decay faster too."""
_GONE = np.float32(1e-9)


@inlined
def derive_reverb(state64, state32, tracks):
    """Set the reverb's numbers at the end of this tile."""
    at = HEAD + TRACK_ROWS * tracks
    passes = state64[at + _SIZE] / exp2(state64[at + _DECAY])
    for k in range(8):
        state32[LINE_GAIN_TO + k] = exp2(_SIXTY_DB * LENGTHS[k] / RATE * passes) * _MIX
    powers_of(state32, POLE, min(_SLANT * state64[at + _DAMPING] * passes, _DARKEST))
    state32[ENTRY_TO] = _LEVEL * math.sqrt(1.0 - exp2(2.0 * _SIXTY_DB * _MEAN * passes))
    level, width = state64[at + _RETURN], state64[at + _WIDTH]
    state32[SAME_TO] = level * 0.5 * (1.0 + width)
    state32[CROSS_TO] = level * 0.5 * (1.0 - width)


@inlined
def land_reverb(state32):
    """Let the gains stand where they would go."""
    state32[ENTRY] = state32[ENTRY_TO]
    for k in range(8):
        state32[LINE_GAIN + k] = state32[LINE_GAIN_TO + k]
    state32[SAME] = state32[SAME_TO]
    state32[CROSS] = state32[CROSS_TO]


@inlined
def steer(state64, state32, tracks, frame):
    """Aim at the pre-delay and the size that are wanted; a reverb that has rested has them at once."""
    target = HEAD + 2 * TRACK_ROWS * tracks + BUS_ROWS
    delay = np.float32(math.floor(state64[target + _PREDELAY] * (RATE / 1000.0) + 0.5))
    size = np.float32(state64[target + _SIZE])
    if state64[REVERB_LEFT] <= 0.0:
        state64[PREDELAY_SINCE] = frame
        place(state32, PREDELAY_TAP, delay)
        place(state32, SIZE_TAP, size)
        measure(state32)
    aim(state32, PREDELAY_TAP, delay, FADES)
    if state32[SIZE_TAP] != size:
        aim(state32, SIZE_TAP, size, SIZE_FADES)
        measure(state32)


@inlined
def expect(state64, state32, loudest):
    """Note for how long something may still come of a tile of the send, before anything is heard of it."""
    back = max(state32[SAME] + state32[CROSS], state32[SAME_TO] + state32[CROSS_TO])
    if loudest * back >= HEARD:
        state64[REVERB_HEARD] = math.floor(max(state32[PREDELAY_TAP], state32[PREDELAY_TAP + TO]) / TILE) + _LINGERS
    else:
        state64[REVERB_HEARD] = max(state64[REVERB_HEARD] - 1.0, 0.0)


@inlined
def reverberate(state64, state32, rings, tracks, frame, send_left, send_right, left, right):
    """Feed a tile of the send bus to the lines and add their return to ``left`` and ``right``; the send is used up."""
    loudest = peak_of(larger(peaks_of_tile(send_left), peaks_of_tile(send_right)))
    fed = loudest > _ZERO
    if fed or state64[REVERB_LEFT] > 0.0:
        steer(state64, state32, tracks, frame)
        expect(state64, state32, loudest)
        wait(state64, state32, rings, frame, send_left, send_right)
        loudest = turn(state32, frame, send_left, send_right, left, right)
        state64[REVERB_LEFT] = RESTS_AFTER if fed or loudest >= _GONE else state64[REVERB_LEFT] - 1.0
        arrive(state32, PREDELAY_TAP)
        if state32[SIZE_TAP + FADE] > _ZERO:
            arrive(state32, SIZE_TAP)
            measure(state32)
        if state64[REVERB_LEFT] <= 0.0:
            empty(state32)
    land_reverb(state32)


@inlined
def wait(state64, state32, rings, frame, left, right):
    """Put a tile of the send into the pre-delay, and what comes out, diffused, in its place."""
    at_left, at_right, frames = predelay_lines(rings)
    now, age = frame % frames, frame - np.int64(state64[PREDELAY_SINCE])
    near, far, fade = np.int64(state32[PREDELAY_TAP]), np.int64(state32[PREDELAY_TAP + TO]), state32[PREDELAY_TAP + FADE]
    begin, end = behind(now, near, frames), behind(now, far, frames)
    for i in range(0, TILE, 16):
        put(rings, at_left, now, frames, i, load16(left, i))
        put(rings, at_right, now, frames, i, load16(right, i))
    for i in range(0, TILE, 16):
        a, b = get(rings, at_left + begin + i, age + i - near), get(rings, at_right + begin + i, age + i - near)
        if fade > _ZERO:
            more = ramp(_ONE - fade / np.float32(FADES), _ONE - (fade - _ONE) / np.float32(FADES), i)
            a = fma(more, get(rings, at_left + end + i, age + i - far) - a, a)
            b = fma(more, get(rings, at_right + end + i, age + i - far) - b, b)
        entry = ramp(state32[ENTRY], state32[ENTRY_TO], i)
        a, b = a * entry, b * entry
        a = diffused(state32, frame, 4, i, diffused(state32, frame, 2, i, diffused(state32, frame, 0, i, a)))
        b = diffused(state32, frame, 5, i, diffused(state32, frame, 3, i, diffused(state32, frame, 1, i, b)))
        store(left, i, a)
        store(right, i, b)
