"""uvicorn's server, told to say when it is ready, and to let listeners go before it stops.

Stock uvicorn cuts every socket first and stops the application last: too late for a ``bye``, and without an end to its patience.
"""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

import structlog
import uvicorn

PATIENCE_S = 1.0
"""How long listeners have to leave once they were told; those who stay are cut off."""


class Server(uvicorn.Server):
    """``ready`` is called once the sockets accept connections, ``goodbye`` once they no longer do.

    It stops within ``grace_s`` seconds after it was told to, whatever hangs.
    """

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], goodbye: Callable[[], Awaitable[None]], grace_s: float
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._goodbye = goodbye
        self._grace_s = grace_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, let the listeners go, then stop as uvicorn does.

        The kernel ends a process that has not stopped by the end of its grace time, and its children die with it.
        """
        signal.setitimer(signal.ITIMER_REAL, self._grace_s)
        for server in self.servers:
            server.close()
        await self._goodbye()
        serving = set(self.server_state.tasks)
        _, staying = await asyncio.wait(serving, timeout=PATIENCE_S) if serving else (None, ())
        if staying:
            structlog.get_logger("server").warning("some listeners did not leave in time", number=len(staying))
        await super().shutdown(sockets)
