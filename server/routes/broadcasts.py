"""Live streams as files that never end, for any player: WebM, Ogg, FLAC and MP3 over HTTP."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from server import auth
from server.api import ROOT, Answer, operation
from server.context import Context
from server.errors import CAPACITY, CONFLICT, CROSS_SITE, NO_SESSION, NOT_FOUND, Problem, retry_after
from server.pouring import Poured
from server.routes.streams import StreamPath, Ticket
from server.visitor import Visitor
from streaming.broadcast.codecs import MEDIA, Kind

HEARS = (NO_SESSION, CROSS_SITE, NOT_FOUND, CONFLICT, CAPACITY)


class AudioPath(StreamPath):
    """The address of a stream's audio."""

    kind: Kind


class TicketView(BaseModel):
    """What lets one player in."""

    ticket: str
    expires_s: int


@operation("GET", f"{ROOT}/streams/{{stream_id}}/audio.{{kind}}", problems=HEARS, produces="audio/*")
async def hear_stream(context: Context, request: Request, path: AudioPath, query: Ticket) -> Response:
    """Hear a stream in any player: up to two seconds of what was just played, then everything as it is played.

    Let in by a ticket of `POST /streams/{stream_id}/tickets`, or by the session cookie. Only what no edit can change any more is
    sent, so it is heard some seconds late; a pause is silence. The file ends with the song or the stream.
    """
    visitor = await auth.require_listener(request, context, path.stream_id, query.ticket)
    place = await context.studio.place(visitor, path.stream_id)
    if place is None:
        raise Problem(NOT_FOUND, "There is no such stream.")
    seat = context.studio.seat(path.stream_id)
    if seat is None:
        raise Problem(CAPACITY, "The stream has as many listeners as it may.", headers=retry_after(10))
    pieces = context.broadcasts.pieces(place.player, path.kind)
    return Poured(pieces, MEDIA[path.kind], {"Cache-Control": "no-store"}, seat)


@operation("POST", f"{ROOT}/streams/{{stream_id}}/tickets", status=201, problems=(NO_SESSION, NOT_FOUND))
async def make_ticket(context: Context, visitor: Visitor, path: StreamPath) -> Answer[TicketView]:
    """Make a ticket that lets one player in once, to hear the stream without a cookie."""
    if await context.studio.place(visitor, path.stream_id) is None:
        raise Problem(NOT_FOUND, "There is no such stream.")
    ticket = context.tickets.issue(visitor.id, path.stream_id)
    return Answer(TicketView(ticket=ticket, expires_s=context.settings.ticket_s))


OPERATIONS = (hear_stream, make_ticket)
