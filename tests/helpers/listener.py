"""A listener for tests and benchmarks, written from the protocol's description alone: it shares no code with the server.

It keeps a ring addressed by stream time that splices rewrite, moves its playhead in real time, and records what it would have
heard, sample by sample.
"""

import asyncio
import contextlib
import json
import struct
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

RATE = 48_000
HEADER = struct.Struct("<BBHIQII")
MEDIA, PREROLL = 1, 2
LAST = 1


@dataclass
class Packet:
    """One Opus packet as it arrived."""

    kind: int
    epoch: int
    start: int
    frames: int
    payload: bytes


@dataclass
class Heard:
    """What a listener has taken in: the ring by stream time and what its playhead has passed over."""

    seconds: int
    ring: np.ndarray = field(init=False)
    known: np.ndarray = field(init=False)
    audio: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.ring = np.zeros((self.seconds * RATE, 2), np.float32)
        self.known = np.zeros(self.seconds * RATE, bool)
        self.audio = np.zeros((self.seconds * RATE, 2), np.float32)

    def write(self, start: int, samples: np.ndarray) -> None:
        """Put samples where they belong in stream time."""
        self.ring[start : start + len(samples)] = samples
        self.known[start : start + len(samples)] = True

    def supersede(self, start: int) -> None:
        """Everything from ``start`` on is void."""
        self.known[start:] = False

    def play(self, start: int, stop: int) -> int:
        """Move the playhead; answers the frame at which it had to stop for want of audio."""
        gaps = np.flatnonzero(~self.known[start:stop])
        end = start + int(gaps[0]) if gaps.size else stop
        self.audio[start:end] = self.ring[start:end]
        return end


class Listener:
    """One connection. Use as an async context manager; ``log`` holds every text message in order."""

    def __init__(
        self,
        url: str,
        *,
        codec: str = "pcm-f32",
        buffer_s: float = 8.0,
        seconds: int = 120,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.url, self.codec, self.headers = url, codec, headers or {}
        self.buffer_frames = int(buffer_s * RATE)
        self.heard = Heard(seconds)
        self.log: list[dict[str, Any]] = []
        self.packets: list[Packet] = []
        self.headers_seen: list[tuple[int, int, int, int, int]] = []
        self.problems: list[str] = []
        self.playhead = 0
        self.limit: int | None = 0
        self.buffered_to = 0
        self.epoch = -1
        self.epoch_starts: list[tuple[int, int, str]] = []
        self.underruns = 0
        self.late: list[tuple[int, int]] = []
        self.last_frame: int | None = None
        self.first_media_at: float | None = None
        self.closed: tuple[int, str] | None = None
        self._pings = 0
        self._next: dict[int, int] = {}
        self._playing_since: float | None = None
        self._from = 0
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Listener":
        self._socket = await connect(
            self.url, subprotocols=["stemwire.v1"], additional_headers=self.headers, compression=None, max_size=2**22
        )  # type: ignore[list-item]
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._play())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def hello(self, **more: Any) -> dict[str, Any]:
        """Introduce ourselves and wait for the welcome."""
        await self.send("hello", codecs=[self.codec], buffer_frames=self.buffer_frames, **more)
        return await self.wait(lambda m: m["type"] == "welcome")

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one control message."""
        assert self._socket is not None
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def send_raw(self, message: str | bytes) -> None:
        """Send whatever we are told to."""
        assert self._socket is not None
        await self._socket.send(message)

    async def wait(self, accept: Any, timeout: float = 90.0) -> dict[str, Any]:
        """The first text message, past or to come, that ``accept`` takes."""
        seen = 0
        async with asyncio.timeout(timeout):
            while True:
                for message in self.log[seen:]:
                    seen += 1
                    if accept(message):
                        return message
                self._changed.clear()
                await self._changed.wait()

    async def rest(self) -> dict[str, Any]:
        """Pause, and return once the playhead rests and everything that was on its way has come; answers the state."""
        await self.send("pause")
        await self.settle()
        paused = [message for message in self.log if message["type"] == "state"][-1]
        assert paused["transport"] == "paused", paused
        await self.until_played(paused["frame"])
        await self.settle()
        return paused

    async def settle(self) -> None:
        """Return once the server has answered everything that was said before."""
        self._pings += 1
        number = self._pings
        await self.send("ping", client_us=number)
        await self.wait(lambda m: m["type"] == "pong" and m["client_us"] == number)

    async def until_played(self, frame: int, timeout: float = 90.0) -> None:
        """Wait until the playhead has reached ``frame``."""
        async with asyncio.timeout(timeout):
            while self.playhead < frame:
                await asyncio.sleep(0.01)

    async def until_closed(self, timeout: float = 90.0) -> tuple[int, str]:
        """Wait until the server has ended the connection; its code and reason."""
        async with asyncio.timeout(timeout):
            while self.closed is None:
                await asyncio.sleep(0.01)
        return self.closed

    async def set(self, path: str, value: Any, *, gesture: str = "g", edit_id: int = 0) -> None:
        """Turn one knob."""
        await self.send("set", path=path, value=value, gesture=gesture, edit_id=edit_id, played_to=self.playhead)

    def cut(self) -> None:
        """Cut the line without a word, as a lost network does."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def ack(self) -> None:
        """Report the playhead."""
        await self.send(
            "ack", epoch=max(self.epoch, 0), played_to=self.playhead, buffered=max(0, self.buffered_to - self.playhead),
            client_us=time.monotonic_ns() // 1000,
        )  # fmt: skip

    async def _receive(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosedError):
            async for message in self._socket:
                if isinstance(message, bytes):
                    self._media(message)
                else:
                    self._control(json.loads(message))
                self._changed.set()
        self.closed = (self._socket.close_code or 1006, self._socket.close_reason or "")
        self._changed.set()

    async def _play(self) -> None:
        last_ack = 0.0
        while True:
            await asyncio.sleep(0.005)
            self._advance(time.monotonic())
            if self._socket is not None and self.epoch >= 0 and time.monotonic() - last_ack > 0.5 and self.closed is None:
                last_ack = time.monotonic()
                with contextlib.suppress(ConnectionClosed):
                    await self.ack()

    def _advance(self, now: float) -> None:
        if self._playing_since is None:
            if self.limit is None and self.heard.known[self.playhead]:
                self._playing_since, self._from = now, self.playhead
            return
        wanted = self._from + int((now - self._playing_since) * RATE)
        if self.last_frame is not None:
            wanted = min(wanted, self.last_frame)
        if self.limit is not None:
            wanted = min(wanted, max(self.limit, self.playhead))
        reached = self.heard.play(self.playhead, wanted)
        if reached < wanted:
            self.underruns += 1
            self._playing_since = None
        self.playhead = reached
        if self.limit is not None and self.playhead >= self.limit:
            self._playing_since = None

    def _control(self, message: dict[str, Any]) -> None:
        self.log.append(message)
        if message["type"] == "epoch":
            self._splice(message)
        elif message["type"] == "state":
            playing = message["transport"] == "playing"
            self.limit = None if playing else message["frame"]

    def _splice(self, message: dict[str, Any]) -> None:
        self._advance(time.monotonic())
        start = message["starts_at"]
        if message["epoch"] <= self.epoch:
            self.problems.append(f"epoch {message['epoch']} after {self.epoch}")
        self.epoch = message["epoch"]
        self.epoch_starts.append((self.epoch, start, message["reason"]))
        if start < self.playhead:
            self.late.append((self.epoch, self.playhead - start))
        self.heard.supersede(max(start, self.playhead))
        if self._playing_since is None and not self.heard.known[: self.playhead].any():
            self.playhead = start
        self.last_frame = None

    def _media(self, message: bytes) -> None:
        kind, _codec, flags, epoch, start, frames, _ = HEADER.unpack_from(message)
        self.headers_seen.append((kind, flags, epoch, start, frames))
        if self.first_media_at is None:
            self.first_media_at = time.monotonic()
        if epoch < self.epoch:
            self.problems.append(f"media of epoch {epoch} after epoch {self.epoch} was announced")
        payload = message[HEADER.size :]
        if kind == MEDIA:
            expected = self._next.get(epoch, start)
            if expected != start:
                self.problems.append(f"epoch {epoch}: expected frame {expected}, got {start}")
            self._next[epoch] = start + frames
            self.buffered_to = start + frames
            if flags & LAST:
                self.last_frame = start + frames
        if self.codec == "opus":
            self._packets(kind, epoch, start, frames, payload)
        else:
            self._samples(start, frames, payload)

    def _samples(self, start: int, frames: int, payload: bytes) -> None:
        if self.codec == "pcm-f32":
            samples = np.frombuffer(payload, "<f4").reshape(-1, 2)
        else:
            samples = (np.frombuffer(payload, "<i2").astype(np.float32) / 32768.0).reshape(-1, 2)
        if len(samples) != frames:
            self.problems.append(f"{frames} frames announced, {len(samples)} came")
        skip = max(0, self.playhead - start) if self.late else 0
        self.heard.write(start + skip, samples[skip:])

    def _packets(self, kind: int, epoch: int, start: int, frames: int, payload: bytes) -> None:
        offset, at, left = 0, start, frames
        while offset < len(payload):
            (size,) = struct.unpack_from("<H", payload, offset)
            self.packets.append(Packet(kind, epoch, at, max(0, min(left, 960)), payload[offset + 2 : offset + 2 + size]))
            offset += 2 + size
            at += 960
            left -= 960
        if kind == MEDIA:
            self.heard.known[start : start + frames] = True
