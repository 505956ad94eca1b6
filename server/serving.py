"""uvicorn's server, told to say when it is ready and to let listeners go before it stops."""

import socket
from collections.abc import Callable

import uvicorn


class Server(uvicorn.Server):
    """``ready`` is called once the sockets accept connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()
