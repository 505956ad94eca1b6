"""Bounds: allowances by rate, slots by number, bodies by bytes and by silence."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from server.errors import Problem
from server.limits import MAX_KEYS, Allowance, Slots, read_body
from streaming.live.clock import ManualClock


def test_an_allowance_fills_again() -> None:
    """Three a minute: three at once, then one each twenty seconds, each key for itself."""
    clock = ManualClock()
    allowance = Allowance(3, clock)
    for _ in range(3):
        allowance.spend("a")
    with pytest.raises(Problem) as problem:
        allowance.spend("a")
    assert problem.value.headers == {"Retry-After": "20"}
    allowance.spend("b")
    clock.advance_us(20_000_000)
    allowance.spend("a")
    with pytest.raises(Problem):
        allowance.spend("a")


def test_an_allowance_forgets() -> None:
    """However many keys come, so many are remembered."""
    allowance = Allowance(1, ManualClock())
    for number in range(MAX_KEYS + 10):
        allowance.spend(str(number))
    allowance.spend("0")
    with pytest.raises(Problem):
        allowance.spend(str(MAX_KEYS + 9))


def test_slots_are_given_back() -> None:
    """A slot is free again after its block, also when that fails."""
    slots = Slots(1, "uploads")
    with slots.hold(), pytest.raises(Problem, match="takes no more uploads"), slots.hold():
        pass
    with pytest.raises(ZeroDivisionError), slots.hold():
        raise ZeroDivisionError
    with slots.hold():
        pass


def request(*messages: Message, length: int | None = None) -> Request:
    """A request whose body comes as ``messages``, and then nothing more."""
    waiting = list(messages)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def piece(body: bytes, more: bool = True) -> Message:
    """A piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_comes_in_pieces() -> None:
    """Pieces are put together."""
    assert await read_body(request(piece(b"ab"), piece(b""), piece(b"cd", more=False)), 4, 1) == b"abcd"


@pytest.mark.parametrize("sent", [request(length=5), request(piece(b"abc"), piece(b"de"))], ids=["declared", "sent"])
async def test_a_large_body_is_refused(sent: Request) -> None:
    """By what it declares, or by what it sends, before it ends."""
    with pytest.raises(Problem) as problem:
        await read_body(sent, 4, 1)
    assert problem.value.kind.status == 413


async def test_a_silent_client_is_given_up() -> None:
    """A body that pauses too long is refused, and the connection is not kept."""
    with pytest.raises(Problem) as problem:
        await read_body(request(piece(b"a")), 4, 0.01)
    assert (problem.value.kind.status, problem.value.headers["Connection"]) == (408, "close")


async def test_a_client_that_leaves_is_let_go() -> None:
    """A disconnect in the middle of a body ends the request."""
    with pytest.raises(Problem, match="went away"):
        await read_body(request(piece(b"a"), {"type": "http.disconnect"}), 4, 1)
