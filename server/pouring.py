"""A response that is poured out for as long as somebody drinks: pieces as they come, never more than the line takes.

A peer that takes nothing for some seconds, or cannot keep up with what is made in real time, is cut off.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server.hardened_http import LINE, Line
from streaming.broadcast.reel import Lagging
from streaming.offline.errand import Refused

STALL_S = 5.0
"""How long a peer may take nothing at all, when the buffers of its line are full."""

Pieces = Callable[[], AsyncGenerator[bytes, None]]


class Poured(Response):
    """The pieces of a file that nobody knows the length of; ``seat`` is held meanwhile."""

    def __init__(
        self, pieces: Pieces, media_type: str, headers: Mapping[str, str], seat: AbstractContextManager[object],
        patience_s: float = STALL_S,
    ) -> None:  # fmt: skip
        self.status_code, self.media_type, self.background = 200, media_type, None
        self.init_headers({"Accept-Ranges": "none", "X-Accel-Buffering": "no", **headers})
        self._pieces, self._seat, self._patience_s = pieces, seat, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pour until the file is over or the peer has left."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            with self._seat:
                await send({"type": "http.response.body", "body": b""})
            return
        line: Line | None = scope.get("extensions", {}).get(LINE)
        if line is not None:
            line.wait(self._patience_s)
        pouring = asyncio.create_task(self._pour(send, line))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((pouring, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pouring, leaving):
                task.cancel()
            ended = await asyncio.gather(pouring, leaving, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _pour(self, send: Send, line: Line | None) -> None:
        try:
            with self._seat:
                async with aclosing(self._pieces()) as pieces:
                    async for piece in pieces:
                        await self._send(send, {"type": "http.response.body", "body": piece, "more_body": True})
                await self._send(send, {"type": "http.response.body", "body": b""})
        except (TimeoutError, Lagging, Refused):
            if line is not None:
                line.reset()  # a file that ended here would pass for whole

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._patience_s):
            await send(message)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
