"""The catalogue as the engine and everybody else reads it: rows by name, and places in the engine's vector of parameters.

A parameter is named by a path: ``tracks/{id}/<name>``, ``groups/{id}/<name>``, ``effects/{id}/<name>`` (of a reverb or a delay) or
``master/<name>``; the catalogue holds the ``<name>`` part. The engine's vector is ``[track parameter][lane]``, then the buses:
``[group parameter][group]``, the reverb's, the delay's and the master's parameters.
"""

from dataclasses import asdict
from typing import Literal

from dsp.desk.catalogue import AUDIBLE, CATALOGUE, DELAY_FRAMES, DOCUMENT_ONLY, ENGINE_ONLY, GROUP_AUDIBLE, HEARD, ROUTES
from dsp.desk.parameter import Law, Parameter, Scope, Taper, Value

__all__ = [
    "AUDIBLE", "BUSES", "CATALOGUE", "CLASSES", "DELAY_FRAMES", "DOCUMENT_ONLY", "EFFECT_KINDS", "GROUPS", "GROUP_AUDIBLE", "HEARD", "ROUTES", "TRACK", "Law",
    "Parameter", "Scope", "Taper", "Value", "as_rows", "bus_index", "engine_size", "find", "find_effect", "track_index",
]  # fmt: skip

CLASSES = (8, 16, 32, 64)
"""How many tracks an engine may be built for; a mix takes the smallest that holds its lanes."""
GROUPS = 4
"""Group strips of a console."""
EFFECT_KINDS: tuple[Literal["reverb", "delay"], ...] = ("reverb", "delay")
"""The effect buses of a console, in the order of the sends."""


def _engine_rows(scope: Scope) -> tuple[Parameter, ...]:
    return tuple(p for p in (*CATALOGUE, *ENGINE_ONLY) if p.scope == scope and (scope, p.name) not in DOCUMENT_ONLY)


TRACK: tuple[Parameter, ...] = _engine_rows("track")
BUSES: tuple[Parameter, ...] = (
    *(row for row in _engine_rows("group") for _ in range(GROUPS)),
    *_engine_rows("reverb"), *_engine_rows("delay"), *_engine_rows("master"),
)  # fmt: skip
"""Every place of the engine's vector behind the tracks; a group's row is there once for each group."""

_TRACK_ROWS = {p.name: row for row, p in enumerate(TRACK)}
_BUS_ROWS = {(p.scope, p.name): row for row, p in reversed(list(enumerate(BUSES)))}
_ROWS = {(p.scope, p.name): p for p in CATALOGUE}


def engine_size(tracks: int) -> int:
    """Length of the engine vector of a class."""
    return len(TRACK) * tracks + len(BUSES)


def reset_index(tracks: int) -> int:
    """The index of the event that begins the loudness anew: behind all parameters, its value and glide mean nothing."""
    return engine_size(tracks)


def track_index(name: str, lane: int, tracks: int) -> int:
    """Place of a track parameter in the engine vector."""
    return _TRACK_ROWS[name] * tracks + lane


def bus_index(scope: Scope, name: str, tracks: int, group: int = 0) -> int:
    """Place of a parameter of a group (0 to 3), the reverb, the delay or the master."""
    return len(TRACK) * tracks + _BUS_ROWS[scope, name] + group


def find(scope: Scope, name: str) -> Parameter | None:
    """Return the row of a parameter, or None if there is no such parameter."""
    return _ROWS.get((scope, name))


def find_effect(name: str) -> Parameter | None:
    """Return the row of an effect's parameter where its kind is not known: what both kinds have has the same range in both."""
    return find("reverb", name) or find("delay", name)


def as_rows() -> list[dict[str, object]]:
    """Return the catalogue as JSON values, in the order of the console: what web, API and docs are built from."""
    return [{**asdict(p), "law": p.law.name.lower(), "default": p.rest, "choices": list(p.choices)} for p in CATALOGUE]
