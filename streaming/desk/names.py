"""What an edit did, in a musician's words: "Vocal threshold -18 -> -22 dB". Built from the catalogue."""

from collections.abc import Iterable

from pydantic import JsonValue

from dsp.desk.mix import Group, Mix, Track, parameter_at
from dsp.desk.params import Law, Parameter
from dsp.desk.units import OFF_DB

WHOLE = {"tempo_map": "Tempo map", "markers": "Markers", "sections": "Sections"}


def describe(mix: Mix, path: str, before: JsonValue, after: JsonValue) -> str:
    """Return the name of an edit of ``path`` from ``before`` to ``after``; ``mix`` knows the tracks' names."""
    row = parameter_at(path)
    if row is not None:
        return f"{_subject(mix, path, row)} {_turned(row, before, after)}"
    match path.split("/", 2):
        case ["automation", *_]:
            inner = path.partition("/")[2]
            row = parameter_at(inner)
            return f"{_subject(mix, inner, row)} automation" if row else "Automation"
        case [("tracks" | "groups" | "effects") as kind, identity]:
            name = _name_of(after) or _name_of(before) or identity
            verb = "Add" if before is None else "Remove" if after is None else "Change"
            return f"{verb} {kind.removesuffix('s')} {name}"
        case [("tracks" | "groups") as kind, identity, field]:
            return _changed(mix, kind, identity, field, before, after)
    return WHOLE.get(path, path)


def _changed(mix: Mix, kind: str, identity: str, field: str, before: JsonValue, after: JsonValue) -> str:
    if field == "name":
        return f"Rename {before or identity} to {after}"
    name = _track(mix, identity) if kind == "tracks" else _named(mix.groups, identity) or "Group"
    return f"{name} {_moved(mix, before, after) if field == 'group' else field}"


def _moved(mix: Mix, before: JsonValue, after: JsonValue) -> str:
    group = after or before
    return f"{'into' if after else 'out of'} {_named(mix.groups, str(group)) or group}"


def _turned(row: Parameter, before: JsonValue, after: JsonValue) -> str:
    if row.is_switch:
        return "on" if after else "off"
    was, now = (_figure(row, value) for value in (before, after))
    unit = row.unit if row.unit.startswith(":") or not row.unit else f" {row.unit}"
    return f"{was}{unit} -> {now}" if now == "off" else f"{was} -> {now}{unit}"


def _figure(row: Parameter, value: JsonValue) -> str:
    if row.law is Law.GAIN and value == OFF_DB:
        return "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _subject(mix: Mix, path: str, row: Parameter) -> str:
    label = row.label if row.label[:2].isupper() else row.label[0].lower() + row.label[1:]
    match path.split("/", 2):
        case ["tracks", identity, _]:
            return f"{_track(mix, identity)} {label}"
        case ["groups", identity, _]:
            return f"{_named(mix.groups, identity) or 'Group'} {label}"
        case ["effects", identity, _]:
            kind = next((effect.kind for effect in mix.effects if effect.id == identity), row.scope)
            return f"{kind.capitalize()} {label}"
    return row.label if row.label == "Master" else f"Master {label}"


def _track(mix: Mix, identity: str) -> str:
    return _named(mix.tracks, identity) or "Track"


def _named(parts: Iterable[Track | Group], identity: str) -> str:
    return next((part.name for part in parts if part.id == identity), "")


def _name_of(value: JsonValue) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""
