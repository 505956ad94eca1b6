"""Sources of sound: band-limited saws and pulses, sines and noise.

All signals are float64 at 48 kHz, one channel, shape ``(frames,)``. Saws and pulses round their steps off by polynomials
(polyBLEP) so that high notes do not alias audibly.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.grid import RATE

Signal = NDArray[np.float64]


def seconds(frames: int) -> Signal:
    """Time of each frame, from 0 on."""
    return np.arange(frames, dtype=np.float64) / RATE


def note_hz(pitch: float) -> float:
    """Frequency of a MIDI pitch: 69 is 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


@njit(nogil=True)
def saw(hz: Signal, phase: float) -> Signal:  # pragma: no cover
    """A saw of a frequency that may change at every frame, starting at ``phase`` (0 to 1)."""
    out = np.empty(hz.size)
    for i in range(hz.size):
        step = hz[i] / RATE
        value = 2.0 * phase - 1.0
        if phase < step:
            t = phase / step
            value -= t + t - t * t - 1.0
        elif phase > 1.0 - step:
            t = (phase - 1.0) / step
            value -= t * t + t + t + 1.0
        out[i] = value
        phase += step
        if phase >= 1.0:
            phase -= 1.0
    return out


def pulse(hz: Signal, width: float, phase: float) -> Signal:
    """A pulse that is high for ``width`` of its period: the difference of two saws, so it is band-limited as they are."""
    return 0.5 * (saw(hz, phase) - saw(hz, (phase + width) % 1.0))


def sine(hz: Signal, phase: float = 0.0) -> Signal:
    """A sine of a frequency that may change at every frame."""
    return np.sin(2.0 * np.pi * (np.cumsum(hz) / RATE + phase))


def noise(frames: int, rng: np.random.Generator) -> Signal:
    """White noise between -1 and 1."""
    return rng.uniform(-1.0, 1.0, frames)


def ensemble(hz: Signal, cents: tuple[float, ...], rng: np.random.Generator) -> Signal:
    """Saws side by side, each off by some cents and started anywhere: one broad voice of unit power."""
    voices = [saw(np.ascontiguousarray(hz * 2.0 ** (c / 1200.0)), rng.random()) for c in cents]
    return np.asarray(np.sum(voices, axis=0)) / float(np.sqrt(len(cents)))
