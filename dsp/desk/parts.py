"""The parts of a mix document: tempo, markers, sections, clips, tracks, groups, effects, master and automation.

Each is a frozen pydantic model that refuses what it does not know. Numbers come from outside, so every collection and every
string has a bound. How the parts make one document is ``dsp/desk/document.py``; how one place in it is changed,
``dsp/desk/mix.py``.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from dsp.desk.params import CLASSES, GROUPS, Parameter, Scope, Value, find

MAX_POSITION = 24 * 3600 * 48_000
"""A day: no song is longer, and sums of two positions stay far inside int64."""
MAX_TRACKS = CLASSES[-1]
"""The widest engine there is."""
MAX_CLIPS = 1024
"""Clips of a whole mix: two clip tables (before and after a switch) still fit into one datagram to a worker."""
MAX_FADE = 60 * 48_000
"""A minute, which the clip table's int32 holds with ease."""
MAX_TEMPI, MAX_MARKERS, MAX_SECTIONS = 1024, 1024, 256
"""More than a day of music names or counts; a document stays small enough to be sent whole."""
MAX_GROUPS = GROUPS
"""As many group strips as the console has."""
MAX_EFFECTS = 2
"""The engine has two effect buses: a reverb (the first send) and a delay (the second)."""
MAX_AUTOMATED, MAX_POINTS = 256, 50_000
"""Automated paths, and points of all of them together: about 2 MB of JSON."""
MAX_NAME = 80
"""Characters of a name: one line of a screen."""

ID = r"^[A-Za-z0-9_-]{1,32}$"
"""What a permanent id looks like; it never holds the slash of a path."""

TRACK_FIELDS = ("mute", "solo")
"""Switches of the catalogue that are fields of a track, not entries of its ``params``."""


class MixError(ValueError):
    """A place in a mix that cannot be read or changed as asked: ``path`` and a ``sentence`` for people."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}" if path else sentence)
        self.path = path
        self.sentence = sentence


class UnknownPath(MixError):
    """There is no such place in this mix."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "no such parameter or place in this mix")


class InvalidValue(MixError):
    """The value is of the wrong kind or out of range."""


def _unsigned_zero(value: float) -> float:
    return value + 0.0  # -0.0 becomes 0.0: equal mixes have equal hashes


def checked(row: Parameter, value: object, path: str) -> Value:
    """Return a parameter's value in its canonical type, or raise :class:`InvalidValue`."""
    if row.is_switch:
        if not isinstance(value, bool):
            raise InvalidValue(path, "expected true or false")
        return value
    if row.choices:
        if not isinstance(value, str) or value not in row.choices:
            raise InvalidValue(path, f"expected one of {', '.join(row.choices)}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(path, "expected a number")
    if not row.low <= value <= row.high:  # also true of NaN
        unit = f" {row.unit}" if row.unit else ""
        raise InvalidValue(path, f"expected {row.low:g} to {row.high:g}{unit}")
    return _unsigned_zero(float(value))


def default(row: Parameter) -> Value:
    """Return a parameter's rest value in its canonical type."""
    return row.rest


def _params(scope: Scope) -> Callable[[object], object]:
    def check(raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw  # pydantic says what it expected
        values: dict[str, Value] = {}
        for name, value in raw.items():
            row = find(scope, name) if isinstance(name, str) else None
            if row is None or (scope == "track" and name in TRACK_FIELDS):
                raise ValueError(f"there is no {scope} parameter of this name")
            number = checked(row, value, name)
            if number != default(row):
                values[name] = number
        return values

    return check


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def distinct_ids(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse two parts with one id."""
    if len({part.id for part in parts}) != len(parts):
        raise ValueError("two have the same id")
    return parts


Listed = BeforeValidator(_as_tuple)
"""JSON's lists are our tuples."""
Id = Annotated[str, Field(pattern=ID)]
Name = Annotated[str, Field(max_length=MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
Position = Annotated[int, Field(ge=0, le=MAX_POSITION)]
Fade = Annotated[int, Field(ge=0, le=MAX_FADE)]
TrackParams = Annotated[Mapping[str, Value], BeforeValidator(_params("track"))]
GroupParams = Annotated[Mapping[str, Value], BeforeValidator(_params("group"))]
MasterParams = Annotated[Mapping[str, Value], BeforeValidator(_params("master"))]
Shape = Literal["step", "linear"]
Point = Annotated[tuple[Position, Value, Shape], Listed]
"""``[position, value, shape]``: how the value goes on from here to the next point."""


class Part(BaseModel):
    """What all parts share: frozen, strict, no unknown fields, no NaN."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True,
        serialize_by_alias=True,
    )  # fmt: skip

    def dumped(self, field: str = "") -> JsonValue:
        """Return the part, or one field of it, as JSON values."""
        if not field:
            return self.model_dump(mode="json")
        return cast("dict[str, JsonValue]", self.model_dump(mode="json", include={field}))[field]


class Tempo(Part):
    """From ``position`` on, ``bpm`` beats a minute, ``beats`` to the bar."""

    position: Position
    bpm: Annotated[float, Field(ge=20.0, le=400.0)]
    beats: Annotated[int, Field(ge=1, le=32)] = 4


class Marker(Part):
    """A named place."""

    id: Id
    position: Position
    name: Name


class Section(Part):
    """A named stretch of the song."""

    id: Id
    start: Position
    end: Position
    name: Name

    @model_validator(mode="after")
    def _check(self) -> "Section":
        if self.end <= self.start:
            raise ValueError("a section ends after it starts")
        return self


class Clip(Part):
    """``length`` frames of an asset from frame ``offset`` (``from`` in JSON) on, heard from position ``at`` on."""

    id: Id
    asset: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    at: Position
    offset: Annotated[Position, Field(alias="from")] = 0
    length: Annotated[int, Field(ge=1, le=MAX_POSITION)]
    gain_db: Annotated[float, Field(ge=-90.0, le=24.0), AfterValidator(_unsigned_zero)] = 0.0
    fade_in: Fade = 0
    fade_out: Fade = 0

    @model_validator(mode="after")
    def _check(self) -> "Clip":
        if self.at + self.length > MAX_POSITION:
            raise ValueError("the clip reaches beyond the longest song")
        if max(self.fade_in, self.fade_out) > self.length:
            raise ValueError("a fade is longer than its clip")
        return self


Clips = Annotated[tuple[Clip, ...], Field(max_length=MAX_CLIPS), Listed, AfterValidator(distinct_ids)]


class Track(Part):
    """One strip of the desk. It keeps its ``lane`` (its place in the engine) for life."""

    id: Id
    lane: Annotated[int, Field(ge=0, lt=MAX_TRACKS)]
    name: Name = ""
    colour: Annotated[int, Field(ge=0, le=7)] = 0
    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")] = "other"
    clips: Clips = ()
    params: TrackParams = {}
    group: Id | None = None
    solo: bool = False
    mute: bool = False


class Group(Part):
    """A group strip: it keeps its ``lane`` (which of the console's groups it is) for life."""

    id: Id
    lane: Annotated[int, Field(ge=0, lt=MAX_GROUPS)]
    name: Name = ""
    colour: Annotated[int, Field(ge=0, le=7)] = 0
    params: GroupParams = {}


class Effect(Part):
    """An effect that tracks send to."""

    id: Id
    kind: Literal["reverb", "delay"] = "reverb"
    params: Mapping[str, Value] = {}

    @model_validator(mode="before")
    @classmethod
    def _check_params(cls, raw: object) -> object:
        if not isinstance(raw, Mapping) or raw.get("kind", "reverb") not in ("reverb", "delay") or "params" not in raw:
            return raw  # pydantic says what it expected
        return {**raw, "params": _params(raw.get("kind", "reverb"))(raw["params"])}


class Master(Part):
    """The master strip."""

    params: MasterParams = {}
