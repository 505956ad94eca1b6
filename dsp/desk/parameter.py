"""What a row of the catalogue is: a parameter's place, unit, range, rest value, curve, glide and sentence."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class Law(IntEnum):
    """How the kernel turns a parameter's value into the number that glides."""

    LINEAR = 0
    """The value itself; of a choice, its place among the choices."""
    GAIN = 1
    """Decibels to a linear factor; -90 dB is silence."""
    LOG = 2
    """Base-2 logarithm, so that a glide is even in octaves (or in ratios)."""


Scope = Literal["track", "group", "reverb", "delay", "master"]
Taper = Literal["linear", "log", "fader", "switch", "choice"]
Value = float | bool | str
"""A value as documents hold it: true or false for switches, a word for choices, else a number in the parameter's unit."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row. ``default`` is a number; of a choice, its place in ``choices``."""

    scope: Scope
    name: str
    label: str
    unit: str
    low: float
    high: float
    default: float
    taper: Taper
    law: Law
    glide_ms: float
    doc: str
    choices: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Whether the document holds it as true or false."""
        return self.taper == "switch"

    @property
    def rest(self) -> Value:
        """The rest value as the document holds it."""
        return self.value(self.default)

    def value(self, number: float) -> Value:
        """Turn an engine number into the document's value."""
        if self.choices:
            return self.choices[round(number)]
        return number >= 0.5 if self.is_switch else number

    def number(self, value: Value) -> float:
        """Turn a document's value into the engine's number."""
        return float(self.choices.index(value)) if isinstance(value, str) else float(value)


def number(
    scope: Scope, name: str, label: str, unit: str, low: float, high: float, default: float, doc: str, *,
    taper: Taper = "linear", law: Law = Law.LINEAR, glide_ms: float = 10.0,
) -> Parameter:  # fmt: skip
    """Return a row of a number with a unit."""
    return Parameter(scope, name, label, unit, low, high, default, taper, law, glide_ms, doc)


def fader(scope: Scope, name: str, label: str, default: float, doc: str) -> Parameter:
    """Return a row of a level from silence (-90 dB) to +10 dB."""
    return number(scope, name, label, "dB", -90.0, 10.0, default, doc, taper="fader", law=Law.GAIN)


def frequency(scope: Scope, name: str, label: str, low: float, high: float, default: float, doc: str) -> Parameter:
    """Return a row of a frequency, which glides evenly in octaves."""
    return number(scope, name, label, "Hz", low, high, default, doc, taper="log", law=Law.LOG, glide_ms=20.0)


def span(scope: Scope, name: str, label: str, unit: str, low: float, high: float, default: float, doc: str) -> Parameter:
    """Return a row of a span of time, which glides evenly in ratios."""
    return number(scope, name, label, unit, low, high, default, doc, taper="log", law=Law.LOG)


def switch(scope: Scope, name: str, label: str, default: bool, doc: str) -> Parameter:
    """Return a row of a switch, whose stage fades in and out."""
    return Parameter(scope, name, label, "", 0.0, 1.0, float(default), "switch", Law.LINEAR, 10.0, doc)


def choice(scope: Scope, name: str, label: str, choices: tuple[str, ...], default: str, doc: str) -> Parameter:
    """Return a row of a choice among words."""
    last = float(len(choices) - 1)
    return Parameter(scope, name, label, "", 0.0, last, float(choices.index(default)), "choice", Law.LINEAR, 20.0, doc, choices)
