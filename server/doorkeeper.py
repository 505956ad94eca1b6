"""Who sits where: seats of listeners, kept for a while when a line breaks, so that its owner can come back to it."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from config.settings import Settings
from dsp.desk.mix import Mix
from dsp.grid import RATE
from dsp.slot.columns import bus_meter_names
from server import desks
from server.auth import token_hash
from server.context import new_id, wall_ms
from server.hardened import Link
from server.live import Live, Place
from server.memory import Returning
from server.visitor import Visitor
from storage import invitations, mixes
from storage.database import Database
from storage.errors import NotFound
from streaming.desk.presence import Person
from streaming.errors import StreamingError
from streaming.listening.seats import Seat
from streaming.protocol import controls, messages
from streaming.protocol.wire import Close

AWAY_S = 20.0
"""How long a listener that lost its line keeps its place."""

MOST_AWAY = 1_000
"""Places kept at a time; who comes after is let go at once."""


class Open(Protocol):
    """An open stream."""

    @property
    def workspace(self) -> str:
        """Whose it is."""
        ...

    @property
    def project(self) -> str:
        """What it plays."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may come in, and for how many seconds (``None``: for good)."""

    person: Person
    lasts_s: float | None = None

    async def lasting(self, live: Live) -> None:
        """Let somebody converse for as long as they may be here."""
        try:
            async with asyncio.timeout(self.lasts_s):
                await live.run()
        except TimeoutError:
            live.end(Close.NOT_ALLOWED, "the invitation has ended")


@dataclass(slots=True)
class _Away:
    seat: Seat
    place: Place
    until: float


class Doorkeeper:
    """The seats whose listeners are away, by resume token; welcomes those who come."""

    def __init__(self, settings: Settings, database: Database, ring_frames: int) -> None:
        self._settings, self._database, self._ring_frames = settings, database, ring_frames
        self._away: dict[str, _Away] = {}
        self._returning: dict[tuple[str, str], tuple[Returning, float]] = {}

    async def entry(self, visitor: Visitor, opened: Open | None) -> Entry | None:
        """As whom somebody may listen to a stream: its owner, or a member of its project; ``None`` for anybody else."""
        if opened is None:
            return None
        me, name = visitor.person, visitor.workspace.name
        if opened.workspace == me:
            return Entry(Person(me, name, "controller"))
        now = wall_ms()
        async with self._database.read() as db:
            member = await invitations.membership(db, me, opened.project, now)
        if member is None or member.owner != opened.workspace:
            return None
        role: messages.Role = "controller" if member.role == "controller" else "listener"
        return Entry(Person(me, name, role), (member.expires_at - now) / 1000)

    def take_seat(self, place: Place, hello: controls.Hello, codec: messages.Codec, link: Link) -> Seat:
        """Give a listener a new seat, or its old one back."""
        token = secrets.token_urlsafe(18)
        old = self._old_seat(place, hello.resume) if hello.resume else None
        if old is None and hello.resume:
            old = self._returned(place, hello.resume, link)
        if old is None:
            return Seat(new_id("l"), place.person, codec, link, token)
        kept = old.meters_hz, old.metered_to, False, old.scope_hz, old.scoped_to
        return Seat(old.id, place.person, codec, link, token, *kept)

    def leave_seat(self, place: Place, seat: Seat, for_good: bool) -> None:
        """A listener's line has ended; unless it left for good, its place is kept for a while."""
        place.player.rise(seat)
        if not seat.token:
            return  # another line has this place now
        if for_good or len(self._away) >= MOST_AWAY:
            place.player.dismiss(seat.id)
        else:
            self._away[seat.token] = _Away(seat, place, asyncio.get_running_loop().time() + AWAY_S)

    def expect(self, stream: str, returning: Sequence[Returning]) -> None:
        """These listeners of a stream that has outlived its process may come back to their places."""
        until = asyncio.get_running_loop().time() + AWAY_S
        room = MOST_AWAY - len(self._returning)
        self._returning |= {(stream, one.token_hash): (one, until) for one in returning[: max(0, room)]}

    def expects(self, stream: str) -> bool:
        """Whether somebody may come back to a stream."""
        return any(away.place.player.id == stream for away in self._away.values())

    def tidy(self, now: float) -> None:
        """Give up the places of those who did not come back."""
        for token, away in list(self._away.items()):
            if away.until < now:
                del self._away[token]
                away.place.player.dismiss(away.seat.id)
        self._returning = {key: kept for key, kept in self._returning.items() if kept[1] >= now}

    def welcome(self, place: Place, seat: Seat) -> messages.Welcome:
        """What the listener is told first."""
        stage, player = place.stage, place.player
        return messages.Welcome(
            stream_id=player.id,
            listener_id=seat.id,
            role=place.person.role,
            codec=seat.codec,
            lead_frames=self._settings.lead_ms * RATE // 1000,
            resume=seat.token,
            limits={"message_bytes": self._settings.socket_bytes, "ring_frames": self._ring_frames},
            mix={"revision": stage.revision, "document": stage.room.mix.document()},
            meters={"tracks": player.tracks, "columns": player.telemetry.columns, "buses": bus_meter_names()},
        )

    async def revision(self, place: Place, revision: str) -> Mix:
        """A stored revision of the project."""
        async with self._database.read() as db:
            try:
                return desks.mix_of(await mixes.get(db, place.stage.workspace, place.stage.project, revision))
            except NotFound:
                raise StreamingError("the project has no such revision", "not_found") from None

    def _returned(self, place: Place, token: str, link: Link) -> Seat | None:
        """The seat that a listener had with a process before this one."""
        one, _ = self._returning.pop((place.player.id, token_hash(token)), (None, 0.0))
        if one is None:
            return None
        return Seat(one.id, place.person, "pcm-f32", link, "", meters_hz=one.meters_hz, scope_hz=one.scope_hz)

    def _old_seat(self, place: Place, token: str) -> Seat | None:
        """The seat a resume token belongs to; a line that still holds it is replaced."""
        away = self._away.get(token)
        if away is not None and away.place.player is place.player:
            del self._away[token]
            return away.seat
        seat = next((seat for seat in place.player.seats if seat.token == token), None)
        if seat is not None:
            seat.token = ""
            seat.outlet.close(Close.REPLACED, "resumed elsewhere")
        return seat
