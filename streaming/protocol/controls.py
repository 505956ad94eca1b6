"""What a client may say: the control messages of the wire protocol, validated strictly.

``streaming/protocol/wire.py`` reads them; ``docs/wire.md`` is the table.
"""

from math import isfinite
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from dsp.desk.parts import MAX_POSITION
from dsp.grid import RATE
from streaming.live.timeline import MIN_LOOP

MAX_BUFFER = 60 * RATE
"""A listener may hold a minute: more helps nobody and is only rendered to be superseded."""
MIN_BUFFER = RATE
"""Less than a second cannot bridge a blocked page."""
MAX_INTEGER = 2**53 - 1
"""The largest integer that a browser holds exactly."""
MAX_HZ = 60
"""Meters and scopes a second: a screen shows no more."""
MAX_CODECS = 8
MAX_PATH = 200


def _finite(value: JsonValue) -> JsonValue:
    """Refuse NaN and infinities, wherever they hide (the parser's depth is limited, so this is too)."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("expected finite numbers")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _finite(inner)
    return value


Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Position = Annotated[int, Field(ge=0, le=MAX_POSITION)]
Hz = Annotated[int, Field(ge=0, le=MAX_HZ)]
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
"""Ids that somebody made: gestures, revisions, resume tokens."""


class ClientMessage(BaseModel):
    """What all of them share: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Hello(ClientMessage):
    """The first message: what the listener decodes, in order of preference, and how much it can hold."""

    type: Literal["hello"]
    codecs: Annotated[tuple[Annotated[str, Field(max_length=16)], ...], Field(min_length=1, max_length=MAX_CODECS)]
    buffer_frames: Annotated[int, Field(ge=MIN_BUFFER, le=MAX_BUFFER)]
    resume: Token | None = None


class Play(ClientMessage):
    """Start, or go on."""

    type: Literal["play"]


class Pause(ClientMessage):
    """Hold the playhead."""

    type: Literal["pause"]


class Stop(ClientMessage):
    """Halt and go back to the start."""

    type: Literal["stop"]


class Seek(ClientMessage):
    """Go on from another place."""

    type: Literal["seek"]
    position: Position


class Loop(ClientMessage):
    """Repeat from ``start`` to ``end``; both null: go straight on."""

    type: Literal["loop"]
    start: Position | None
    end: Position | None

    @model_validator(mode="after")
    def _check(self) -> "Loop":
        if (self.start is None) != (self.end is None):
            raise ValueError("expected start and end, or null for both")
        if self.start is not None and self.end is not None and self.end - self.start < MIN_LOOP:
            raise ValueError(f"expected a loop of at least {MIN_LOOP} frames")
        return self


class Set(ClientMessage):
    """One live edit. Those of one drag carry the same ``gesture``."""

    type: Literal["set"]
    path: Annotated[str, Field(max_length=MAX_PATH)]
    value: Annotated[JsonValue, AfterValidator(_finite)]
    gesture: Token | None = None
    edit_id: Count | None = None
    played_to: Count | None = None


class Undo(ClientMessage):
    """Take the author's last gesture back, or the one that is named."""

    type: Literal["undo"]
    gesture: Token | None = None


class Redo(ClientMessage):
    """Do again what was undone last, or the gesture that is named."""

    type: Literal["redo"]
    gesture: Token | None = None


class SwitchMix(ClientMessage):
    """Put a stored revision on the desk, turned down behind the limiter so that it is as loud as another one."""

    type: Literal["mix"]
    revision: Token
    trim_db: Annotated[float, Field(ge=-24.0, le=0.0)] | None = None


class ResetLoudness(ClientMessage):
    """Measure the loudness anew."""

    type: Literal["reset_loudness"]


class Ack(ClientMessage):
    """Where the listener's playhead is and how much it holds beyond it."""

    type: Literal["ack"]
    epoch: Annotated[int, Field(ge=0, lt=2**32)]
    played_to: Count
    buffered: Count
    client_us: Count
    late: Count | None = None
    ready_us: Count | None = None


class Ping(ClientMessage):
    """Ask for the server's clock."""

    type: Literal["ping"]
    client_us: Count


class Subscribe(ClientMessage):
    """How often to send meters and scopes; 0 is never."""

    type: Literal["subscribe"]
    meters: Hz = 0
    scope: Hz = 0


Control = Hello | Play | Pause | Stop | Seek | Loop | Set | Undo | Redo | SwitchMix | ResetLoudness | Ack | Ping | Subscribe
