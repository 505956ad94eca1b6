import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from streaming.errors import EditRefused, OutOfRange, WireError
from streaming.protocol.controls import Control
from streaming.protocol.messages import Edit, Meters, ServerMessage
from streaming.protocol.wire import Close

TESTS = Path(__file__).parents[2]
SERVER: list[dict[str, Any]] = json.loads((TESTS / "golden" / "messages.json").read_text())["server"]
KINDS = {kind.type: kind for kind in ServerMessage.__subclasses__()}


def documented(type_: str, names: list[str]) -> bool:
    """Whether docs/wire.md has a row of this message that names all its fields."""
    text = (TESTS.parent / "docs" / "wire.md").read_text()
    rows = [line for line in text.splitlines() if re.match(rf"\| `{type_}` ", line)]
    return any(all(f"`{name}`" in row for name in names) for row in rows)


@pytest.mark.parametrize("message", SERVER, ids=lambda message: message["type"])
def test_the_golden_server_messages_are_ours(message: dict[str, Any]) -> None:
    """Each message of the golden file, which the web console's tests read too, is what its type writes."""
    arguments = {name: value for name, value in message.items() if name != "type"}
    assert json.loads(KINDS[message["type"]](**arguments).to_json()) == message


def test_the_golden_file_has_every_server_message() -> None:
    """No message is left out of the golden file."""
    assert {message["type"] for message in SERVER} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_server_messages_are_documented(kind: type[ServerMessage]) -> None:
    """docs/wire.md has every message of the server with every field."""
    assert documented(kind.type, [field.name for field in fields(kind)])


@pytest.mark.parametrize("kind", get_args(Control), ids=lambda kind: kind.__name__)
def test_client_messages_are_documented(kind: type[BaseModel]) -> None:
    """docs/wire.md has every message of the client with every field."""
    type_ = get_args(kind.model_fields["type"].annotation)[0]
    assert documented(type_, [name for name in kind.model_fields if name != "type"])


@pytest.mark.parametrize("code", [*Close, *(kind.code for kind in (WireError, OutOfRange, *EditRefused.__subclasses__()))])
def test_codes_are_documented(code: int | str) -> None:
    """docs/wire.md has a row for every close code and every error's word."""
    text = (TESTS.parent / "docs" / "wire.md").read_text()
    assert f"| {code} |" in text or f"| `{code}` |" in text


def test_messages_are_compact_json() -> None:
    """Nothing is escaped that need not be, and there are no spaces."""
    assert Edit(None, "tracks/t/name", "Köln", "p", 32).to_json() == (
        '{"type":"edit","edit_id":null,"path":"tracks/t/name","value":"Köln","by":"p","splice_frame":32}'
    )


def test_a_message_never_holds_nan() -> None:
    """A meter that is not a number is a bug of ours, not text that no browser reads."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        Meters(8, [(0, [float("nan")])]).to_json()
