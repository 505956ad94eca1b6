"""The hardened WebSocket protocol: what it relies on in uvicorn, and what it does over real sockets."""

import ast
import asyncio
import inspect
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from helpers.house import NEVER, QUICK, House, Receive, opened
from helpers.raw import FRAGMENT, GOES_ON, PING, RawSocket, frame
from helpers.waiting import until
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from server import hardened
from server.hardened import HOARD, LOOK, WRITE_LIMIT, HardenedProtocol, Link, Patience

METHODS = {
    "connection_made": ["transport"],
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "pause_writing": [],
    "resume_writing": [],
    "shutdown": [],
    "keepalive_timeout": [],
    "handle_connect": ["event"],
    "handle_ping": [],
    "handle_cont": ["event"],
    "handle_parser_exception": [],
    "receive": [],
    "run_asgi": [],
}
"""Methods of uvicorn's protocol that are overridden or called, with their arguments."""

ATTRIBUTES = {
    "loop", "transport", "conn", "queue", "frames", "writable", "read_paused",
    "handshake_complete", "close_sent", "disconnected", "close_timer", "close_timeout",
}  # fmt: skip
"""What is read or set of it once it is made."""

LATER = {"scope"}
"""What it has once a handshake has been accepted."""

CONNECTION = {"data_to_send", "fail", "send_close"}
"""What is called on ``websockets``' side of the connection."""


def names_used() -> tuple[set[str], set[str]]:
    """Names that the module takes from the protocol (through ``self`` or ``protocol``), and from its ``conn``."""
    tree = ast.parse(Path(hardened.__file__).read_text(encoding="utf-8"))
    link = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Link")
    inner = {id(node) for node in ast.walk(link)}
    of_protocol, of_connection = set(), set()
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.Attribute)):
        owner = ast.unparse(node.value)
        if owner in ("protocol", "self._protocol", "super()") or (owner == "self" and id(node) not in inner):
            of_protocol.add(node.attr)
        elif owner.endswith(".conn"):
            of_connection.add(node.attr)
    own = {name for name in vars(HardenedProtocol) if not name.startswith("__")}
    overridden = {name for name in own if hasattr(WebSocketsSansIOProtocol, name)}
    return of_protocol - own | overridden, of_connection


def test_every_private_name_is_listed() -> None:
    """The lists above name all that the module relies on, so that a new uvicorn is checked against all of it."""
    of_protocol, of_connection = names_used()
    assert of_protocol == set(METHODS) | ATTRIBUTES | LATER
    assert of_connection == CONNECTION


def test_uvicorn_has_what_is_relied_on() -> None:
    """The installed protocol has these methods with these arguments, and these attributes."""
    for name, arguments in METHODS.items():
        assert list(inspect.signature(getattr(WebSocketsSansIOProtocol, name)).parameters)[1:] == arguments, name
    assert inspect.iscoroutinefunction(WebSocketsSansIOProtocol.run_asgi)


async def test_its_attributes_are_there_from_the_start() -> None:
    """A protocol that was just made has the attributes, of the kinds that are expected."""
    config = uvicorn.Config(lambda *_: None, ws=HardenedProtocol, log_config=None)
    config.load()
    protocol = WebSocketsSansIOProtocol(config, ServerState(), {})
    assert vars(protocol).keys() >= ATTRIBUTES
    assert not vars(protocol).keys() & LATER
    assert (protocol.frames, protocol.read_paused, protocol.close_timer) == ([], False, None)
    assert isinstance(protocol.queue, asyncio.Queue)
    assert protocol.writable.is_set()
    assert all(callable(getattr(protocol.conn, name)) for name in CONNECTION)


def test_uvicorn_minor_version() -> None:
    """The pinned minor version is the one that is installed."""
    assert uvicorn.__version__.split(".")[:2] == ["0", "54"]


# Behaviour


async def test_peer_that_does_not_drain_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full line counts as not writable; a peer that leaves it so is reset, and the application is told."""
    house = House()
    async with opened(house, QUICK, monkeypatch), RawSocket(house.url):
        link = house.links[0]
        while link.writable:
            link.write_binary(bytes(16_384))
        assert link.open
        assert WRITE_LIMIT <= link.buffered <= WRITE_LIMIT + 16_384 + 4
        await until(lambda: house.over)
        assert not link.open


async def test_line_that_hoards_is_cut_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that are written whether the line is full or not cannot pile up: a line that holds too much is reset."""
    house = House()
    async with opened(house, NEVER, monkeypatch), RawSocket(house.url):
        link = house.links[0]
        most = 0
        while link.open:
            link.write_text("x" * 60_000)
            most = max(most, link.buffered)
        assert most <= HOARD + 60_004
        await until(lambda: house.over)


async def test_peer_that_drains_again_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that falls behind and reads on is not cut: its line is writable again."""
    house = House()
    async with opened(house, NEVER, monkeypatch), RawSocket(house.url) as peer:
        link = house.links[0]
        while link.writable:
            link.write_binary(bytes(16_384))
        while not link.writable or link.buffered:
            await peer.read(65_536)
        link.write_text("on")
        await peer.read_until(b"\x81\x02on")


async def test_close_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that reads gets the close frame with code and reason, and the application is told; nothing is written after it."""
    house = House()
    async with opened(house, QUICK, monkeypatch), RawSocket(house.url) as peer:
        house.links[0].close(4003, "stalled")
        house.links[0].write_text("too late")
        await peer.read_to_end()
        assert peer.received.endswith(struct.pack("!BBH", 0x88, 9, 4003) + b"stalled")
        await until(lambda: house.over)


async def test_close_of_a_full_line_is_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that does not drain cannot be sent a code: it is reset at once."""
    house = House()
    async with opened(house, NEVER, monkeypatch), RawSocket(house.url) as peer:
        link = house.links[0]
        while link.writable:
            link.write_binary(bytes(16_384))
        link.close(4003)
        await until(lambda: house.over)
        assert await peer.read_to_end() == "reset"


async def test_unread_pongs_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full line pongs are not even queued."""
    heard = []

    async def serve(_: Link, receive: Receive) -> None:
        heard.append((await receive())["text"])

    house = House(serve)
    async with opened(house, replace(NEVER, pings=10_000), monkeypatch), RawSocket(house.url) as peer:
        link = house.links[0]
        while link.writable:
            link.write_binary(bytes(16_384))
        before = link.buffered
        for _ in range(20):
            await peer.send(frame(bytes(125), PING) * 400)
        await peer.send(frame(b"end"))
        await until(lambda: heard)
        assert link.buffered <= before


async def test_pings_are_answered_until_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ping has its pong; a peer that sends more than the bucket holds is cut, and the application is told."""
    house = House()
    async with opened(house, replace(NEVER, pings_per_s=0.001, pings=5), monkeypatch), RawSocket(house.url) as peer:
        for number in range(5):
            await peer.send(frame(b"ping %d" % number, PING))
            await peer.read_until(b"\x8a\x06ping %d" % number)
        assert house.links[0].open
        await peer.send(frame(b"one more", PING) * 50)
        await until(lambda: house.over)
        await peer.read_to_end()
        assert b"one more" not in peer.received


@pytest.mark.parametrize("content", [b"", b"xy"])
async def test_too_many_fragments(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """A message of more fragments than allowed ends the line, empty fragments or not."""
    house = House()
    async with opened(house, Patience(3600.0, 0.3, fragments=8), monkeypatch), RawSocket(house.url) as peer:
        await peer.send(frame(content, FRAGMENT) + frame(content, GOES_ON) * 9)
        await until(lambda: house.over)
        await peer.read_to_end()


async def test_few_fragments_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message in fewer fragments arrives whole."""
    texts = []

    async def serve(_: Link, receive: Receive) -> None:
        texts.append((await receive())["text"])

    house = House(serve)
    async with opened(house, Patience(3600.0, 0.3, fragments=8), monkeypatch), RawSocket(house.url) as peer:
        await peer.send(frame(b"he", FRAGMENT) + frame(b"l", GOES_ON) * 2 + frame(b"o", 0x80))
        await until(lambda: house.over)
    assert texts == ["hello"]


async def test_much_at_once_is_looked_at_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages come in one go, few of them wait as such; all are taken in order, and the last before the end too."""
    texts, most, count = [], [], 40_000
    may_read = asyncio.Event()

    async def serve(link: Link, receive: Receive) -> None:
        await may_read.wait()
        while (message := await receive())["type"] != "websocket.disconnect":
            texts.append(message["text"])
            most.append(link._protocol.queue.qsize())

    house = House(serve)
    async with opened(house, NEVER, monkeypatch), RawSocket(house.url) as peer:
        sending = asyncio.create_task(peer.send(b"".join(frame(b"%d" % n) for n in range(count))))
        await until(house.links[0]._protocol.queue.qsize)
        may_read.set()
        await sending
        await until(lambda: len(texts) == count)
    assert texts == [str(n) for n in range(count)]
    assert max(most) <= LOOK // 7


async def test_application_that_returns_ends_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the application has returned, a peer that never reads or answers has ``close_s`` left."""

    async def serve(link: Link, _: Receive) -> None:
        while link.writable:
            link.write_binary(bytes(16_384))

    house = House(serve)
    async with opened(house, Patience(3600.0, 0.3), monkeypatch) as server, RawSocket(house.url):
        await until(lambda: house.over)
        await until(lambda: not server.server_state.connections)


async def test_stopping_cuts_who_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops is not held up by a peer that never reads."""
    house = House()
    async with opened(house, Patience(3600.0, 0.3), monkeypatch), RawSocket(house.url):
        link = house.links[0]
        while link.writable:
            link.write_binary(bytes(16_384))
    assert house.over
