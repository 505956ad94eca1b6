"""Decibels, and the tapers of controls with their inverses.

A taper turns a control's place (0 to 1) into a value of the catalogue and back. The web console has the same laws in
TypeScript; ``tests/golden/tapers.json`` holds both to each other.
"""

from math import exp, log, log10

import numpy as np

from dsp.desk.params import Parameter

OFF_DB = -90.0
"""The lowest level of a fader: silence, not -90 dB."""

LUFS_OF_ONE = -0.691
"""Loudness of a K-weighted mean power of one (ITU-R BS.1770-5, Annex 1, equation 2)."""

SILENT_LUFS = -120.0
"""What no power at all reads."""

FADER = ((0.0, 1 / 16, 1 / 4, 1 / 2, 1.0), (-90.0, -60.0, -30.0, -10.0, 10.0))
"""The X32 fader law, places and dB: four straight pieces, so that physical faders match; unity lies at three quarters."""


def gain(db: float) -> float:
    """Turn decibels into a linear factor; OFF_DB and below is 0."""
    return 0.0 if db <= OFF_DB else 10.0 ** (db / 20.0)


def decibels(factor: float) -> float:
    """Turn a linear factor into decibels, not below OFF_DB."""
    return max(OFF_DB, 20.0 * log10(factor)) if factor > 0.0 else OFF_DB


def value_at(row: Parameter, place: float) -> float:
    """Return the value of a control at ``place`` (0 to 1)."""
    place = min(max(place, 0.0), 1.0)
    match row.taper:
        case "log":
            return min(row.high, row.low * exp(place * log(row.high / row.low)))
        case "fader":
            return float(np.interp(place, *FADER))
        case "switch":
            return float(place >= 0.5)
        case "choice":
            return float(round(place * row.high))
        case "linear":
            return row.low + place * (row.high - row.low)


def place_of(row: Parameter, value: float) -> float:
    """Return where a control stands for ``value``: the inverse of :func:`value_at`."""
    value = min(max(value, row.low), row.high)
    match row.taper:
        case "log":
            return log(value / row.low) / log(row.high / row.low)
        case "fader":
            return float(np.interp(value, FADER[1], FADER[0]))
        case "switch" | "choice" | "linear":
            return (value - row.low) / (row.high - row.low)
