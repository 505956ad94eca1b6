"""The master fader and the look-ahead limiter, whose delay is exactly LATENCY whether it works or not."""

import numpy as np

from dsp.cache import inlined
from dsp.grid import LATENCY, TILE
from dsp.lanes import load16, shuffle, splat16, store
from dsp.layout import DELAYED_L, DELAYED_R, MASTER, MASTER_TO
from dsp.strip import PER_FRAME

_low_zip = shuffle(lambda n: [half * n + i for i in range(n // 2) for half in (0, 1)])
_high_zip = shuffle(lambda n: [half * n + i for i in range(n // 2, n) for half in (0, 1)])
_COUNT_UP = np.arange(1, 17).astype(np.float32)


@inlined
def faded(state32, left, right):  # type: ignore[no-untyped-def]
    """Put a tile, times the master fader, behind the delayed frames."""
    gain, to = state32[MASTER], state32[MASTER_TO]
    step = (to - gain) * PER_FRAME
    for i in range(0, TILE, 16):
        factor = splat16(np.float32(gain + step * np.float32(i))) + splat16(step) * load16(_COUNT_UP, 0)
        store(state32, DELAYED_L + LATENCY + i, load16(left, i) * factor)
        store(state32, DELAYED_R + LATENCY + i, load16(right, i) * factor)
    state32[MASTER] = to


@inlined
def move_on(state32):  # type: ignore[no-untyped-def]
    """Shift the delayed frames by a tile."""
    for i in range(0, LATENCY, 16):
        store(state32, DELAYED_L + i, load16(state32, DELAYED_L + TILE + i))
        store(state32, DELAYED_R + i, load16(state32, DELAYED_R + TILE + i))


@inlined
def limit(state32, out, at):  # type: ignore[no-untyped-def]
    """Write the tile that leaves now, interleaved, to ``out[at:]``."""
    for i in range(0, TILE, 16):
        left, right = load16(state32, DELAYED_L + i), load16(state32, DELAYED_R + i)
        store(out, at + 2 * i, _low_zip(left, right))
        store(out, at + 2 * i + 16, _high_zip(left, right))
    move_on(state32)
