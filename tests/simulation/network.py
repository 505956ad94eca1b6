"""A network that is none: lines of bytes with latency, jitter, a rate and hold-ups between listeners and the server's protocol.

The server's end is an asyncio transport over it, with a write buffer and water marks like a socket's. The other end belongs to a
:class:`Peer`, which says when it reads.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from simulation.loop import SimulatedLoop

SEND_ROOM = 160 * 1024
"""What the kernel takes of a connection with a send buffer of 64 KiB."""

RECEIVE_ROOM = 64 * 1024
"""What arrives and is not read, before the sender is told to wait."""

UP_ROOM = 64 * 1024
VANISHED_US = 5_000_000
"""TCP_USER_TIMEOUT of the server's sockets."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a line is like, one way; ``stall`` is the chance of a packet to be held up, and all behind it."""

    latency_us: int = 2_000
    jitter_us: int = 1_000
    bytes_per_s: int = 12_000_000
    stall: float = 0.0
    stall_us: int = 300_000


class Pipe:
    """One way. What is pushed arrives in order; what has arrived is handed over while somebody reads."""

    def __init__(self, loop: SimulatedLoop, chance: Random, quality: Quality, room: int, take: Callable[[bytes], None]) -> None:
        self._loop, self._chance, self.quality, self._room, self._take = loop, chance, quality, room, take
        self._arrived: deque[bytes] = deque()
        self._free_us = self._last_us = 0
        self.inside = self.taken = 0
        self.reading = True
        self.is_cut = False
        self.drained: Callable[[], None] = lambda: None

    @property
    def room(self) -> int:
        """Bytes that may be pushed now."""
        return max(0, self._room - self.inside)

    @property
    def unread(self) -> int:
        """Bytes that have arrived and wait."""
        return sum(map(len, self._arrived))

    def push(self, content: bytes) -> None:
        """Send."""
        if self.is_cut:
            return
        quality, now_us = self.quality, self._loop.now_us()
        self.inside += len(content)
        self._free_us = max(now_us, self._free_us) + len(content) * 1_000_000 // quality.bytes_per_s
        at = self._free_us + quality.latency_us + int(self._chance.random() * quality.jitter_us)
        if quality.stall and self._chance.random() < quality.stall:
            at += int(self._chance.random() * quality.stall_us)
        self._last_us = max(at, self._last_us + 1)  # timers of one instant come in any order
        self._loop.at_us(self._last_us, self._arrive, content)

    def end(self, ended: Callable[[], None]) -> None:
        """Have the other side told when everything has arrived."""
        self._loop.at_us(max(self._last_us + 1, self._loop.now_us() + self.quality.latency_us), ended)

    def read(self, most: int | None = None) -> None:
        """Hand over what has arrived, or no more than so many bytes."""
        while self._arrived and not self.is_cut and (self.reading or most):
            content = self._arrived.popleft()
            if most is not None:
                content, rest = content[:most], content[most:]
                if rest:
                    self._arrived.appendleft(rest)
                most -= len(content)
            self.inside -= len(content)
            self.taken += len(content)
            self._take(content)
        self.drained()

    def cut(self) -> None:
        """Nothing gets through any more."""
        self.is_cut = True
        self._arrived.clear()

    def _arrive(self, content: bytes) -> None:
        if not self.is_cut:
            self._arrived.append(content)
            if self.reading:
                self.read()


class Transport(asyncio.Transport):
    """The server's end of a line."""

    def __init__(self, loop: SimulatedLoop, down: Pipe, up: Pipe, lost: Callable[[str], None]) -> None:
        super().__init__({"peername": ("10.0.0.1", 1), "sockname": ("10.0.0.2", 80)})
        self._loop, self._down, self._up, self._peer_lost = loop, down, up, lost
        self._buffer: deque[bytes] = deque()
        self._size, self._high, self._low = 0, 64 * 1024, 16 * 1024
        self._is_paused = self._is_closing = self._is_lost = False
        self._watching = False
        self.most = 0
        down.drained = self._move

    def attach(self, protocol: asyncio.Protocol) -> None:
        """The protocol that it serves."""
        self._protocol = protocol
        protocol.connection_made(self)

    def receive(self, content: bytes) -> None:
        """Bytes have come from the peer."""
        if not self._is_lost:
            self._protocol.data_received(content)

    def write(self, data: bytes) -> None:  # type: ignore[override]
        """Send, or keep until there is room."""
        if self._is_closing or not data:
            return
        if self._is_lost:
            return
        self._buffer.append(data)
        self._size += len(data)
        self._move()
        self.most = max(self.most, self._size)
        if self._size > self._high and not self._is_paused:
            self._is_paused = True
            self._protocol.pause_writing()
        if not self._watching:
            self._watching = True
            self._loop.call_later(VANISHED_US / 1e6, self._watch, self._down.taken)

    def writelines(self, list_of_data: Any) -> None:
        """Send all of them."""
        self.write(b"".join(list_of_data))

    def _move(self) -> None:
        while self._buffer and (room := self._down.room):
            first = self._buffer.popleft()
            if len(first) > room:
                self._buffer.appendleft(first[room:])
                first = first[:room]
            self._size -= len(first)
            self._down.push(first)
        if self._is_paused and self._size <= self._low and not self._is_lost:
            self._is_paused = False
            self._protocol.resume_writing()
        if self._is_closing and not self._size:
            self._end(None)

    def _watch(self, taken: int) -> None:
        """The kernel gives up on a peer that acknowledges nothing, or opens no window."""
        down, self._watching = self._down, False
        stuck = down.inside and down.taken == taken and (down.is_cut or down.unread >= RECEIVE_ROOM)
        if self._is_lost or not down.inside:
            return
        if stuck:
            self.fail(TimeoutError("the peer is gone"))
            return
        self._watching = True
        self._loop.call_later(VANISHED_US / 1e6, self._watch, down.taken)

    def get_write_buffer_size(self) -> int:
        """Bytes that wait in the server."""
        return self._size

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Water marks."""
        self._high = 64 * 1024 if high is None else high
        self._low = self._high // 4 if low is None else low

    def pause_reading(self) -> None:
        """Take no more."""
        self._up.reading = False

    def resume_reading(self) -> None:
        """Take more."""
        if not self._is_closing:
            self._up.reading = True
            self._loop.call_soon(self._up.read)

    def is_closing(self) -> bool:
        """Whether it ends."""
        return self._is_closing

    @property
    def is_lost(self) -> bool:
        """Whether the server holds nothing of the line any more."""
        return self._is_lost

    def close(self) -> None:
        """End once all is sent."""
        if not self._is_closing:
            self._is_closing = True
            self._up.reading = False
            self._move()

    def abort(self) -> None:
        """End now: the peer sees a reset."""
        self.fail(None)

    def fail(self, error: Exception | None) -> None:
        """The line broke."""
        self._is_closing = True
        self._up.reading = False
        self._buffer.clear()
        self._size = 0
        self._end(error, "reset")

    def _end(self, error: Exception | None, how: str = "closed") -> None:
        if not self._is_lost:
            self._is_lost = True
            self._loop.call_soon(self._protocol.connection_lost, error)
            if not self._down.is_cut:
                self._down.end(lambda: self._peer_lost(how))
