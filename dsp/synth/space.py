"""Where a sound stands: pan, width, echoes. Stereo signals are float64 of shape ``(2, frames)``."""

import math

import numpy as np

from dsp.synth.oscillators import Signal, seconds


def panned(x: Signal, pan: float) -> Signal:
    """One channel to two at equal power; -1 is left."""
    angle = (pan + 1.0) * math.pi / 4.0
    return np.stack((x * math.cos(angle), x * math.sin(angle)))


def chorus(x: Signal, depth_ms: float, rate_hz: float) -> Signal:
    """Widen two channels by delays that swing against each other, half wet."""
    frames = x.shape[1]
    t = seconds(frames)
    index = np.arange(frames, dtype=np.float64)
    swing = np.sin(2.0 * np.pi * rate_hz * t)
    wet = [np.interp(index - 48.0 * (depth_ms * (1.5 + side * swing)), index, channel, left=0.0)
           for side, channel in ((1.0, x[0]), (-1.0, x[1]))]  # fmt: skip
    return np.asarray(0.7 * (x + np.stack(wet)))


def tremolo(x: Signal, depth: float, rate_hz: float) -> Signal:
    """Swing the level from side to side, as a suitcase piano does."""
    swing = depth * np.sin(2.0 * np.pi * rate_hz * seconds(x.shape[1]))
    return np.asarray(x * np.stack((1.0 + swing, 1.0 - swing)))


def ping_pong(x: Signal, delay: int, level: float, repeats: int) -> Signal:
    """Echoes that change sides, each ``level`` times the one before."""
    out = x.copy()
    for n in range(1, repeats + 1):
        start = n * delay
        if start >= x.shape[1]:
            break
        echo = x if n % 2 == 0 else x[::-1]
        out[:, start:] += level**n * echo[:, : x.shape[1] - start]
    return out


def place(stem: Signal, x: Signal, start: int) -> None:
    """Add a stereo sound to a stem at a frame; what would lie outside is cut off."""
    head = max(0, -start)
    length = min(x.shape[1] - head, stem.shape[1] - start - head)
    if length > 0:
        stem[:, start + head : start + head + length] += x[:, head : head + length]
