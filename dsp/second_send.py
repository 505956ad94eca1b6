"""Sends to the delay until the desk's mix does it: after fader and pan of the level, stepping from tile to tile."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import outlined
from dsp.grid import TILE
from dsp.layout import HEAD, TRACKS
from dsp.params import track_index

_FADER, _AUDIBLE, _LEVEL = (track_index(name, 0, 1) for name in ("fader_db", "audible", "send/2/level_db"))


@outlined
def send_echoes(state64, tracks, group, y, left, right):
    """Add a group's sends to the planes, which the first group clears."""
    if group == 0:
        left[:] = np.float32(0.0)
        right[:] = np.float32(0.0)
    for track in range(TRACKS):
        at = HEAD + group * TRACKS + track
        gain = np.float32(state64[at + _FADER * tracks] * state64[at + _AUDIBLE * tracks] * state64[at + _LEVEL * tracks])
        if gain > np.float32(0.0):
            for i in range(TILE):
                left[i] += gain * y[16 * i + 2 * track]
                right[i] += gain * y[16 * i + 2 * track + 1]
