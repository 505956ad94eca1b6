"""A listener whose server may die: it plays what it holds, and connects again until somebody welcomes it."""

import asyncio
from typing import Any

from helpers.listener import Listener
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException


class Returning(Listener):
    """It shows the token that it was given last, and says how far it has played."""

    @property
    def seat(self) -> str:
        """The id that the server has given it, the last time."""
        return str([message for message in self.log if message["type"] == "welcome"][-1]["listener_id"])

    async def come_back(self, url: str, headers: dict[str, str], limit_s: float = 90.0) -> dict[str, Any]:
        """Connect again, over and over, with the last token, saying what was played; the ring plays on meanwhile."""
        token = [message for message in self.log if message["type"] == "welcome"][-1]["resume"]
        async with asyncio.timeout(limit_s):
            while not await self._connect_again(url, headers, token):
                await asyncio.sleep(0.05)
        return [message for message in self.log if message["type"] == "welcome"][-1]

    async def _connect_again(self, url: str, headers: dict[str, str], token: str) -> bool:
        known = len(self.log)
        try:
            self._socket = await connect(
                url, subprotocols=["stemwire.v1"], additional_headers=headers, compression=None, max_size=2**22
            )  # type: ignore[list-item]
            self.closed, self.epoch = None, max(self.epoch, 0)
            self._tasks.append(asyncio.create_task(self._receive()))
            hello = {"codecs": [self.codec], "buffer_frames": self.buffer_frames, "resume": token, "played_to": self.playhead}
            await self.send("hello", **hello)
        except (OSError, EOFError, WebSocketException):
            return False
        while self.closed is None:
            if any(message["type"] == "welcome" for message in self.log[known:]):
                return True
            await asyncio.sleep(0.002)
        return False
