"""The synthetic test signals of EBU Tech 3341 (minimum requirements) and Tech 3342, made from their descriptions.

Levels are peaks of both channels in dBFS, as there. Left out are cases 3341-6 (five channels: the console has two), 3341-7, 3341-8,
3342-5 and 3342-6 (recordings of programmes).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin

RATE = 48_000
Audio = NDArray[np.float32]

INTEGRATED: dict[int, tuple[Sequence[tuple[float, float]], float]] = {
    1: ([(20.0, -23.0)], -23.0),
    2: ([(20.0, -33.0)], -33.0),
    3: ([(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)], -23.0),
    4: ([(10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)], -23.0),
    5: ([(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)], -23.0),
}
"""Case of Tech 3341: tones of 1 kHz as (seconds, level), one right after the other, and the integrated loudness."""

RANGES: dict[int, tuple[Sequence[tuple[float, float]], float]] = {
    1: ([(20.0, -20.0), (20.0, -30.0)], 10.0),
    2: ([(20.0, -20.0), (20.0, -15.0)], 5.0),
    3: ([(20.0, -40.0), (20.0, -20.0)], 20.0),
    4: ([(20.0, -50.0), (20.0, -35.0), (20.0, -20.0), (20.0, -35.0), (20.0, -50.0)], 15.0),
}
"""Case of Tech 3342: tones, and the loudness range."""

SINES: dict[int, tuple[int, float, float, float]] = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}
"""Case of Tech 3341: frames of a period, amplitude, phase in degrees, true peak."""

SILENCE = -200.0


def tones(parts: Sequence[tuple[float, float]], rate: int = RATE, hz: float = 1000.0) -> Audio:
    """Parts of a sine, each ``(seconds, level)``, the same in both channels; the phase runs on."""
    levels = np.concatenate([np.full(round(seconds * rate), 10.0 ** (level / 20.0)) for seconds, level in parts])
    plane = levels * np.sin(2.0 * np.pi * hz * np.arange(len(levels)) / rate)
    return np.stack([plane, plane], axis=1).astype(np.float32)


def sine(case: int) -> Audio:
    """A case of :data:`SINES`, faded in and out so that only the sine is measured."""
    period, amplitude, degrees, _ = SINES[case]
    n = np.arange(RATE)
    fade = np.clip(np.minimum(n, n[::-1]) / 4800.0, 0.0, 1.0)
    plane = fade * amplitude * np.sin(2.0 * np.pi * n / period + np.radians(degrees))
    return np.stack([plane, plane], axis=1).astype(np.float32)


def transient(offset: int) -> Audio:
    """Cases 20 to 23: in a sine of fs/6 and 0.5 one period of fs/4 and 1.0, made at four times the rate, taken at an offset."""
    n = np.arange(4 * RATE)
    middle = len(n) // 2 // 24 * 24
    plane = 0.5 * np.sin(2.0 * np.pi * n / 24.0) * np.clip(np.minimum(n, n[::-1]) / 19_200.0, 0.0, 1.0)
    plane[middle : middle + 16] = np.sin(2.0 * np.pi * np.arange(16) / 16.0)
    plane = np.convolve(plane, firwin(511, 0.25), "same")[offset::4]
    return np.stack([plane, plane], axis=1).astype(np.float32)
