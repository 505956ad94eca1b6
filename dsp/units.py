"""Decibels, and the tapers of controls with their inverses.

A taper turns a control's place (0 to 1) into a value of the catalogue and back. The web console has the same laws in
TypeScript; ``tests/golden/tapers.json`` holds both to each other.
"""

from itertools import pairwise
from math import exp, log, log10

from dsp.params import Parameter

OFF_DB = -90.0
"""The lowest level of a fader: silence, not -90 dB."""

FADER = ((0.0, -90.0), (1 / 16, -60.0), (1 / 4, -30.0), (1 / 2, -10.0), (1.0, 10.0))
"""The X32 fader law: four straight pieces from place to dB, so that physical faders match; unity lies at three quarters."""


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
            return _piecewise(place, FADER)
        case "switch":
            return float(place >= 0.5)
        case "linear":
            return row.low + place * (row.high - row.low)


def place_of(row: Parameter, value: float) -> float:
    """Return where a control stands for ``value``: the inverse of :func:`value_at`."""
    value = min(max(value, row.low), row.high)
    match row.taper:
        case "log":
            return log(value / row.low) / log(row.high / row.low)
        case "fader":
            return _piecewise(value, tuple((db, place) for place, db in FADER))
        case "switch" | "linear":
            return (value - row.low) / (row.high - row.low)


def _piecewise(x: float, points: tuple[tuple[float, float], ...]) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (x - x0) * (y1 - y0) / (x1 - x0)
    return points[-1][1]
