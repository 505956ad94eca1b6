"""One stream on the air: for each codec that somebody listens to over HTTP, a tape that is wound ten times a second into packets.

A codec is made from its first listener on until nobody has listened for a while, until the stream ends, or the song has come to
its end. While nobody is connected to the stream's socket, a substitute takes a seat there, so that the stream plays on.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streaming.broadcast.codecs import Codec
from streaming.broadcast.coders import Coded, Coder, CoderFailed
from streaming.broadcast.reel import Reel
from streaming.broadcast.substitute import Substitute
from streaming.broadcast.tape import Cut, Tape, standing
from streaming.live.player import Player

logger = logging.getLogger(__name__)

TURN_S = 0.1
UNHEARD = 20
"""Turns after which a codec is given up: a player that connects anew finds the burst."""

NewCoder = Callable[[Codec], Coder]


@dataclass(slots=True)
class _Winding:
    """One codec: what winds it, and for how many turns nobody has listened."""

    reel: Reel
    task: "asyncio.Task[None]"
    unheard: int = 0


class Broadcast:
    """The air time of one stream. Lives on its player's event loop."""

    def __init__(self, player: Player, is_open: Callable[[], bool], new_coder: NewCoder) -> None:
        self._player, self._is_open, self._new_coder = player, is_open, new_coder
        self._substitute = Substitute(player)
        self._windings: dict[Codec, _Winding] = {}

    @property
    def codecs(self) -> int:
        """How many codecs are being encoded; none when it is off the air."""
        return len(self._windings)

    def has(self, codec: Codec) -> bool:
        """Whether a codec is being encoded."""
        return codec in self._windings

    def reel(self, codec: Codec) -> Reel:
        """The packets of a codec, made from now on until nobody has listened for some time."""
        if codec not in self._windings:
            reel = Reel(self._new_coder(codec))
            task = asyncio.create_task(self._run(codec, reel), name=f"broadcast {self._player.id} {codec}")
            self._windings[codec] = _Winding(reel, task)
        return self._windings[codec].reel

    async def aclose(self) -> None:
        """End every file where it is."""
        tasks = [winding.task for winding in self._windings.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, codec: Codec, reel: Reel) -> None:
        """Wind one codec from beginning to end."""
        try:
            await self._wind(codec, reel)
        except CoderFailed:
            logger.exception("the broadcast of stream %s in %s ends", self._player.id, codec)
        finally:
            del self._windings[codec]
            if not reel.is_over:
                reel.end(Coded(()))
            if self._is_open() and not self._windings:
                self._substitute.leave()
            with suppress(asyncio.CancelledError):
                await reel.coder.aclose()

    async def _wind(self, codec: Codec, reel: Reel) -> None:
        stream, now_us = self._player.stream, self._player.now_us
        self._substitute.attend()
        await reel.coder.open()
        tape = Tape(standing(stream, now_us()), now_us())
        while self._is_wanted(codec) and not tape.over:
            self._substitute.attend()
            cuts = [self._cut(cut) for cut in tape.turn(standing(stream, now_us()), now_us())]
            if cuts:
                reel.add(await reel.coder.encode(np.concatenate(cuts)))
            await asyncio.sleep(0 if tape.over else TURN_S)
        reel.end(await reel.coder.finish())

    def _is_wanted(self, codec: Codec) -> bool:
        """Whether the stream goes on and somebody listens, or did a moment ago."""
        winding = self._windings[codec]
        winding.unheard = 0 if winding.reel.listeners else winding.unheard + 1
        return winding.unheard <= UNHEARD and self._is_open() and not self._player.stream.failed

    def _cut(self, cut: Cut) -> NDArray[np.float32]:
        if cut.start is None:
            return np.zeros((cut.frames, 2), np.float32)
        return cut.shaped(self._player.frames(cut.start, cut.frames))
