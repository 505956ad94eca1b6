"""Many light listeners in one process: each speaks the real protocol, decodes and counts every packet, and plays against the
clock. Run by ``load.py`` and ``lead.py``; prints one JSON document when its time is up.
"""

import argparse
import asyncio
import json
import random
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from opus_decoder import Decoder, library
from websockets.asyncio.client import ClientConnection, connect

RATE = 48_000
HEADER = struct.Struct("<BBHIQII")


@dataclass
class Figures:
    """What one listener saw."""

    packets: int = 0
    frames: int = 0
    underruns: int = 0
    gaps: int = 0
    late: int = 0
    splices: int = 0
    first_audio_ms: float = 0.0
    knob_ms: list[float] = field(default_factory=list)
    lead_ms: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class LightListener:
    """One connection: no ring, only the bookkeeping of one. Who follows leaves playing and decoding to another in the room."""

    def __init__(
        self, codec: str, opus: Any, leads_from: float | None, *, url: str, cookie: str, drag: str, follows: bool
    ) -> None:
        self.url, self.codec, self.cookie, self.drag, self.follows = url, codec, cookie, drag, follows
        self.leads_from = leads_from
        self.decoder = Decoder(opus) if codec == "opus" and not follows else None
        self.figures = Figures()
        self.epoch, self.next, self.buffered_to, self.playhead = 0, -1, 0, 0
        self.base: tuple[float, int] | None = None
        self.sent_sets: dict[int, float] = {}

    async def run(self, seconds: float) -> Figures:
        """Connect, play for ``seconds`` and answer what was seen."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        async with connect(
            self.url, subprotocols=["stemwire.v1"], additional_headers=headers, compression=None, max_size=2**22
        ) as socket:
            self.socket = socket
            await self.say("hello", codecs=[self.codec], buffer_frames=8 * RATE)
            self.asked = time.monotonic()
            if not self.follows:
                await self.say("play")
            tasks = [asyncio.create_task(self.receive(socket)), asyncio.create_task(self.acks())]
            if self.drag:
                tasks.append(asyncio.create_task(self.drags(self.drag)))
            if self.leads_from is not None:
                tasks.append(asyncio.create_task(self.leads(self.leads_from)))
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and not task.cancelled():
                    self.figures.problems.append(f"ended early: {task.exception() or 'closed'}")
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self.figures

    async def say(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    def advance(self) -> None:
        if self.base is None:
            return
        now = time.monotonic()
        wanted = self.base[1] + int((now - self.base[0]) * RATE)
        if wanted > self.buffered_to:
            self.figures.underruns += 1
            self.base = (now, self.buffered_to)
            wanted = self.buffered_to
        self.playhead = wanted

    async def receive(self, socket: ClientConnection) -> None:
        async for message in socket:
            if isinstance(message, bytes):
                self.media(message)
            else:
                self.control(json.loads(message))

    def control(self, message: dict[str, Any]) -> None:
        if message["type"] == "epoch":
            self.advance()
            self.epoch, start = message["epoch"], message["starts_at"]
            self.figures.splices += 1
            self.figures.late += self.base is not None and start < self.playhead
            self.buffered_to = min(self.buffered_to, max(start, self.playhead)) if self.base else start
            self.next = -1
        elif message["type"] == "edit":
            sent = self.sent_sets.pop(message["edit_id"], None)
            if sent is not None:
                self.advance()
                ahead_ms = (message["splice_frame"] - self.playhead) / RATE * 1e3
                self.figures.knob_ms.append((time.monotonic() - sent) * 1e3 + max(0.0, ahead_ms))
        elif message["type"] in ("error", "bye"):
            self.figures.problems.append(json.dumps(message))

    def media(self, message: bytes) -> None:
        kind, _codec, _flags, epoch, start, frames, _ms = HEADER.unpack_from(message)
        if self.base is None and kind == 1:
            self.figures.first_audio_ms = (time.monotonic() - self.asked) * 1e3
            self.base, self.buffered_to = (time.monotonic(), start), start
        if epoch != self.epoch:
            self.figures.problems.append(f"media of epoch {epoch} in epoch {self.epoch}")
        if kind == 1:
            if self.next not in (-1, start):
                self.figures.gaps += 1
            self.next = self.buffered_to = start + frames
            self.advance()
        if self.decoder is not None:
            self.decode(memoryview(message)[HEADER.size :], self.decoder)
        else:
            self.figures.frames += frames

    def decode(self, payload: memoryview, decoder: Decoder) -> None:
        offset = 0
        while offset < len(payload):
            (size,) = struct.unpack_from("<H", payload, offset)
            self.figures.frames += decoder.decode(bytes(payload[offset + 2 : offset + 2 + size]))
            self.figures.packets += 1
            offset += 2 + size

    async def acks(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.advance()
            await self.say(
                "ack", epoch=self.epoch, played_to=self.playhead, buffered=max(0, self.buffered_to - self.playhead),
                client_us=time.monotonic_ns() // 1000,
            )  # fmt: skip

    async def leads(self, after_s: float) -> None:
        """Look fifty times a second at how much audio lies ahead of the playhead, once the buffer has had time to fill."""
        await asyncio.sleep(after_s)
        while True:
            self.advance()
            self.figures.lead_ms.append((self.buffered_to - self.playhead) / RATE * 1e3)
            await asyncio.sleep(0.02)

    async def drags(self, path: str) -> None:
        """Two seconds of dragging at 60 edits a second, one of rest."""
        edit = 0
        await asyncio.sleep(2 + random.random())  # noqa: S311
        while True:
            for step in range(120):
                edit += 1
                self.advance()
                self.sent_sets[edit] = time.monotonic()
                value = -12.0 + 10.0 * abs(step - 60) / 60.0
                await self.say("set", path=path, value=value, gesture=f"d{edit // 120}", edit_id=edit, played_to=self.playhead)
                await asyncio.sleep(1 / 60)
            await asyncio.sleep(1)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--codec", default="opus")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--ramp-ms", type=float, default=50)
    parser.add_argument("--leads-from", type=float, help="look at leads from this second on")
    arguments = parser.parse_args()
    opus = library()
    tasks = []
    for seat in json.load(sys.stdin):
        listener = LightListener(arguments.codec, opus, arguments.leads_from, **seat)
        tasks.append(asyncio.create_task(listener.run(arguments.seconds)))
        await asyncio.sleep(arguments.ramp_ms / 1e3)
    figures = await asyncio.gather(*tasks)
    json.dump([vars(f) for f in figures], sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
