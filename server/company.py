"""Whom the server's rooms hold: which stream somebody joins, who is sent away, and who is called what.

People share a room by listening to the same stream: one transport, one render, one encode. A member always joins the stream that
is there; an owner does when anybody else listens or is on the way, so that a lone owner who comes back begins afresh.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from server.visitor import Visitor
from streaming.desk.stage import Stage
from streaming.live.player import Player
from streaming.protocol.wire import Close

COMING_S = 30.0
"""How long somebody who asked for a stream counts as being on the way to it."""
MAX_COMING = 1_000
"""People on the way that are remembered; who asked first is forgotten first."""


class Open(Protocol):
    """An open stream."""

    @property
    def project(self) -> str:
        """What it plays."""
        ...

    @property
    def player(self) -> Player:
        """Its player."""
        ...


class Company:
    """The people of all rooms. ``stages`` (by project) and ``streams`` are the studio's own, oldest first."""

    def __init__(self, stages: Mapping[str, Stage], streams: Mapping[str, Open]) -> None:
        self._stages, self._streams = stages, streams
        self._coming: dict[tuple[str, str], float] = {}
        self._joining = asyncio.Lock()

    async def join(
        self, visitor: Visitor, project: str, open_stream: Callable[[str, str], Awaitable[str]]
    ) -> tuple[str, bool]:  # fmt: skip
        """The stream on which to listen to a project together with whoever does, and whether it has just been opened."""
        async with self._joining:
            stream = self._shared(visitor, project)
            found = stream is not None
            if stream is None:
                stream = await open_stream(visitor.id, project)
            self._expect(visitor.person, stream)
            return stream, not found

    def expel(self, project: str, people: Collection[str]) -> None:
        """Send people away from a project's room: they may no longer be there."""
        stage = self._stages.get(project)
        for seat in stage.seats if stage else ():
            if seat.person.id in people:
                seat.outlet.close(Close.NOT_ALLOWED, "the invitation was revoked")

    def renamed(self, person: str, name: str) -> None:
        """Somebody is called otherwise now."""
        for stage in self._stages.values():
            stage.rename(person, name)

    def tell(self) -> None:
        """Tell every room who is there, where there is news and it is time."""
        for stage in self._stages.values():
            stage.tell_people()

    def figures(self) -> dict[str, int]:
        """What the open streams have cost so far: frames rendered and encoded, media messages made of them."""
        players = [opened.player for opened in self._streams.values()]
        return {
            "frames_rendered": sum(player.figures.audio_frames for player in players),
            "frames_encoded": sum(player.figures.encoded_frames for player in players),
            "messages_packed": sum(player.packed for player in players),
        }

    def _shared(self, visitor: Visitor, project: str) -> str | None:
        """The newest stream of the project that the visitor is to share."""
        newest = reversed([stream for stream, opened in self._streams.items() if opened.project == project])
        return next((stream for stream in newest if visitor.owner or self._has_others(stream, visitor.person)), None)

    def _has_others(self, stream: str, person: str) -> bool:
        now = asyncio.get_running_loop().time()
        coming = any(who != person and there == stream and until > now for (who, there), until in self._coming.items())
        return coming or len(self._streams[stream].player.stream.listeners) > 0

    def _expect(self, person: str, stream: str) -> None:
        self._coming.pop((person, stream), None)
        self._coming[person, stream] = asyncio.get_running_loop().time() + COMING_S
        if len(self._coming) > MAX_COMING:
            del self._coming[next(iter(self._coming))]
