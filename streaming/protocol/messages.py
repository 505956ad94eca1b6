"""What the server says: the control messages of the wire protocol as frozen types.

``docs/wire.md`` is the table.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypedDict

from pydantic import JsonValue

from dsp.grid import QUANTUM, RATE

Codec = Literal["pcm-f32", "pcm-s16", "opus"]
Role = Literal["controller", "listener"]
TransportState = Literal["playing", "paused", "stopped", "ended"]
Reason = Literal["start", "seek", "loop", "edit", "revision", "resume"]


ScopeRow = tuple[int, Sequence[float], Sequence[tuple[float, float]]]
"""A frame, the spectrum's bands in dB, the goniometer's points ``(mid, side)``."""


class Span(TypedDict):
    """A range of positions."""

    start: int
    end: int


class NamedPerson(TypedDict):
    """Somebody, by name."""

    id: str
    name: str


class PersonRow(NamedPerson):
    """Somebody in the room."""

    role: str
    colour: int


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """What all of them share."""

    type: ClassVar[str]

    def to_json(self) -> str:
        """Return the text frame."""
        values = {"type": self.type, **{field.name: getattr(self, field.name) for field in fields(self)}}
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Welcome(ServerMessage):
    """The answer to ``hello``: who one is and what one gets. ``mix`` is ``{revision, document}``."""

    type: ClassVar[str] = "welcome"
    stream_id: str
    listener_id: str
    role: Role
    codec: Codec
    lead_frames: int
    resume: str
    limits: dict[str, int]
    mix: dict[str, Any]
    meters: dict[str, Any]
    protocol: int = 1
    sample_rate: int = RATE
    channels: int = 2
    quantum: int = QUANTUM


@dataclass(frozen=True, slots=True)
class State(ServerMessage):
    """The transport after every change: at ``server_us`` stream time was ``frame``."""

    type: ClassVar[str] = "state"
    transport: TransportState
    frame: int
    position: int
    epoch: int
    loop: Span | None
    revision: str
    server_us: int


@dataclass(frozen=True, slots=True)
class Segment(ServerMessage):
    """From stream time ``starts_at`` on, the playhead is at ``position`` and counts up."""

    type: ClassVar[str] = "segment"
    epoch: int
    starts_at: int
    position: int
    loop: Span | None


@dataclass(frozen=True, slots=True)
class Epoch(ServerMessage):
    """What was sent from ``starts_at`` on is void; the media of ``epoch`` takes its place."""

    type: ClassVar[str] = "epoch"
    epoch: int
    starts_at: int
    fade_before: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Edit(ServerMessage):
    """An edit was applied; it is heard from ``splice_frame`` on. ``edit_id`` is the one that its author gave."""

    type: ClassVar[str] = "edit"
    edit_id: int | None
    path: str
    value: JsonValue
    by: str
    splice_frame: int


@dataclass(frozen=True, slots=True)
class Meters(ServerMessage):
    """Rows of ``[frame, [value, ...]]`` for this many ``tracks``, to be shown when their frame is heard."""

    type: ClassVar[str] = "meters"
    tracks: int
    rows: Sequence[tuple[int, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Scope(ServerMessage):
    """Rows of ``[frame, bands, points]``, to be shown when their frame is heard: what was heard up to it."""

    type: ClassVar[str] = "scope"
    rows: Sequence[ScopeRow]


@dataclass(frozen=True, slots=True)
class Clock(ServerMessage):
    """Where several listen: stream frame ``frame`` leaves everybody's loudspeaker at ``server_us``. Nulls: one is alone."""

    type: ClassVar[str] = "clock"
    frame: int | None
    server_us: int | None


@dataclass(frozen=True, slots=True)
class Pong(ServerMessage):
    """The answer to ``ping``."""

    type: ClassVar[str] = "pong"
    client_us: int
    server_us: int


@dataclass(frozen=True, slots=True)
class Stats(ServerMessage):
    """How the stream is doing, once a second."""

    type: ClassVar[str] = "stats"
    render_load: float
    lead_frames: int
    margin_us: int
    splices: int
    rerenders: int
    drops: int


@dataclass(frozen=True, slots=True)
class People(ServerMessage):
    """Who is in the room, after somebody came, went or got another name: rows, how many they are, who came and who went."""

    type: ClassVar[str] = "people"
    people: Sequence[PersonRow]
    count: int
    joined: Sequence[NamedPerson]
    left: Sequence[NamedPerson]


@dataclass(frozen=True, slots=True)
class History(ServerMessage):
    """What undo and redo would do for this listener, in words; null where there is nothing."""

    type: ClassVar[str] = "history"
    undo: str | None
    redo: str | None


@dataclass(frozen=True, slots=True)
class Error(ServerMessage):
    """A message was refused. Unless ``fatal``, all goes on."""

    type: ClassVar[str] = "error"
    code: str
    message: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Bye(ServerMessage):
    """The server closes the connection; come back after ``retry_after_s``."""

    type: ClassVar[str] = "bye"
    reason: str
    retry_after_s: int
