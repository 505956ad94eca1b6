"""The names of uvicorn that the HTTP protocol relies on, and its way to cut a line."""

import asyncio
import inspect
import socket
import struct
from typing import Any

import uvicorn
from helpers.waiting import until
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.hardened import WRITE_LIMIT
from server.hardened_http import LINE, HardenedHttp, Line


def test_uvicorn_has_what_is_relied_on() -> None:
    """The application is an attribute that each request reads, and the transport one that is set when a connection is made."""
    assert uvicorn.__version__.startswith("0.54.")
    assert "self.app = config.loaded_app" in inspect.getsource(H11Protocol.__init__)
    assert "self.transport = transport" in inspect.getsource(H11Protocol.connection_made)
    assert "app = self.app" in inspect.getsource(H11Protocol.handle_events)


async def test_a_line_can_be_cut_and_says_so() -> None:
    """The scope holds the line; a reset reaches the peer as one, and the application is told that it has left."""
    told: list[str] = []
    limits: list[tuple[int, int]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        line: Line = scope["extensions"][LINE]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        limits.append(line._protocol.transport.get_write_buffer_limits())
        line.wait(60.0)
        connection = line._protocol.transport.get_extra_info("socket")
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        line.reset()
        while not told:
            told.extend([message["type"]] if (message := await receive())["type"] == "http.disconnect" else [])

    config = uvicorn.Config(app, http=HardenedHttp, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listener, socket.socket() as peer:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started)
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(peer, listener.getsockname())
        await loop.sock_sendall(peer, b"GET / HTTP/1.1\r\nHost: desk.test\r\n\r\n")
        await until(lambda: told)
        await until(lambda: struct.unpack("B", peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))[0] == 7)
        server.should_exit = True
        await serving
    assert limits == [(WRITE_LIMIT // 4, WRITE_LIMIT)]
