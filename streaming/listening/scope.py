"""What a stream's scope shows: its spectrum in thirds of an octave, and points of its goniometer. Computed only for who asks.

Read from the audio that lies in the arena, in the server's process. Bands from 500 Hz on come from the last 85 ms, those below
from the last 0.7 s at an eighth of the rate. Both channels are transformed as one complex signal: that gives the sum of their
powers.
"""

from math import comb

import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE
from streaming.render.arena import Arena

CENTRES_HZ = tuple(1000.0 * 10.0 ** (k / 10.0) for k in range(-17, 14))
"""31 bands from 20 Hz to 20 kHz, the exact centres of IEC 61260-1."""
POINTS = 64
POINT_FRAMES = 960
"""The goniometer's points are taken evenly from so many frames."""
FLOOR_DB = -120.0

_LINES = 4_096
_LOW_BANDS = 14
"""Bands below 500 Hz."""
_HALVINGS = (4, 4, 6)
"""Orders of the binomial filters before each halving of the rate: what aliases onto 450 Hz and below is 98 dB down."""
_DECIMATION = 2 ** len(_HALVINGS)
FRAMES = _DECIMATION * (_LINES + 8)
"""Frames up to the one that a row belongs to from which it is made."""

Complex = NDArray[np.complex64]


class _Bands:
    """Bands summed from the power of lines, those at their edges in part."""

    def __init__(self, centres: tuple[float, ...], rate: float, response: NDArray[np.float64]) -> None:
        self._window = np.hanning(_LINES).astype(np.float32)
        edges = centres[0] * 10.0 ** ((np.arange(len(centres) + 1) - 0.5) / 10.0)
        self._edges = edges * _LINES / rate + 0.5
        self._grid = np.arange(_LINES // 2 + 1)
        self._per_line = 1.0 / (_LINES * np.sum(self._window**2) * response)

    def power(self, signal: Complex) -> NDArray[np.float64]:
        """Power of both channels together in each band: 1 for a full-scale sine in both."""
        lines = np.fft.fft(signal[-_LINES:] * self._window)
        power, half = lines.real**2 + lines.imag**2, _LINES // 2
        power[1:half] += power[:half:-1]
        up_to = np.concatenate(([0.0], np.cumsum(power[:half] * self._per_line)))
        return np.asarray(np.diff(np.interp(self._edges, self._grid, up_to)))


class Scope:
    """The scope of one arena."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._low = _Bands(CENTRES_HZ[:_LOW_BANDS], RATE / _DECIMATION, _response())
        self._high = _Bands(CENTRES_HZ[_LOW_BANDS:], RATE, np.ones(_LINES // 2))

    def row(self, frame: int) -> tuple[list[float], list[tuple[float, float]]]:
        """Bands in dB (0 is a sine at full scale in both channels) and points ``(mid, side)``, up to stream frame ``frame``."""
        heard = min(frame, FRAMES, self._arena.ring_frames)
        audio = np.zeros((FRAMES, 2), np.float32)
        audio[FRAMES - heard :] = self._arena.frames(frame - heard, heard)
        both = audio.view(np.complex64)[:, 0]
        power = np.concatenate((self._low.power(_decimated(both)), self._high.power(both)))
        levels = 10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))
        left, right = audio[-POINT_FRAMES :: POINT_FRAMES // POINTS].T.astype(np.float64)
        points = np.stack(((left + right) / 2.0, (left - right) / 2.0), axis=1)
        return np.round(levels, 1).tolist(), [(mid, side) for mid, side in np.round(points, 3).tolist()]


def _decimated(signal: Complex) -> Complex:
    """Every eighth frame, after binomial low-passes."""
    for order in _HALVINGS:
        frames = (len(signal) - order) // 2
        taps = [np.float32(comb(order, k) / 2**order) for k in range(order + 1)]
        total = taps[0] * signal[: 2 * frames : 2]
        for k in range(1, order + 1):
            total += taps[k] * signal[k : k + 2 * frames : 2]
        signal = total
    return signal


def _response() -> NDArray[np.float64]:
    """How much of a line's power is left by the low-passes."""
    hz = np.arange(_LINES // 2) * RATE / _DECIMATION / _LINES
    gains = [np.cos(np.pi * hz * 2**k / RATE) ** order for k, order in enumerate(_HALVINGS)]
    return np.asarray(np.prod(gains, axis=0) ** 2)
