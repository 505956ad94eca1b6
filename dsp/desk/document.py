"""The mix document as a whole: what its parts must agree on, its canonical form and its hash.

Where it is changed, place by place, is ``dsp/desk/mix.py``.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator

from dsp.desk.params import EFFECT_KINDS, Parameter, Scope, find, find_effect
from dsp.desk.parts import (
    ID,
    MAX_AUTOMATED,
    MAX_CLIPS,
    MAX_EFFECTS,
    MAX_GROUPS,
    MAX_MARKERS,
    MAX_POINTS,
    MAX_SECTIONS,
    MAX_TEMPI,
    MAX_TRACKS,
    Effect,
    Group,
    InvalidValue,
    Listed,
    Marker,
    Master,
    MixError,
    Part,
    Point,
    Section,
    Tempo,
    Track,
    UnknownPath,
    checked,
    distinct_ids,
)  # fmt: skip

SCOPES: dict[str, Scope] = {"tracks": "track", "groups": "group"}


def parameter_at(path: str) -> Parameter | None:
    """Return the catalogue's row that a path names, whether or not a mix has that track or effect."""
    match path.split("/", 2):
        case [("tracks" | "groups") as kind, identity, name] if re.fullmatch(ID, identity):
            return find(SCOPES[kind], name)
        case ["effects", identity, name] if re.fullmatch(ID, identity):
            return find_effect(name)
        case ["master", *names]:
            return find("master", "/".join(names))
    return None


def _in_order(key: Callable[[Any], object], rule: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Sort by a key that must be distinct: equal mixes have equal documents."""

    def check(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if len({key(part) for part in parts}) != len(parts):
            raise ValueError(rule)
        return tuple(sorted(parts, key=cast("Callable[[Any], Any]", key)))

    return check


def _automation(lanes: Mapping[str, tuple[Point, ...]]) -> Mapping[str, tuple[Point, ...]]:
    if sum(map(len, lanes.values())) > MAX_POINTS:
        raise ValueError(f"at most {MAX_POINTS} points of automation")
    # A path may name a track that was removed: ids are permanent, and its automation rests until an undo brings it back.
    return {path: _points(path, points) for path, points in lanes.items() if points}


def _points(path: str, points: tuple[Point, ...]) -> tuple[Point, ...]:
    row = parameter_at(path)
    if row is None:
        raise UnknownPath(path)
    if any(after[0] <= before[0] for before, after in pairwise(points)):
        raise InvalidValue(path, "expected rising positions")
    return tuple((position, checked(row, value, path), shape) for position, value, shape in points)


def invalid(path: str, error: ValidationError) -> InvalidValue:
    """Turn pydantic's first complaint into ours; ``path`` is where the value was to go (empty: a whole document)."""
    first = error.errors(include_url=False, include_input=False)[0]
    places = [str(place) for place in first["loc"]]
    cause = first.get("ctx", {}).get("error")
    sentence = "not of the expected form" if first["type"] == "string_pattern_mismatch" else first["msg"]
    if isinstance(cause, MixError):
        places, sentence = [*places, cause.path], cause.sentence
    elif cause is not None:
        sentence = str(cause)
    if not path:
        return InvalidValue("/".join(places), sentence)
    inner = "/".join(places[1:] if places and places[0] in path.split("/") else places)
    return InvalidValue(path, sentence if path.endswith(inner) else f"{inner}: {sentence}")


class Document(Part):
    """The whole document. Lists are in their natural order: tracks by lane, times by position."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    tempo_map: Annotated[
        tuple[Tempo, ...],
        Field(max_length=MAX_TEMPI), Listed, AfterValidator(_in_order(lambda t: t.position, "two tempi at one position")),
    ] = ()  # fmt: skip
    markers: Annotated[
        tuple[Marker, ...],
        Field(max_length=MAX_MARKERS), Listed, AfterValidator(distinct_ids),
        AfterValidator(_in_order(lambda m: (m.position, m.id), "")),
    ] = ()  # fmt: skip
    sections: Annotated[
        tuple[Section, ...],
        Field(max_length=MAX_SECTIONS), Listed, AfterValidator(distinct_ids),
        AfterValidator(_in_order(lambda s: (s.start, s.id), "")),
    ] = ()  # fmt: skip
    tracks: Annotated[
        tuple[Track, ...],
        Field(max_length=MAX_TRACKS), Listed, AfterValidator(distinct_ids),
        AfterValidator(_in_order(lambda t: t.lane, "two tracks in one lane")),
    ] = ()  # fmt: skip
    groups: Annotated[
        tuple[Group, ...],
        Field(max_length=MAX_GROUPS), Listed, AfterValidator(distinct_ids),
        AfterValidator(_in_order(lambda g: g.lane, "two groups in one lane")),
    ] = ()  # fmt: skip
    effects: Annotated[
        tuple[Effect, ...],
        Field(max_length=MAX_EFFECTS), Listed, AfterValidator(distinct_ids),
        AfterValidator(_in_order(lambda e: EFFECT_KINDS.index(e.kind), "two effects of one kind")),
    ] = ()  # fmt: skip
    master: Master = Master()
    automation: Annotated[
        Mapping[str, Annotated[tuple[Point, ...], Listed]], Field(max_length=MAX_AUTOMATED), AfterValidator(_automation)
    ] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        groups = {group.id for group in self.groups}
        if any(track.group is not None and track.group not in groups for track in self.tracks):
            raise ValueError("a track plays through a group that is not there")
        if sum(len(track.clips) for track in self.tracks) > MAX_CLIPS:
            raise ValueError(f"at most {MAX_CLIPS} clips")
        return self

    @classmethod
    def empty(cls) -> Self:
        """Return a new desk: no tracks, a reverb and a delay."""
        return cls(effects=(Effect(id="reverb"), Effect(id="delay", kind="delay")))

    @classmethod
    def parse(cls, document: object) -> Self:
        """Read a document (as parsed JSON), or raise :class:`InvalidValue`, which names the first place that is wrong."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise invalid("", error) from None

    def document(self) -> dict[str, JsonValue]:
        """Return the document as JSON values; :meth:`parse` reads it back to an equal mix."""
        return self.model_dump(mode="json")

    def content_hash(self) -> str:
        """Return the SHA-256 of the document's canonical JSON."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def end(self) -> int:
        """The position at which the last clip ends."""
        return max((clip.at + clip.length for track in self.tracks for clip in track.clips), default=0)

    @property
    def assets(self) -> frozenset[str]:
        """The assets that its clips play."""
        return frozenset(clip.asset for track in self.tracks for clip in track.clips)

    def free_lane(self, used: Collection[int] = ()) -> int:
        """Return the lowest lane that is neither taken nor among ``used``: lanes of removed tracks, which an undo may bring back.

        A desk that has worn out all its lanes takes a used one again. Raises :class:`InvalidValue` when the desk is full.
        """
        return _free({track.lane for track in self.tracks}, used, MAX_TRACKS, "tracks")

    def free_group(self, used: Collection[int] = ()) -> int:
        """Return the lane of a new group by the same rules."""
        return _free({group.lane for group in self.groups}, used, MAX_GROUPS, "groups")


def _free(taken: Collection[int], used: Collection[int], most: int, kind: str) -> int:
    free = [lane for lane in range(most) if lane not in taken]
    if not free:
        raise InvalidValue(kind, f"at most {most} {kind}")
    return next((lane for lane in free if lane not in used), free[0])
