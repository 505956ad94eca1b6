"""Everybody reads the same packets, from the burst on, and nobody is waited for."""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

from streaming.broadcast.coders import Coded
from streaming.broadcast.reel import KEPT, Lagging, Reel
from streaming.listening.containers import Bare

FRAMES = 4_800
MOST = KEPT // FRAMES


@dataclass
class Still:
    """A coder that is only asked what it is."""

    beginning: bytes = b"head "
    frames: int = FRAMES
    delay: int = 0

    async def open(self) -> None:
        """Nothing."""

    async def encode(self, audio: np.ndarray) -> Coded:
        """Nothing."""
        raise NotImplementedError

    async def finish(self) -> Coded:
        """Nothing."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing."""


@dataclass
class Counted(Bare):
    """A file that shows what was skipped and padded."""

    beginning: bytes

    def head(self, skip: int) -> bytes:
        """The skip."""
        return self.beginning + f"skip {skip} ".encode()

    def end(self, packets: object, padding: int) -> bytes:
        """The padding."""
        return b"".join(packets) + f"padding {padding}".encode()  # type: ignore[arg-type, call-overload]


def numbers(first: int, stop: int) -> list[bytes]:
    """Packets that can be told apart."""
    return [f"{number} ".encode() for number in range(first, stop)]


async def whole(reel: Reel) -> bytes:
    """A file to its end."""
    return b"".join([piece async for piece in reel.listen(Counted)])


async def test_a_file_has_all_packets_and_an_end() -> None:
    """Who was there from the beginning gets everything; the last packets come with their padding."""
    reel = Reel(Still())
    file = asyncio.create_task(whole(reel))
    for number in range(10):
        await asyncio.sleep(0)
        reel.add(Coded(numbers(number, number + 1)))
    reel.end(Coded([b"last "], 7))
    assert await file == b"head skip 0 " + b"".join(numbers(0, 10)) + b"last padding 7"
    assert reel.listeners == 0


async def test_who_comes_later_gets_the_burst() -> None:
    """Two seconds of the past; where a decoder must warm up, four packets before them, which are skipped."""
    reel = Reel(Still())
    reel.add(Coded(numbers(0, 50)))
    reel.end(Coded([b"last "]))
    assert (await whole(reel)).startswith(b"head skip 0 30 31 ")
    warm = Reel(Still(delay=312))
    warm.add(Coded(numbers(0, 50)))
    warm.end(Coded([b"last "]))
    assert (await whole(warm)).startswith(f"head skip {312 + 4 * FRAMES} 26 ".encode())


async def test_who_falls_behind_loses_its_place() -> None:
    """Only some seconds are kept: who has not read them is told so, the others read on."""
    reel = Reel(Still())
    slow, quick = reel.listen(Counted), reel.listen(Counted)
    reel.add(Coded(numbers(0, 1)))
    assert [await anext(each) for each in (slow, quick, quick)] == [b"head skip 0 ", b"head skip 0 ", b"0 "]
    reel.add(Coded(numbers(1, MOST + 1)))
    assert await anext(quick) == b"".join(numbers(1, MOST + 1))
    with pytest.raises(Lagging):
        await anext(slow)
    await quick.aclose()
    assert reel.listeners == 0


async def test_a_file_that_breaks_off_just_ends() -> None:
    """Where there is no last packet nothing is written after the others."""
    reel = Reel(Still())
    reel.add(Coded(numbers(0, 1)))
    reel.end(Coded(()))
    assert reel.is_over
    assert await whole(reel) == b"head skip 0 0 "
