"""The integer grid of time on which the engine works.

Stream time counts played frames and never runs back; position is a place in the song. Both are int64 frames at 48 kHz.
*Process time* is what a kernel counts: the input read at process frame ``p`` leaves the console at stream frame ``p``, while the
sample that leaves at process frame ``p`` is stream frame ``p - LATENCY``.
"""

RATE = 48_000
"""Frames per second of everything inside the engine."""

TILE = 32
"""Frames between the points where state may be cut: slots, splices and events lie on tiles of stream time."""

QUANTUM = 960
"""Frames of one Opus packet and of one meter row (20 ms)."""

LOOKAHEAD = 128
"""Frames by which the limiter's output lags its input; a whole number of tiles."""

LATENCY = LOOKAHEAD
"""Frames by which the console's output lags its input, whatever is switched on; a whole number of tiles."""

JUMP_FADE = 256
"""Frames over which the gather crossfades the stems' input from the old place to the new one."""


def ceil_tile(frame: int) -> int:
    """Round a frame up to the next tile."""
    return -(-frame // TILE) * TILE


def ceil_quantum(frame: int) -> int:
    """Round a stream frame up to the next quantum."""
    return -(-frame // QUANTUM) * QUANTUM
