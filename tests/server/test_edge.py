"""The outermost layer: what a route did not foresee is answered, logged and counted, and never told."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.edge import Edge
from server.errors import respond
from server.metrics import Metrics


async def broken(_request: Request) -> Response:
    """A route with an error of ours."""
    raise RuntimeError("secret: 42")


@pytest.fixture
def metrics() -> Metrics:
    """Numbers at zero."""
    return Metrics()


@pytest.fixture
def browser(metrics: Metrics) -> httpx2.AsyncClient:
    """A client of an application that breaks."""
    app = Starlette(routes=[Route("/broken", broken)], exception_handlers={Exception: respond})
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=Edge(app, metrics)), base_url="http://desk.test")


async def test_an_error_is_answered_without_its_cause(browser: httpx2.AsyncClient, metrics: Metrics) -> None:
    """A problem document with an instance; one error is counted."""
    answer = await browser.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.json()["instance"].endswith(answer.headers["x-request-id"])
    assert "stemwire_errors_total 1.0" in metrics.page().decode()


async def test_an_answer_that_breaks_ends(metrics: Metrics) -> None:
    """What was sent was sent; the rest is an error of ours, logged and counted, and the server cuts the line."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("secret: 42")

    async def receive() -> Message:
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await Edge(app, metrics)({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "stemwire_errors_total 1.0" in metrics.page().decode()


async def test_a_socket_that_breaks_ends(metrics: Metrics) -> None:
    """An error on a socket goes no further than here."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("secret: 42")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(_message: Message) -> None:
        raise AssertionError

    await Edge(app, metrics)({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert "stemwire_errors_total 1.0" in metrics.page().decode()
