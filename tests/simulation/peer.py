"""A WebSocket client over a simulated line: handshake, frames, messages. It does whatever it is told, allowed or not.

It shares no code with the server. Masks are zeros, which RFC 6455 does not forbid and nobody has to undo.
"""

import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from simulation.loop import SimulatedLoop
from simulation.network import SEND_ROOM, UP_ROOM, Pipe, Quality, Transport

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
FRAGMENT, GOES_ON = 0x01, 0x00


def frame(payload: bytes, head: int = TEXT) -> bytes:
    """One masked frame."""
    size = len(payload)
    if size < 126:
        length = struct.pack("!B", 0x80 | size)
    elif size < 1 << 16:
        length = struct.pack("!BH", 0xFE, size)
    else:
        length = struct.pack("!BQ", 0xFF, size)
    return bytes([head]) + length + b"\0\0\0\0" + payload


def message(kind: str, **fields: Any) -> bytes:
    """One control message, as a frame."""
    return frame(json.dumps({"type": kind, **fields}).encode())


class Ears(Protocol):
    """Who is told what a peer receives."""

    def opened(self) -> None:
        """The handshake is done."""
        ...

    def text(self, told: dict[str, Any]) -> None:
        """A control message."""
        ...

    def media(self, content: bytes) -> None:
        """A media message."""
        ...

    def lost(self, code: int, how: str) -> None:
        """The line has ended, with a close code (or 1006)."""
        ...


class Peer:
    """One connection. ``answers`` says whether it does what RFC 6455 asks of it: pongs, and the answer to a close."""

    def __init__(self, loop: SimulatedLoop, chance: Random, ears: Ears, down: Quality, up: Quality) -> None:
        self._ears = ears
        self._up = Pipe(loop, chance, up, UP_ROOM, self._to_server)
        self._down = Pipe(loop, chance, down, SEND_ROOM, self._received)
        self.transport = Transport(loop, self._down, self._up, self._ended)
        self._up.drained = self._room_again
        self._input = bytearray()
        self._is_open = False
        self._waiting: list[bytes] = []
        self.answers = True
        self.code = 1006
        self.is_gone = False
        self.most_unsent = 0

    def connect(self, make: Callable[[], Any], target: str, subprotocol: str = "stemwire.v1") -> None:
        """Connect to the server's protocol and ask for a WebSocket."""
        self.transport.attach(make())
        lines = (
            f"GET {target} HTTP/1.1", "Host: desk.example", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {subprotocol}",
        )  # fmt: skip
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, content: bytes) -> None:
        """Send bytes; what finds no room waits on this side."""
        if self.is_gone:
            return
        self._waiting.append(content)
        self._room_again()

    @property
    def room(self) -> int:
        """Bytes that the line takes now."""
        return 0 if self._waiting or self.is_gone else self._up.room

    def say(self, kind: str, **fields: Any) -> None:
        """Send one control message."""
        self.send(message(kind, **fields))

    def leave(self, code: int = 1000) -> None:
        """Say goodbye properly."""
        self.send(frame(struct.pack("!H", code), CLOSE))

    def cut(self) -> None:
        """Reset the line."""
        if not self.is_gone:
            self.is_gone = True
            self._down.cut()
            self._up.end(lambda: self.transport.fail(ConnectionResetError()))
            self._up.cut()

    def vanish(self) -> None:
        """Fall silent for ever, without a word."""
        self.is_gone = True
        self._down.cut()
        self._up.cut()

    def stop_reading(self) -> None:
        """Read nothing more."""
        self._down.reading = False

    def read(self, most: int) -> None:
        """Read a little, though it has stopped."""
        self._down.read(most)

    def read_on(self) -> None:
        """Read again."""
        self._down.reading = True
        self._down.read()

    def _room_again(self) -> None:
        while self._waiting and self._up.room >= min(len(self._waiting[0]), UP_ROOM):
            self._up.push(self._waiting.pop(0))

    def _to_server(self, content: bytes) -> None:
        self.transport.receive(content)

    def _ended(self, how: str) -> None:
        if not self.is_gone:
            self.is_gone = True
            self._down.cut()
            self._up.cut()
            self._ears.lost(self.code, how)

    def _received(self, content: bytes) -> None:
        self._input += content
        if not self._is_open:
            head, mark, rest = bytes(self._input).partition(b"\r\n\r\n")
            if not mark:
                return
            self._input = bytearray(rest)
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.code = 1006
                return
            self._is_open = True
            self._ears.opened()
        self._parse()

    def _parse(self) -> None:
        at, content = 0, self._input
        while len(content) >= at + 2:
            head, size, begin = content[at], content[at + 1], at + 2
            if size == 126 and len(content) >= begin + 2:
                size, begin = struct.unpack_from("!H", content, begin)[0], begin + 2
            elif size == 127 and len(content) >= begin + 8:
                size, begin = struct.unpack_from("!Q", content, begin)[0], begin + 8
            elif size >= 126:
                break
            if len(content) < begin + size:
                break
            payload, at = bytes(content[begin : begin + size]), begin + size
            self._took(head, payload)
        del content[:at]

    def _took(self, head: int, payload: bytes) -> None:
        if self.is_gone:
            return
        match head:
            case 0x81:
                self._ears.text(json.loads(payload))
            case 0x82:
                self._ears.media(payload)
            case 0x89 if self.answers:
                self.send(frame(payload, PONG))
            case 0x88:
                self.code = struct.unpack_from("!H", payload)[0] if payload else 1005
                if self.answers:
                    self.send(frame(payload, CLOSE))
