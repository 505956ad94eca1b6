"""Filters that can be swept while they run: one state variable filter in its topology-preserving form."""

import math

import numpy as np
from numba import njit

from dsp.grid import RATE
from dsp.synth.oscillators import Signal


@njit(nogil=True)
def _svf(x: Signal, hz: Signal, q: float, low: float, band: float, high: float) -> Signal:  # pragma: no cover
    """Mix of a state variable filter's three outputs; the two integrators are trapezoidal, so sweeps stay stable.

    ``hz`` holds one frequency, or one for each frame, of which every sixteenth is read.
    """
    out = np.empty(x.size)
    k = 1.0 / q
    moving = 1 if hz.size > 1 else 0
    s1 = s2 = g = a1 = 0.0
    for i in range(x.size):
        if i % 16 == 0:
            g = math.tan(math.pi * min(hz[i * moving], 0.45 * RATE) / RATE)
            a1 = 1.0 / (1.0 + g * (g + k))
        v3 = x[i] - s2
        v1 = a1 * (s1 + g * v3)
        v2 = s2 + g * v1
        s1 = 2.0 * v1 - s1
        s2 = 2.0 * v2 - s2
        out[i] = low * v2 + band * k * v1 + high * (x[i] - k * v1 - v2)
    return out


def lowpass(x: Signal, hz: float | Signal, q: float = 0.71) -> Signal:
    """12 dB per octave off above ``hz``, which may be one number or one for each frame."""
    return _svf(np.ascontiguousarray(x), np.atleast_1d(np.asarray(hz, dtype=np.float64)), q, 1.0, 0.0, 0.0)


def highpass(x: Signal, hz: float | Signal, q: float = 0.71) -> Signal:
    """12 dB per octave off below ``hz``."""
    return _svf(np.ascontiguousarray(x), np.atleast_1d(np.asarray(hz, dtype=np.float64)), q, 0.0, 0.0, 1.0)


def bandpass(x: Signal, hz: float | Signal, q: float) -> Signal:
    """What lies around ``hz``, at unity in its middle."""
    return _svf(np.ascontiguousarray(x), np.atleast_1d(np.asarray(hz, dtype=np.float64)), q, 0.0, 1.0, 0.0)


def drive(x: Signal, amount: float) -> Signal:
    """Soft saturation; small signals pass at unity."""
    return np.tanh(amount * x) / amount
