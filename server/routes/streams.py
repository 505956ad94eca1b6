"""Live streams: made ready over HTTP, played over a WebSocket (``streaming/protocol/wire.py``)."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from server import auth, heard
from server.api import ROOT, Answer, Input, Loose, operation
from server.context import Context
from server.errors import CAPACITY, CROSS_SITE, DRAINING, NO_SESSION, NOT_FOUND, STREAMS_FULL, Problem
from server.models import Id
from server.visitor import Visitor
from storage import projects

PROTOCOL = "stemwire.v1"
REFUSED = 1008


class OpenStream(Input):
    """What to play."""

    project_id: Id
    join: Annotated[bool, Field(description="Whether to listen with whoever does, rather than alone; members always do.")] = False


class StreamView(BaseModel):
    """A stream made ready: connect to ``url`` before the ticket in it expires."""

    id: str
    project_id: str
    url: str = Field(description="The WebSocket's absolute address with a one-time ticket.")
    protocol: str = Field(description="The sub-protocol to ask for.")
    ticket_expires_s: int


class StreamPath(Loose):
    """The address of a stream."""

    stream_id: Id


class Ticket(Loose):
    """What lets a socket in where the cookie does not."""

    ticket: Annotated[str, Field(max_length=128)] | None = None


@operation("POST", f"{ROOT}/streams", status=201, problems=(NO_SESSION, NOT_FOUND, STREAMS_FULL, CAPACITY, DRAINING))
async def open_stream(context: Context, visitor: Visitor, request: HTTPConnection, body: OpenStream) -> Answer[StreamView]:
    """Make ready a live stream of a project, or join the one that others hear.

    It rests until a listener connects, and goes when none does.
    """
    visitor = await auth.admitted(context, visitor, body.project_id, "listener")
    async with context.database.read() as db:
        await projects.get(db, visitor.id, body.project_id)
    stream = await _stream(context, visitor, body)
    base, ticket = auth.own_url(request, context).removeprefix("http"), context.tickets.issue(visitor.person, stream)
    url = f"ws{base}{ROOT}/streams/{stream}/ws?ticket={ticket}"
    lasts = context.settings.ticket_s
    return Answer(StreamView(id=stream, project_id=body.project_id, url=url, protocol=PROTOCOL, ticket_expires_s=lasts))


@operation("GET", f"{ROOT}/streams/{{stream_id}}/ws", problems=(NO_SESSION, CROSS_SITE), socket=True)
async def listen(context: Context, socket: WebSocket, path: StreamPath, query: Ticket) -> None:
    """Listen to a stream and play its desk: the WebSocket protocol ``stemwire.v1``.

    Let in by a ticket of ``POST /streams``, or by the session cookie. A refusal is said on the socket, which closes with 1008.
    """
    try:
        visitor = await auth.require_listener(socket, context, path.stream_id, query.ticket)
    except Problem as problem:
        await socket.accept(PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None)
        await socket.send_json({"type": "error", "code": problem.kind.code, "message": problem.detail, "fatal": True})
        await socket.close(REFUSED)
        return
    await context.studio.serve(socket, visitor, path.stream_id)


async def _stream(context: Context, visitor: Visitor, body: OpenStream) -> str:
    opening = context.studio.open_stream
    if not (body.join or visitor.owner):
        stream, is_new = await opening(visitor.id, body.project_id), True
    else:
        stream, is_new = await context.studio.company.join(visitor, body.project_id, opening)
    if is_new:
        await heard.begin(context, visitor, body.project_id, stream)
    return stream


OPERATIONS = (open_stream, listen)
