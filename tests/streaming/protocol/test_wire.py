import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import WireError
from streaming.protocol.wire import CODECS, HEADER_BYTES, MAX_MESSAGE, Media, choose_codec, pack_media, parse, unpack_media

GOLDEN = Path(__file__).parents[2] / "golden"
MESSAGES: list[dict[str, Any]] = json.loads((GOLDEN / "messages.json").read_text())["client"]
MEDIA: list[dict[str, Any]] = json.loads((GOLDEN / "media.json").read_text())

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
u8, u16, u32, u64 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))


def refused(text: str) -> WireError:
    """The refusal of a text."""
    with pytest.raises(WireError) as caught:
        parse(text)
    assert len(caught.value.sentence) < 300
    return caught.value


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_every_message_of_the_table_is_read(message: dict[str, Any]) -> None:
    """The golden messages, which the web console's tests read too, are parsed to what they say."""
    assert parse(json.dumps(message)).model_dump(mode="json") == message


@given(st.text())
def test_no_text_raises_anything_but_a_wire_error(text: str) -> None:
    """Arbitrary text is refused, never a surprise."""
    refused(text)


@given(values)
def test_no_json_raises_anything_but_a_wire_error(value: object) -> None:
    """Arbitrary JSON (with Python's NaN and Infinity) is refused."""
    refused(json.dumps(value))


@given(st.sampled_from(MESSAGES), st.text(max_size=8), values, st.booleans())
def test_a_message_with_a_changed_field_is_read_or_refused(
    message: dict[str, Any], field: str, value: object, known: bool
) -> None:
    """One field replaced by anything, or one field too many: a message or a WireError, nothing else."""
    name = sorted(message)[len(field) % len(message)] if known else field
    with suppress(WireError):
        assert parse(json.dumps({**message, name: value})).type in {message["type"] for message in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_unknown_fields_are_refused(message: dict[str, Any]) -> None:
    """A field that the table does not have is an error, so that a typo is not silence."""
    assert refused(json.dumps({**message, "extra": 1})).code == "invalid_parameter"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed"), ("[]", "malformed"), ("{}", "malformed"), ('"play"', "malformed"),
        ('{"type":"dance"}', "malformed"), ('{"type":["play"]}', "malformed"),
        ('{"type":"play"', "malformed"),
        ("[" * 60_000, "malformed"), ('{"type":"seek"}', "invalid_parameter"), ("\ud800", "malformed"),
        ('{"type":"seek","position":-1}', "invalid_parameter"), ('{"type":"seek","position":1.5}', "invalid_parameter"),
        ('{"type":"seek","position":true}', "invalid_parameter"), ('{"type":"seek","position":"1"}', "invalid_parameter"),
        ('{"type":"seek","position":' + "9" * 5000 + "}", "malformed"),
        ('{"type":"set","path":"master/fader_db","value":NaN}', "invalid_parameter"),
        ('{"type":"set","path":"master/fader_db","value":-Infinity}', "invalid_parameter"),
        ('{"type":"set","path":"tracks/a","value":{"params":{"pan":[1e999]}}}', "invalid_parameter"),
        ('{"type":"set","path":"' + "x" * 201 + '","value":1}', "invalid_parameter"),
        ('{"type":"set","path":"a","value":1,"gesture":"' + "g" * 129 + '"}', "invalid_parameter"),
        ('{"type":"loop","start":0,"end":null}', "invalid_parameter"),
        ('{"type":"loop","start":0,"end":2399}', "invalid_parameter"),
        ('{"type":"loop","start":96000,"end":0}', "invalid_parameter"), ('{"type":"loop"}', "invalid_parameter"),
        ('{"type":"hello","codecs":[],"buffer_frames":96000}', "invalid_parameter"),
        ('{"type":"hello","codecs":["opus"],"buffer_frames":100}', "invalid_parameter"),
        ('{"type":"hello","codecs":["' + "x" * 17 + '"],"buffer_frames":96000}', "invalid_parameter"),
        ('{"type":"subscribe","meters":61}', "invalid_parameter"), ('{"type":"mix","revision":"../etc"}', "invalid_parameter"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_code(text: str, code: str) -> None:
    """Malformed text and values out of range are told apart, and the connection goes on."""
    error = refused(text)
    assert (error.code, error.fatal) == (code, False)


@pytest.mark.parametrize("text", ["x" * (MAX_MESSAGE + 1), '{"type":"set","path":"a","value":"' + "é" * 32_760 + '"}'])
def test_a_too_large_ends_the_connection(text: str) -> None:
    """The limit counts bytes, not characters."""
    error = refused(text)
    assert (error.code, error.fatal) == ("too_large", True)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    """What a client sends does not come back in an error, however long."""
    assert "secret" not in refused('{"type":"secret' + "x" * 50_000 + '"}').sentence


def test_the_first_codec_that_we_speak_is_taken() -> None:
    """A listener's order decides; unknown codecs are passed over; none in common is fatal."""
    ours = tuple(CODECS)
    assert choose_codec(("aac", "opus", "pcm-f32"), ours) == "opus"
    with pytest.raises(WireError, match="expected one of pcm-f32, pcm-s16, opus") as caught:
        choose_codec(("aac",), ours)
    assert caught.value.fatal


@given(u8, u8, u16, u32, u64, u32, u32, st.binary(max_size=100))
def test_media_is_packed_and_unpacked(
    kind: int, codec: int, flags: int, epoch: int, start: int, frames: int, server_ms: int, payload: bytes
) -> None:
    """Every header comes back as it was, behind exactly 24 bytes lies the payload."""
    message = pack_media(kind, codec, flags, epoch, start, frames, server_ms, payload)
    assert len(message) == 24 + len(payload)
    assert unpack_media(message) == Media(kind, codec, flags, epoch, start, frames, server_ms, payload)


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: row["name"])
def test_the_golden_media_frames_are_ours(row: dict[str, Any]) -> None:
    """The bytes that the web console's tests decode are the bytes that we send."""
    fields = {name: row[name] for name in ("kind", "codec", "flags", "epoch", "start", "frames", "server_ms")}
    assert pack_media(**fields, payload=bytes.fromhex(row["payload"])).hex() == row["message"]


def test_the_clock_of_a_header_wraps() -> None:
    """A server that is up for more than 49 days goes on sending."""
    assert unpack_media(pack_media(1, 1, 0, 0, 0, 0, 2**32 + 5, b"")).server_ms == 5


@given(st.binary(max_size=HEADER_BYTES - 1))
def test_a_media_frame_without_a_header_is_refused(message: bytes) -> None:
    """Fewer than 24 bytes are no media."""
    with pytest.raises(WireError):
        unpack_media(message)
