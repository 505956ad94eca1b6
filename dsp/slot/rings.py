"""Lines longer than 100 ms: rings beside the slots, addressed by process time, which all slots of a stream share.

A slot holds no sample of them, only since when a line runs: what lies before reads as silence, so a new run or a line that wakes
needs nothing cleared. Whoever goes back to a slot writes on from there; ``ahead`` frames may have been written beyond the slot
and what it reads of the past is still there. So bits do not depend on what was rendered, given up or superseded meanwhile.

The array holds four lines: the delay's left and right, the reverb's pre-delay's left and right. The first tile of each is
repeated behind its end, so that a read never wraps. How a tap moves to another place is here too: it fades.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import TILE
from dsp.simd.lanes import bits, from_bits, magnitude, splat16, where_at_most
from dsp.simd.memory import load16, store
from dsp.slot.layout import FADE, LONGEST_ECHO, LONGEST_PREDELAY, TO, ring_floats

_SILENT_THEN_HEARD = np.repeat(np.array([0, -1], np.int32), 16)
_LEAST = ring_floats(0)
_LOUDEST, _ZERO = np.float32(1e4), np.float32(0.0)


@inlined
def ring_frames(rings, longest):
    """Frames of a line of the given longest delay."""
    return longest + TILE + (len(rings) - _LEAST) // 4


@inlined
def echo_lines(rings):
    """Tell where the delay's lines begin, and their length."""
    frames = ring_frames(rings, LONGEST_ECHO)
    return 0, frames + TILE, frames


@inlined
def predelay_lines(rings):
    """Tell where the pre-delay's lines begin, and their length."""
    frames, after = ring_frames(rings, LONGEST_PREDELAY), 2 * (ring_frames(rings, LONGEST_ECHO) + TILE)
    return after, after + frames + TILE, frames


@inlined
def behind(now, delay, frames):
    """Tell where in a line the tile begins that was written ``delay`` frames before the one at ``now``."""
    return now - delay + (frames if now < delay else 0)


@inlined
def put(rings, at, now, frames, i, value):
    """Write sixteen frames into a line, and again behind its end where it begins; what is no sample is silence."""
    value = where_at_most(magnitude(value), splat16(_LOUDEST), value, splat16(_ZERO))
    store(rings, at + now + i, value)
    if now == 0:
        store(rings, at + frames + i, value)
    return value


@inlined
def get(rings, at, age):
    """Read sixteen frames of a line, the first written ``age`` frames after the line woke; what lies before that is silence."""
    return from_bits(bits(load16(rings, at)) & load16(_SILENT_THEN_HEARD, 16 + min(max(age, -16), 0)))


@inlined
def aim(state32, tap, wanted, tiles):
    """Let a tap begin to fade to another place, unless it still fades to one."""
    if state32[tap + FADE] == _ZERO and state32[tap] != wanted:
        state32[tap + TO] = wanted
        state32[tap + FADE] = tiles


@inlined
def place(state32, tap, wanted):
    """Put a tap where it is wanted at once."""
    state32[tap] = wanted
    state32[tap + TO] = wanted
    state32[tap + FADE] = _ZERO


@inlined
def arrive(state32, tap):
    """Let a fading tap take its step of this tile."""
    if state32[tap + FADE] > _ZERO:
        state32[tap + FADE] -= np.float32(1.0)
        if state32[tap + FADE] == _ZERO:
            state32[tap] = state32[tap + TO]
