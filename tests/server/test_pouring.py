"""Answers that last: poured while somebody drinks, cut off when nobody does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from server import pouring
from server.hardened_http import LINE
from server.pouring import Poured
from streaming.broadcast.reel import Lagging


class Peer:
    """The other end: takes ``most`` pieces and then no more, or leaves."""

    def __init__(self, most: int = 1_000, method: str = "GET") -> None:
        self.sent: list[bytes] = []
        self.started: dict[str, Any] = {}
        self.was_reset = self.is_seated = False
        self.seats = 0
        self.scope: dict[str, Any] = {"type": "http", "method": method, "extensions": {LINE: self}}
        self._most, self._left = most, asyncio.Event()

    def reset(self) -> None:
        """The line is cut."""
        self.was_reset = True
        self.leave()

    def wait(self, _seconds: float) -> None:
        """The line's patience."""

    def leave(self) -> None:
        """Go."""
        self._left.set()

    @contextlib.contextmanager
    def seat(self) -> Iterator[None]:
        """A seat that is counted."""
        self.is_seated, self.seats = True, self.seats + 1
        try:
            yield
        finally:
            self.is_seated = False

    async def receive(self) -> dict[str, Any]:
        """It says nothing until it leaves."""
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a message, or let it wait for ever."""
        if message["type"] == "http.response.start":
            self.started = message
        elif len(self.sent) >= self._most:
            await asyncio.Event().wait()
        else:
            self.sent.append(message["body"])

    async def ask(self, response: Poured) -> None:
        """Be answered."""
        await response(self.scope, self.receive, self.send)  # type: ignore[arg-type]


def poured(peer: Peer, pieces: Any, patience_s: float = 60.0) -> Poured:
    """A response."""
    return Poured(pieces, "audio/webm", {"Cache-Control": "no-store"}, peer.seat(), patience_s)


async def three() -> AsyncGenerator[bytes, None]:
    """A short file."""
    for piece in (b"a", b"b", b"c"):
        yield piece


async def endless() -> AsyncGenerator[bytes, None]:
    """A file that never ends."""
    while True:
        await asyncio.sleep(0)
        yield b"x"


async def test_a_file_is_poured_to_its_end() -> None:
    """Head, pieces, end; the seat is held meanwhile."""
    peer = Peer()
    await peer.ask(poured(peer, three))
    assert peer.sent == [b"a", b"b", b"c", b""]
    headers = dict(peer.started["headers"])
    assert headers[b"content-type"] == b"audio/webm"
    assert headers[b"accept-ranges"] == b"none"
    assert (peer.seats, peer.is_seated, peer.was_reset) == (1, False, False)


async def test_who_asks_for_the_head_gets_no_more() -> None:
    """HEAD starts nothing."""
    peer = Peer(method="HEAD")
    await peer.ask(poured(peer, endless))
    assert (peer.started["status"], peer.sent, peer.is_seated) == (200, [b""], False)


async def test_who_leaves_is_let_go() -> None:
    """When the peer has left, the file is closed and its seat is free."""
    peer = Peer()
    asking = asyncio.create_task(peer.ask(poured(peer, endless)))
    while len(peer.sent) < 3:
        await asyncio.sleep(0)
    peer.leave()
    await asking
    assert (peer.is_seated, peer.was_reset) == (False, False)


async def test_who_takes_nothing_is_cut_off() -> None:
    """After the response's patience the line is reset."""
    peer = Peer(most=2)
    await peer.ask(poured(peer, endless, patience_s=0.01))
    assert (peer.was_reset, peer.is_seated, len(peer.sent)) == (True, False, 2)
    assert pouring.STALL_S > 1


async def test_who_falls_behind_is_cut_off() -> None:
    """A file that cannot go on is not ended as if it were whole."""

    async def lagging() -> AsyncGenerator[bytes, None]:
        yield b"a"
        raise Lagging

    peer = Peer()
    await peer.ask(poured(peer, lagging))
    assert (peer.was_reset, peer.sent) == (True, [b"a"])
