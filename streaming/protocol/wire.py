"""Version 1 of the wire protocol, without any I/O: text to messages, or a refusal; audio to media frames.

The table of messages is ``docs/wire.md``, their types are in ``controls.py`` and ``messages.py`` beside this file.
"""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from streaming.errors import WireError
from streaming.protocol.controls import Control
from streaming.protocol.messages import Codec

SUBPROTOCOL = "stemwire.v1"
MAX_MESSAGE = 64 * 1024
"""Bytes of a text message from a client; the socket refuses bigger ones before they are read."""

MEDIA, PREROLL = 1, 2
"""Kinds of media frame: to be heard; to be decoded and dropped."""
CODECS: dict[Codec, int] = {"pcm-f32": 1, "pcm-s16": 2, "opus": 3}
"""Numbers of the codecs in a media header."""
LAST = 1
"""Flag: the last media of the stream."""

_HEADER = Struct("<BBHIQII")
HEADER_BYTES = _HEADER.size


class Close(IntEnum):
    """Why a connection is closed."""

    DONE = 1000
    GOING_AWAY = 1001
    NOT_ALLOWED = 1008
    TOO_BIG = 1009
    TRY_LATER = 1013
    PROTOCOL_ERROR = 4000
    HELLO_EXPECTED = 4001
    UNKNOWN_STREAM = 4002
    STALLED = 4003
    REPLACED = 4004


_CONTROL: TypeAdapter[Control] = TypeAdapter(Annotated[Control, Field(discriminator="type")])


def parse(text: str) -> Control:
    """Read one text message, or raise :exc:`WireError`; nothing else, whatever the text."""
    if len(text) > MAX_MESSAGE or len(text.encode(errors="replace")) > MAX_MESSAGE:
        raise WireError("too_large", f"expected at most {MAX_MESSAGE} bytes", fatal=True)
    try:
        return _CONTROL.validate_json(text)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None


def choose_codec(wanted: tuple[str, ...], offered: tuple[Codec, ...]) -> Codec:
    """Return the first codec of a ``hello`` that the server offers, or raise :exc:`WireError`."""
    for name in wanted:
        for codec in offered:
            if codec == name:
                return codec
    raise WireError("invalid_parameter", f"hello/codecs: expected one of {', '.join(offered)}", fatal=True)


@dataclass(frozen=True, slots=True)
class Media:
    """A media frame as it travels: ``frames`` of audio from stream time ``start`` on."""

    kind: int
    codec: int
    flags: int
    epoch: int
    start: int
    frames: int
    server_ms: int
    payload: bytes


def pack_media(kind: int, codec: int, flags: int, epoch: int, start: int, frames: int, server_ms: int, payload: bytes) -> bytes:
    """Return a binary message: the header of 24 bytes, then the payload. ``server_ms`` counts modulo 2**32 (49 days)."""
    return _HEADER.pack(kind, codec, flags, epoch, start, frames, server_ms & 0xFFFF_FFFF) + payload


def unpack_media(message: bytes) -> Media:
    """Read a binary message back."""
    if len(message) < HEADER_BYTES:
        raise WireError("malformed", f"expected at least {HEADER_BYTES} bytes of media, got {len(message)}")
    kind, codec, flags, epoch, start, frames, server_ms = _HEADER.unpack_from(message)
    return Media(kind, codec, flags, epoch, start, frames, server_ms, message[HEADER_BYTES:])


def _refusal(first: ErrorDetails) -> WireError:
    places = "/".join(str(place) for place in first["loc"])
    match first["type"]:
        case "json_invalid" | "string_unicode":
            return WireError("malformed", "expected JSON text")
        case "dict_type" | "model_type" | "model_attributes_type" if not places:
            return WireError("malformed", "expected a JSON object")
        case "union_tag_invalid" | "union_tag_not_found":
            return WireError("malformed", "expected an object with a known type")
        case "string_pattern_mismatch":
            return WireError("invalid_parameter", f"{places}: not of the expected form")
        case _:
            return WireError("invalid_parameter", f"{places[:100]}: {first['msg'].removeprefix('Value error, ')}")
