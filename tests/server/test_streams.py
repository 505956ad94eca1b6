"""Streams over HTTP, and who is let in to their sockets."""

import json
from typing import Any

import pytest
from helpers.desk import Desk, Guest
from starlette.types import Message

from server.auth import COOKIE

ACCEPTED = "websocket.accept"
TRY_LATER = {"type": "websocket.close", "code": 1013, "reason": ""}
"""What the studio of these tests says to those who are let in."""


async def knock(
    house: Desk, path: str, query: str = "", protocols: tuple[str, ...] = ("stemwire.v1",), **headers: str
) -> list[Message]:
    """Open a WebSocket and return what the server sends."""
    sent: list[Message] = []
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"desk.test"), *raw], "subprotocols": protocols, "scheme": "ws", "client": ("127.0.0.1", 1),
        "server": ("desk.test", 80), "extensions": {},
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await house.app(scope, receive, send)
    return sent


def refusal(sent: list[Message]) -> tuple[str, int]:
    """Accepted, an error, and the close: the error's code and the close's."""
    assert [message["type"] for message in sent] == [ACCEPTED, "websocket.send", "websocket.close"]
    error = json.loads(sent[1]["text"])
    assert (error["type"], error["fatal"]) == ("error", True)
    return error["code"], sent[2]["code"]


async def test_a_ticket_lets_in_once(house: Desk, guest: Guest) -> None:
    """A ticket opens its own stream, without a cookie, and then no more."""
    ticket = house.context.tickets.issue(guest.workspace, "s1")
    assert await knock(house, "/api/v1/streams/s1/ws", f"ticket={ticket}") == [TRY_LATER]
    assert refusal(await knock(house, "/api/v1/streams/s1/ws", f"ticket={ticket}")) == ("no_session", 1008)
    other = house.context.tickets.issue(guest.workspace, "s1")
    assert refusal(await knock(house, "/api/v1/streams/s2/ws", f"ticket={other}")) == ("no_session", 1008)


async def test_a_cookie_lets_our_own_pages_in(house: Desk, guest: Guest) -> None:
    """With the cookie, a page of ours and a program are let in, a page of another site is not."""
    cookie = f"{COOKIE}={guest.http.cookies[COOKIE]}"
    path = "/api/v1/streams/s1/ws"
    assert await knock(house, path, cookie=cookie) == [TRY_LATER]
    assert await knock(house, path, cookie=cookie, origin="http://desk.test") == [TRY_LATER]
    assert refusal(await knock(house, path, cookie=cookie, origin="http://evil.test")) == ("cross_site", 1008)
    assert refusal(await knock(house, path, cookie=cookie, sec_fetch_site="cross-site")) == ("cross_site", 1008)


async def test_nobody_is_refused_in_words(house: Desk) -> None:
    """Without cookie and ticket the socket says why before it closes, in whatever protocol was asked for."""
    assert refusal(await knock(house, "/api/v1/streams/s1/ws")) == ("no_session", 1008)
    assert (await knock(house, "/api/v1/streams/s1/ws", protocols=()))[0]["subprotocol"] is None


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/streams/a%2Fb/ws", ""),
        ("/api/v1/streams/s1/ws", "ticket=a&ticket=b"),
        ("/api/v1/streams/s1/ws", "x=1"),
        ("/nothing", ""),
    ],
)
async def test_a_wrong_address_is_no_socket(house: Desk, path: str, query: str) -> None:
    """What is not understood is refused before the handshake."""
    (answer,) = await knock(house, path.replace("%2F", ":"), query)
    assert answer["type"] == "websocket.close"


async def test_a_stream_of_nothing_is_refused(house: Desk, guest: Guest) -> None:
    """There must be a project, and room for the stream."""
    await guest.refused("POST", "/streams", 404, "not_found", json={"project_id": "none"})
    await guest.refused("POST", "/streams", 422, "invalid_parameter", json={"project_id": "../x"})
    await guest.refused("POST", "/streams", 503, "over_capacity", json={"project_id": await guest.project()})
