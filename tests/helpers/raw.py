"""A WebSocket client that does what no decent one does: it reads when it likes, sends any bytes, and leaves without a word.

Nothing is read from its socket, not even into a buffer of this process, until a test asks for it.
"""

import asyncio
import base64
import ctypes
import json
import os
import socket
import struct
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

_SO_ATTACH_FILTER, _BPF_RETURN = 26, 0x06
"""``linux/filter.h``: a packet filter of one instruction, which says how many bytes of a packet to keep: none."""

TEXT, PING = 0x81, 0x89
FRAGMENT, GOES_ON = 0x01, 0x00


def frame(payload: bytes, head: int = TEXT) -> bytes:
    """One masked frame."""
    mask = os.urandom(4)
    size = len(payload)
    length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0xFE, size)
    return bytes([head]) + length + mask + bytes(a ^ b for a, b in zip(payload, cycle(mask), strict=False))


class RawSocket:
    """``async with RawSocket(url) as peer``; ``port`` is its own end, by which the server's may be found."""

    def __init__(self, url: str, cookie: str = "") -> None:
        self._url, self._cookie = urlsplit(url), cookie
        self.received = bytearray()

    async def __aenter__(self) -> "RawSocket":
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._socket.setblocking(False)
        assert self._url.hostname is not None
        await self._loop.sock_connect(self._socket, (self._url.hostname, self._url.port))
        self.port = self._socket.getsockname()[1]
        try:
            await self.send(self._handshake())
            await self.read_until(b"\r\n\r\n")
        except BaseException:
            self._socket.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    def _handshake(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._url.path}?{self._url.query} HTTP/1.1",
            f"Host: {self._url.netloc}",
            f"Cookie: {self._cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: stemwire.v1",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def send(self, content: bytes) -> None:
        """Send these bytes as they are."""
        await self._loop.sock_sendall(self._socket, content)

    async def say(self, kind: str, **fields: Any) -> None:
        """Send one control message."""
        await self.send(frame(json.dumps({"type": kind, **fields}).encode()))

    async def read(self, most: int) -> bytes:
        """Read up to so many bytes; none when the line has ended."""
        content = await self._loop.sock_recv(self._socket, most)
        self.received += content
        return content

    async def read_until(self, mark: bytes) -> None:
        """Read until these bytes have come."""
        async with asyncio.timeout(90):
            while mark not in self.received:
                assert await self.read(4096), f"the line ended before {mark!r} came"

    async def read_to_end(self) -> str:
        """Read until the line ends; answers how: it was ``closed`` or ``reset``."""
        try:
            while await self.read(65536):
                pass
        except ConnectionError:
            return "reset"
        return "closed"

    @property
    def close_code(self) -> int | None:
        """The code of the close frame at the end of what was read."""
        at = 0
        content = bytes(self.received).partition(b"\r\n\r\n")[2]
        while at + 2 <= len(content):
            size, skip = content[at + 1], 2
            if size == 126:
                size, skip = struct.unpack_from("!H", content, at + 2)[0], 4
            elif size == 127:
                size, skip = struct.unpack_from("!Q", content, at + 2)[0], 10
            if content[at] == 0x88:
                return int(struct.unpack_from("!H", content, at + skip)[0])
            at += skip + size
        return None

    def unplug(self) -> None:
        """Be as gone as behind a cable that was cut: neither FIN nor RST is sent, and nothing that comes is acknowledged."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, 0))
        program = struct.pack("HP", 1, ctypes.addressof(drop_all))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def vanish(self) -> None:
        """Leave with an RST, without FIN or close frame."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
