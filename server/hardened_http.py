"""uvicorn's HTTP protocol with a way to cut the line, for answers that last as long as a listener listens.

Whoever stops reading, or reads a byte a second, would hold a task, a descriptor and a full buffer for hours: a timeout in the
application alone only ends the task, and ``close`` waits for what was written. Like ``server/hardened.py`` it relies on a few
names of one uvicorn minor version, which a contract test lists.
"""

import contextlib
import socket
import struct
from asyncio.transports import Transport
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from server.hardened import WRITE_LIMIT

LINE = "stemwire.line"
"""Where the scope of an HTTP request keeps its :class:`Line`."""

_RESET = struct.pack("ii", 1, 0)


class Line:
    """The connection that a request came on."""

    def __init__(self, protocol: "HardenedHttp") -> None:
        self._protocol = protocol

    def wait(self, seconds: float) -> None:
        """Let the kernel, too, wait so long for a peer that takes nothing (TCP_USER_TIMEOUT)."""
        connection = self._protocol.transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):  # already closed by the peer
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1_000 * seconds))

    def reset(self) -> None:
        """Cut it with an RST; the application is told that the peer has left."""
        transport = self._protocol.transport
        connection = transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):  # already closed by the peer
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


class HardenedHttp(H11Protocol):
    """One HTTP connection whose write buffer is bounded and whose requests know their line."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Bound the write buffer, and hand the line to the application in the scope."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_LIMIT, low=WRITE_LIMIT // 4)
        app, line = self.app, Line(self)

        async def on_line(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[LINE] = line
            await app(scope, receive, send)

        self.app = on_line
