"""The mix: one immutable document, read and changed by path.

``mix.set(path, value)`` gives a new mix that shares every untouched part with the old one, so a changed fader costs microseconds
and an unchanged track is the same object. Paths are those of the catalogue (``tracks/{id}/eq/2/gain_db``,
``effects/{id}/decay_s``, ``master/fader_db``) and of the structure, so that undo is the same for both: ``tracks/{id}`` (also
``groups``, ``effects``; null removes), ``tracks/{id}/name`` (also ``colour role clips group``), ``tempo_map``, ``markers``,
``sections``, ``automation/{path}`` (null removes).
"""

import re
from typing import TypeVar, cast

from pydantic import JsonValue, ValidationError

from dsp.desk.document import Document, invalid, parameter_at
from dsp.desk.params import Scope, Value, find
from dsp.desk.parts import (
    ID,
    TRACK_FIELDS,
    Clip,
    Effect,
    Group,
    InvalidValue,
    Marker,
    Master,
    MixError,
    Part,
    Section,
    Tempo,
    Track,
    UnknownPath,
    checked,
    default,
)  # fmt: skip

__all__ = [
    "Clip", "Effect", "Group", "InvalidValue", "Marker", "Master", "Mix", "MixError", "Section", "Tempo", "Track", "UnknownPath",
    "Value", "parameter_at",
]  # fmt: skip

KINDS: dict[str, type[Track] | type[Group] | type[Effect]] = {"tracks": Track, "groups": Group, "effects": Effect}
FIELDS = {"tracks": ("name", "colour", "role", "clips", "group"), "groups": ("name", "colour")}
"""What of a part is changed by name, beside its parameters."""

Strip = TypeVar("Strip", bound=Track | Group | Effect | Master)
AnyPart = TypeVar("AnyPart", bound=Part)


def _with_parameter(strip: Strip, scope: Scope, name: str, value: object, path: str) -> Strip:
    row = find(scope, name)
    if row is None:
        raise UnknownPath(path)
    number = checked(row, value, path)
    if scope == "track" and name in TRACK_FIELDS:
        return strip if getattr(strip, name) is number else cast("Strip", strip.model_copy(update={name: number}))
    if strip.params.get(name, default(row)) == number:
        return strip
    params = {key: kept for key, kept in strip.params.items() if key != name}
    if number != default(row):
        params[name] = number
    return cast("Strip", strip.model_copy(update={"params": params}))


def _scope(part: Track | Group | Effect) -> Scope:
    if isinstance(part, Effect):
        return part.kind
    return "track" if isinstance(part, Track) else "group"


def _parameter(strip: Track | Group | Effect | Master, scope: Scope, name: str, path: str) -> Value:
    row = find(scope, name)
    if row is None:
        raise UnknownPath(path)
    if scope == "track" and name in TRACK_FIELDS:
        return bool(getattr(strip, name))
    return strip.params.get(name, default(row))


class Mix(Document):
    """The document, read and changed by path."""

    def get(self, path: str) -> JsonValue:
        """Return what lies at a path as JSON (null where a removable part is not there), or raise :class:`UnknownPath`."""
        match path.split("/", 2):
            case [("tempo_map" | "markers" | "sections") as field]:
                return self.dumped(field)
            case [("tracks" | "groups" | "effects") as kind, identity]:
                part = self._find(kind, identity)
                return None if part is None else part.dumped()
            case [("tracks" | "groups") as kind, identity, field] if field in FIELDS[kind]:
                return self._part(kind, identity, path).dumped(field)
            case [("tracks" | "groups" | "effects") as kind, identity, name]:
                part = self._part(kind, identity, path)
                return _parameter(part, _scope(part), name, path)
            case ["master", *names]:
                return _parameter(self.master, "master", "/".join(names), path)
            case ["automation", *_] if parameter_at(inner := path.partition("/")[2]):
                return [list(point) for point in self.automation.get(inner, ())] or None
        raise UnknownPath(path)

    def set(self, path: str, value: object) -> "Mix":
        """Return this mix with one place changed (itself, if nothing changes).

        Raises :class:`UnknownPath` or :class:`InvalidValue`. Values are JSON or parts; a track without ``lane`` gets a free one.
        """
        match path.split("/", 2):
            case [("tempo_map" | "markers" | "sections") as field]:
                return self._with(path, field, value)
            case [("tracks" | "groups" | "effects") as kind, identity] if re.fullmatch(ID, identity):
                return self._put(kind, identity, value, path)
            case [("tracks" | "groups") as kind, identity, field] if field in FIELDS[kind]:
                fields = {**dict(self._part(kind, identity, path)), field: value}
                return self._with_part(kind, _parsed(KINDS[kind], fields, path), path)
            case [("tracks" | "groups" | "effects") as kind, identity, name]:
                return self._with_strip(kind, identity, name, value, path)
            case ["master", *names]:
                master = _with_parameter(self.master, "master", "/".join(names), value, path)
                return self if master is self.master else self.model_copy(update={"master": master})
            case ["automation", *_] if parameter_at(inner := path.partition("/")[2]):
                return self._with(path, "automation", {**self.automation, inner: () if value is None else value})
        raise UnknownPath(path)

    def scope_of(self, strip: str) -> Scope:
        """Return the scope of a strip: ``tracks/{id}``, ``groups/{id}``, ``effects/{id}`` or ``master``; or raise UnknownPath."""
        kind, _, identity = strip.partition("/")
        if kind == "master" and not identity:
            return "master"
        if kind not in KINDS:
            raise UnknownPath(strip)
        return _scope(self._part(kind, identity, strip))

    def _find(self, kind: str, identity: str) -> Track | Group | Effect | None:
        return next((part for part in getattr(self, kind) if part.id == identity), None)

    def _part(self, kind: str, identity: str, path: str) -> Track | Group | Effect:
        part = self._find(kind, identity)
        if part is None:
            raise UnknownPath(path)
        return part

    def _with(self, path: str, field: str, value: object) -> "Mix":
        """Change one field of the document, checking what the parts must agree on (untouched parts are not read again)."""
        try:
            return Mix.model_validate({**dict(self), field: value})
        except ValidationError as error:
            raise invalid(path, error) from None

    def _with_part(self, kind: str, part: Track | Group | Effect, path: str) -> "Mix":
        old = self._find(kind, part.id)
        if part == old:
            return self
        parts = getattr(self, kind)
        return self._with(path, kind, tuple(part if p is old else p for p in parts) if old else (*parts, part))

    def _with_strip(self, kind: str, identity: str, name: str, value: object, path: str) -> "Mix":
        old = self._part(kind, identity, path)
        new = _with_parameter(old, _scope(old), name, value, path)
        if new is old:
            return self
        return self.model_copy(update={kind: tuple(new if part is old else part for part in getattr(self, kind))})

    def _put(self, kind: str, identity: str, value: object, path: str) -> "Mix":
        old = self._find(kind, identity)
        if value is None:
            self._check_leaves(old, path)
            return self if old is None else self._with(path, kind, tuple(part for part in getattr(self, kind) if part is not old))
        if isinstance(value, dict):
            value = {"id": identity, **self._lane(kind, old), **value}
        part = _parsed(KINDS[kind], value, path)
        if part.id != identity:
            raise InvalidValue(path, "expected the id of its path")
        if isinstance(old, Track | Group) and isinstance(part, Track | Group) and old.lane != part.lane:
            raise InvalidValue(path, f"a {kind.removesuffix('s')} keeps its lane ({old.lane}) for life")
        return self._with_part(kind, part, path)

    def _check_leaves(self, part: Track | Group | Effect | None, path: str) -> None:
        """Refuse to remove a group under tracks that play through it: they would jump into the mix."""
        members = [track.name or track.id for track in self.tracks if isinstance(part, Group) and track.group == part.id]
        if members:
            names = ", ".join(members[:3]) + (f" and {len(members) - 3} more" if len(members) > 3 else "")
            raise InvalidValue(path, f"tracks still play through this group ({names}): take them out first")

    def _lane(self, kind: str, old: Track | Group | Effect | None) -> dict[str, int]:
        if kind == "effects":
            return {}
        if isinstance(old, Track | Group):
            return {"lane": old.lane}
        return {"lane": self.free_lane() if kind == "tracks" else self.free_group()}


def _parsed(model: type[AnyPart], value: object, path: str) -> AnyPart:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(path, error) from None
