"""Who sits where: seats of listeners, kept for a while when a line breaks, so that its owner can come back to it."""

import asyncio
import secrets
from dataclasses import dataclass

from config.settings import Settings
from dsp.desk.mix import Mix
from dsp.grid import RATE
from dsp.slot.columns import bus_meter_names
from server import desks
from server.context import new_id
from server.hardened import Link
from server.live import Place
from storage import mixes
from storage.database import Database
from storage.errors import NotFound
from streaming.errors import StreamingError
from streaming.listening.seats import Seat
from streaming.protocol import controls, messages
from streaming.protocol.wire import Close

AWAY_S = 20.0
"""How long a listener that lost its line keeps its place."""

MOST_AWAY = 1_000
"""Places kept at a time; who comes after is let go at once."""


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

    def take_seat(self, place: Place, hello: controls.Hello, codec: messages.Codec, link: Link) -> Seat:
        """Give a listener a new seat, or its old one back."""
        token = secrets.token_urlsafe(18)
        old = self._old_seat(place, hello.resume) if hello.resume else None
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

    def expects(self, stream: str) -> bool:
        """Whether somebody may come back to a stream."""
        return any(away.place.player.id == stream for away in self._away.values())

    def tidy(self, now: float) -> None:
        """Give up the places of those who did not come back."""
        for token, away in list(self._away.items()):
            if away.until < now:
                del self._away[token]
                away.place.player.dismiss(away.seat.id)

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
            meters={"tracks": player.tracks, "columns": player.columns, "buses": bus_meter_names()},
        )

    async def revision(self, place: Place, revision: str) -> Mix:
        """A stored revision of the project."""
        async with self._database.read() as db:
            try:
                return desks.mix_of(await mixes.get(db, place.stage.workspace, place.stage.project, revision))
            except NotFound:
                raise StreamingError("the project has no such revision", "not_found") from None

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
