"""The catalogue of parameters: one table that drives validation, the API's schema, the console's controls, docs and the kernels.

A parameter is named by a path. Track parameters are ``tracks/{id}/<name>``, effect parameters ``effects/{id}/<name>``, master
parameters ``master/<name>``; this table holds the ``<name>`` part.
"""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Literal


class Law(IntEnum):
    """How the kernel turns a parameter's value into the number that glides."""

    LINEAR = 0
    """The value itself."""
    GAIN = 1
    """Decibels to a linear factor; -90 dB is silence."""
    LOG = 2
    """Base-2 logarithm, so that a glide is even in octaves (or in ratios)."""


Scope = Literal["track", "effect", "master"]
Taper = Literal["linear", "log", "fader", "switch"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row: its place, unit, range, rest value, the curve of its control, its glide and a sentence for musicians."""

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

    @property
    def is_switch(self) -> bool:
        """Whether the document holds it as true or false."""
        return self.taper == "switch"


def _switch(scope: Scope, name: str, label: str, default: bool, doc: str) -> Parameter:
    return Parameter(scope, name, label, "", 0.0, 1.0, float(default), "switch", Law.LINEAR, 10.0, doc)


def _band(number: int, kind: str, frequency: float) -> tuple[Parameter, ...]:
    label = f"EQ {number}"
    return (
        Parameter("track", f"eq/{number}/frequency_hz", f"{label} frequency", "Hz", 20.0, 20_000.0, frequency, "log", Law.LOG, 20.0,
                  f"Where the {kind} acts."),
        Parameter("track", f"eq/{number}/gain_db", f"{label} gain", "dB", -18.0, 18.0, 0.0, "linear", Law.LINEAR, 20.0,
                  f"How much the {kind} lifts or cuts."),
        Parameter("track", f"eq/{number}/q", f"{label} width", "Q", 0.1, 18.0, 0.71, "log", Law.LOG, 20.0,
                  f"How narrow the {kind} is: higher is narrower."),
    )  # fmt: skip


CATALOGUE: tuple[Parameter, ...] = (
    Parameter("track", "trim_db", "Trim", "dB", -24.0, 24.0, 0.0, "linear", Law.GAIN, 10.0, "Level of the stem before everything else."),
    _switch("track", "highpass/on", "High-pass", False, "Removes what lies below its frequency."),
    Parameter("track", "highpass/frequency_hz", "High-pass frequency", "Hz", 20.0, 1_000.0, 80.0, "log", Law.LOG, 20.0,
              "Below this, 12 dB less per octave."),
    _switch("track", "eq/on", "EQ", True, "The four-band equaliser."),
    *_band(1, "low shelf", 100.0),
    *_band(2, "bell", 400.0),
    *_band(3, "bell", 2_500.0),
    *_band(4, "high shelf", 8_000.0),
    _switch("track", "compressor/on", "Compressor", False, "Evens out loud and quiet."),
    Parameter("track", "compressor/threshold_db", "Threshold", "dB", -60.0, 0.0, -18.0, "linear", Law.LINEAR, 10.0,
              "Level from which it turns down."),
    Parameter("track", "compressor/ratio", "Ratio", ":1", 1.0, 20.0, 3.0, "log", Law.LINEAR, 10.0,
              "How many dB more go in for one dB more out."),
    Parameter("track", "compressor/knee_db", "Knee", "dB", 0.0, 24.0, 6.0, "linear", Law.LINEAR, 10.0,
              "How gradually it sets in around the threshold."),
    Parameter("track", "compressor/attack_ms", "Attack", "ms", 0.1, 200.0, 10.0, "log", Law.LOG, 10.0, "How fast it turns down."),
    Parameter("track", "compressor/release_ms", "Release", "ms", 5.0, 2_000.0, 120.0, "log", Law.LOG, 10.0, "How fast it lets go."),
    Parameter("track", "compressor/makeup_db", "Make-up", "dB", -12.0, 24.0, 0.0, "linear", Law.GAIN, 10.0, "Level after it."),
    Parameter("track", "compressor/mix", "Mix", "", 0.0, 1.0, 1.0, "linear", Law.LINEAR, 10.0, "0 is untouched, 1 is all compressed."),
    Parameter("track", "send/1/level_db", "Reverb send", "dB", -90.0, 10.0, -90.0, "fader", Law.GAIN, 10.0,
              "How much of the track, after its fader, goes to the reverb."),
    Parameter("track", "pan", "Pan", "", -1.0, 1.0, 0.0, "linear", Law.LINEAR, 10.0, "-1 is left, 1 is right; equal power."),
    Parameter("track", "fader_db", "Fader", "dB", -90.0, 10.0, 0.0, "fader", Law.GAIN, 10.0, "Level in the mix; -90 is off."),
    _switch("track", "mute", "Mute", False, "Silences the track; it wins over solo."),
    _switch("track", "solo", "Solo", False, "Silences every track that is not soloed."),
    Parameter("effect", "decay_s", "Decay", "s", 0.2, 12.0, 1.8, "log", Law.LOG, 20.0, "Time until the reverb is 60 dB down."),
    Parameter("effect", "damping", "Damping", "", 0.0, 1.0, 0.35, "linear", Law.LINEAR, 20.0, "How fast its treble fades."),
    Parameter("effect", "width", "Width", "", 0.0, 1.0, 1.0, "linear", Law.LINEAR, 10.0, "0 is mono, 1 is as wide as it gets."),
    Parameter("effect", "return_db", "Return", "dB", -90.0, 10.0, 0.0, "fader", Law.GAIN, 10.0, "Level of the reverb in the mix."),
    Parameter("master", "fader_db", "Master", "dB", -90.0, 10.0, 0.0, "fader", Law.GAIN, 10.0, "Level of the whole mix, before the limiter."),
    _switch("master", "limiter/on", "Limiter", True, "Holds peaks below the ceiling."),
    Parameter("master", "limiter/ceiling_db", "Ceiling", "dB", -12.0, 0.0, -1.0, "linear", Law.GAIN, 10.0, "No peak goes above this."),
    Parameter("master", "limiter/release_ms", "Release", "ms", 10.0, 1_000.0, 80.0, "log", Law.LOG, 10.0, "How fast it lets go."),
)  # fmt: skip

AUDIBLE = Parameter("track", "audible", "Audible", "", 0.0, 1.0, 1.0, "linear", Law.LINEAR, 10.0,
                    "What mute and solo come to; set by the engine.")  # fmt: skip
"""The engine's own parameter: 1 where a track is heard. It takes the place of mute and solo in the engine vector."""

TRACK: tuple[Parameter, ...] = (*(p for p in CATALOGUE if p.scope == "track" and p.name not in ("mute", "solo")), AUDIBLE)
EFFECT: tuple[Parameter, ...] = tuple(p for p in CATALOGUE if p.scope == "effect")
MASTER: tuple[Parameter, ...] = tuple(p for p in CATALOGUE if p.scope == "master")

CLASSES = (8, 16, 32, 64)
"""How many tracks an engine may be built for; a mix takes the smallest that holds its lanes."""


def engine_size(tracks: int) -> int:
    """Length of the engine vector of a class: ``[track parameter][lane]``, then the effect's, then the master's parameters."""
    return len(TRACK) * tracks + len(EFFECT) + len(MASTER)


def reset_index(tracks: int) -> int:
    """The index of the event that begins the loudness anew: behind all parameters, its value and glide mean nothing."""
    return engine_size(tracks)


def track_index(name: str, lane: int, tracks: int) -> int:
    """Place of a track parameter in the engine vector."""
    return _TRACK_ROWS[name] * tracks + lane


def effect_index(name: str, tracks: int) -> int:
    """Place of a parameter of the reverb."""
    return len(TRACK) * tracks + _EFFECT_ROWS[name]


def master_index(name: str, tracks: int) -> int:
    """Place of a master parameter."""
    return len(TRACK) * tracks + len(EFFECT) + _MASTER_ROWS[name]


_TRACK_ROWS = {p.name: row for row, p in enumerate(TRACK)}
_EFFECT_ROWS = {p.name: row for row, p in enumerate(EFFECT)}
_MASTER_ROWS = {p.name: row for row, p in enumerate(MASTER)}
_ROWS = {(p.scope, p.name): p for p in CATALOGUE}


def find(scope: Scope, name: str) -> Parameter | None:
    """Return the row of a parameter, or None if there is no such parameter."""
    return _ROWS.get((scope, name))


def as_rows() -> list[dict[str, str | float | bool]]:
    """Return the catalogue as JSON values, in the order of the console: what web, API and docs are built from."""
    return [{**asdict(p), "law": p.law.name.lower(), "default": bool(p.default) if p.is_switch else p.default} for p in CATALOGUE]
