"""The streams that are on the air: one broadcast each, from its first listener over HTTP to its last."""

import asyncio
from collections.abc import Sequence
from functools import cached_property, partial

from server.children import command, environment
from server.errors import CAPACITY, CONFLICT, Problem, retry_after
from server.pouring import Pieces
from server.seams import Studio
from streaming.broadcast.broadcast import Broadcast
from streaming.broadcast.codecs import CODEC_OF, FRAMES, Codec, Kind
from streaming.broadcast.coders import ChildCoder, Coder, OpusCoder
from streaming.broadcast.files import container
from streaming.live.player import Player
from streaming.render.opus import Encoder, Library

_TRANSCODER = "streaming.broadcast.transcoder"


class Broadcasts:
    """The broadcasts of a server; ``most`` codecs of streams are encoded at a time."""

    def __init__(self, studio: Studio, libopus: str | None, most: int) -> None:
        self._studio, self._libopus, self._most = studio, libopus, most
        self._on_air: dict[str, Broadcast] = {}

    def pieces(self, player: Player, kind: Kind) -> Pieces:
        """A file of what a stream plays, from some seconds ago until it ends; raises a ``Problem``."""
        codec = CODEC_OF[kind]
        if codec == "opus" and self._libopus is None:
            raise Problem(CONFLICT, "This server has no libopus; it sends FLAC and MP3 only.")
        self._on_air = {stream: broadcast for stream, broadcast in self._on_air.items() if broadcast.codecs}
        broadcast = self._on_air.get(player.id)
        if broadcast is None:
            is_open = partial(self._is_open, player.id)
            broadcast = self._on_air[player.id] = Broadcast(player, is_open, self._coder)
        if not broadcast.has(codec) and self.encoded >= self._most:
            raise Problem(CAPACITY, "The server encodes as many streams as it may.", headers=retry_after(10))
        reel = broadcast.reel(codec)
        return partial(reel.listen, partial(container, kind))

    @property
    def encoded(self) -> int:
        """How many encoders are at work."""
        return sum(broadcast.codecs for broadcast in self._on_air.values())

    async def aclose(self) -> None:
        """End every file where it is."""
        await asyncio.gather(*(broadcast.aclose() for broadcast in self._on_air.values()))

    def _is_open(self, stream: str) -> bool:
        return stream in self._studio.live()

    def _coder(self, codec: Codec) -> Coder:
        if codec == "opus":
            return OpusCoder(Encoder(self._library))
        return ChildCoder(codec, FRAMES[codec], _spawned)

    @cached_property
    def _library(self) -> Library:
        return Library(self._libopus or "")


def _spawned(codec: str) -> tuple[Sequence[str], dict[str, str]]:
    return command(_TRANSCODER, codec), environment()
