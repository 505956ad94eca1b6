"""From float samples to integers: triangular dither, and its noise moved to where the ear hears least, if that is wanted.

The noise is a function of the frame's number alone, so the same audio always becomes the same integers, wherever the work is cut.
Triangular noise two units wide makes mean and power of the error independent of the signal (Lipshitz, Wannamaker and Vanderkooy
1992). Shaping feeds the error back through a filter of least phase fitted to the threshold of hearing (Terhardt 1979).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from typing import Literal

import numpy as np
from numba import float32, float64, int32, int64, void
from numpy.typing import NDArray

from dsp.cache import kernel

Dither = Literal["none", "triangular", "shaped"]

ORDER = 9
"""Taps of the shaping filter."""

_RANGE_DB = 36.0
"""Noise is lifted by no more than this over where it is least."""

_STEP, _MIX_A, _MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Constants of SplitMix64 (Steele, Lea and Flood 2014), which makes noise out of a frame's number."""
_FEW, _LOW = np.uint64(40), np.uint64(0xFFFFFF)
_A, _B, _C = np.uint64(30), np.uint64(27), np.uint64(31)
_UNIT = 2.0**-24


@kernel(void(float32[:, ::1], int64, float64, float64, float64[::1], float64[:, ::1], int32[:, ::1]))
def quantise(block, frame, full, width, taps, errors, out):
    """Fill ``out`` with integers; ``errors`` (channels, taps) is the filter's memory, newest first."""
    for n in range(block.shape[0]):
        for side in range(block.shape[1]):
            z = np.uint64(2 * (frame + n) + side + 1) * _STEP
            z = (z ^ (z >> _A)) * _MIX_A
            z = (z ^ (z >> _B)) * _MIX_B
            z = z ^ (z >> _C)
            noise = (float(z >> _FEW) - float(z & _LOW)) * _UNIT * width
            wanted = float(block[n, side]) * full
            for k in range(len(taps)):
                wanted += taps[k] * errors[side, k]
            whole = np.rint(wanted + noise)
            for k in range(len(taps) - 1, 0, -1):
                errors[side, k] = errors[side, k - 1]
            if len(taps) > 0:
                errors[side, 0] = whole - wanted
            out[n, side] = np.int32(min(max(whole, -full), full - 1.0))


def shaping(rate: int) -> NDArray[np.float64]:
    """Coefficients a[1..ORDER] of the noise's filter 1 + sum a[k] z^-k at a sample rate, shape ``(ORDER,)``.

    Linear prediction of the inverse of the wanted noise spectrum: the filter of least phase whose response is nearest to it, with
    no gain on average over the logarithm (Gerzon and Craven 1989).
    """
    khz = np.maximum(np.linspace(0.0, rate / 2_000, 4_097), 0.02)
    threshold = 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    wanted = np.minimum(threshold - threshold.min(), _RANGE_DB)
    r = np.fft.irfft(10 ** (-wanted / 10))[: ORDER + 1]
    lags = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    return np.asarray(np.linalg.solve(r[lags], -r[1:]))


class Quantiser:
    """Turns stereo audio, block after block, into integers of ``bits`` bits, clipped; full scale is ``2**(bits - 1)``."""

    def __init__(self, bits: int, rate: int, dither: Dither = "triangular") -> None:
        self._full = float(1 << (bits - 1))
        self._width = 0.0 if dither == "none" else 1.0
        self._taps = shaping(rate) if dither == "shaped" else np.empty(0)
        self._errors = np.zeros((2, len(self._taps)))
        self._frame = 0

    def __call__(self, block: NDArray[np.float32]) -> NDArray[np.int32]:
        """Quantise the next block, float32 of shape ``(frames, 2)``."""
        out = np.empty(block.shape, np.int32)
        samples = np.ascontiguousarray(block, np.float32)
        quantise(samples, self._frame, self._full, self._width, self._taps, self._errors, out)
        self._frame += len(block)
        return out
