"""Where a recording begins and ends to be heard: the first and the last frame above a threshold."""

import numpy as np

from dsp.analysis.windows import Audio

_BLOCK = 1 << 18


def sounding(audio: Audio, threshold_db: float) -> tuple[int, int] | None:
    """The first frame that is above the threshold (peak, dBFS) and the one behind the last; None where all is silent.

    It reads from both ends, and no more than it must.
    """
    level = 10 ** (threshold_db / 20)
    for at in range(0, len(audio), _BLOCK):
        loud = np.flatnonzero(np.abs(audio[at : at + _BLOCK]).max(axis=1) > level)
        if len(loud):
            return at + int(loud[0]), _last(audio, level)
    return None


def _last(audio: Audio, level: float) -> int:
    end = len(audio)
    while True:
        begin = max(0, end - _BLOCK)
        loud = np.flatnonzero(np.abs(audio[begin:end]).max(axis=1) > level)
        if len(loud):
            return begin + int(loud[-1]) + 1
        end = begin
