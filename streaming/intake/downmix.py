"""From mono to 7.1 down to stereo with the coefficients of ITU-R BS.775-4: centre and surrounds at -3 dB, no LFE."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_HALF_POWER = 0.5**0.5
_PLACES = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "FLC": (_HALF_POWER, 0.0),
    "FRC": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
}
"""What a loudspeaker's channel gives to left and right."""

_UNLABELLED = {
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""What channels are that have no label, in the order of WAVE files."""

MAX_CHANNELS = 8


def matrix(channels: Sequence[str]) -> NDArray[np.float32] | None:
    """Coefficients ``(2, channels)`` for libav's channel names; None for a layout that is no set of loudspeakers up to 7.1."""
    if len(channels) == 1:
        return np.ones((2, 1), np.float32)
    names = _UNLABELLED.get(len(channels), ()) if set(channels) == {"NONE"} else channels
    if not names or len(names) > MAX_CHANNELS or any(name not in _PLACES for name in names):
        return None
    return np.array([_PLACES[name] for name in names], np.float32).T.copy()
