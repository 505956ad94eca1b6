"""uvicorn with the hardened WebSocket protocol in a test's own loop, over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from helpers.waiting import until

from server.hardened import LINK, HardenedProtocol, Link, Patience

Receive = Callable[[], Awaitable[dict]]
Serve = Callable[[Link, Receive], Awaitable[None]]


async def listen_on(_: Link, receive: Receive) -> None:
    """An application that only reads."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


class House:
    """uvicorn with the hardened protocol in this loop; ``links`` and ``over`` grow as peers come and go."""

    def __init__(self, serve: Serve = listen_on) -> None:
        self.links: list[Link] = []
        self.over: list[int | None] = []
        self._serve = serve
        self.url = ""

    async def application(self, scope: dict, receive: Receive, send: Callable[[dict], Awaitable[None]]) -> None:
        """Accept, and let the test's function serve."""
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        self.links.append(scope["extensions"][LINK])
        try:
            await self._serve(self.links[-1], receive)
        finally:
            self.over.append(len(self.over))


@asynccontextmanager
async def opened(house: House, patience: Patience, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[uvicorn.Server]:
    """The house, open; afterwards nothing of it runs any more."""
    monkeypatch.setattr(HardenedProtocol, "patience", patience)
    before = asyncio.all_tasks()
    config = uvicorn.Config(
        house.application, port=0, ws=HardenedProtocol, ws_per_message_deflate=False, lifespan="off", interface="asgi3",
        log_config=None,
        access_log=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    monkeypatch.setattr(server, "capture_signals", contextlib.nullcontext)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    house.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    yield server
    server.should_exit = True
    await serving
    await until(lambda: asyncio.all_tasks() <= before)


QUICK = Patience(stall_s=0.3, close_s=0.3)
NEVER = Patience(stall_s=3600.0, close_s=0.3)
