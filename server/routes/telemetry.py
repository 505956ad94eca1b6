"""A stream for programs that have no WebSocket: where it is, its meters, its scope, and its transport.

They see and do what a listener does (``streaming/protocol``), a moment at a time; the words and the rows are the same.
"""

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from dsp.slot.columns import bus_meter_names
from server.api import ROOT, Loose, operation
from server.context import Context
from server.errors import CONFLICT, NO_SESSION, NOT_CONTROLLER, NOT_FOUND, OUT_OF_RANGE, Problem
from server.live import Place, steer
from server.routes.streams import StreamPath
from server.visitor import Visitor
from streaming.live import glance
from streaming.live.feed import Reason
from streaming.live.glance import Outlook
from streaming.live.timeline import Loop
from streaming.live.transport import State
from streaming.protocol import controls
from streaming.protocol.controls import Count

READS = (NO_SESSION, NOT_FOUND)

Transport = controls.Play | controls.Pause | controls.Stop | controls.Seek | controls.Loop


class Command(RootModel[Annotated[Transport, Field(discriminator="type")]]):
    """What the transport is to do: a message of the WebSocket protocol."""


class SpanView(BaseModel):
    """A range of positions."""

    start: int
    end: int

    @classmethod
    def of(cls, loop: Loop | None) -> "SpanView | None":
        """A loop as JSON shows it."""
        return None if loop is None else cls(start=loop[0], end=loop[1])


class TurnView(BaseModel):
    """From a stream frame on the song is at a position."""

    starts_at: int
    position: int
    loop: SpanView | None


class EpochView(BaseModel):
    """A splice: what was rendered from a stream frame on was made anew."""

    epoch: int
    starts_at: int
    reason: Reason


class TimelineView(BaseModel):
    """Where a stream is, and how its time maps to the song as far as it is rendered."""

    stream_id: str
    revision: str
    transport: State
    frame: int = Field(description="The stream frame that is heard now, or from which the transport rests.")
    position: int = Field(description="Where the song is there.")
    loop: SpanView | None
    server_us: int = Field(description="When that was, on the server's clock.")
    rendered_to: int = Field(description="The stream frame up to which audio lies ready.")
    ends_at: int | None = Field(description="The stream frame at which the song is over, once that is rendered.")
    segments: list[TurnView] = Field(description="What is heard from `frame` on; empty while nothing plays.")
    epochs: list[EpochView] = Field(description="Splices, oldest first: the newest, or those after the one that was asked for.")
    listeners: int

    @classmethod
    def of(cls, place: Place, seen: Outlook) -> "TimelineView":
        """What was seen at a glance, as JSON shows it."""
        now = seen.standing
        turns = [TurnView(starts_at=turn.starts_at, position=turn.position, loop=SpanView.of(turn.loop)) for turn in seen.turns]
        epochs = [EpochView(epoch=one.number, starts_at=one.starts_at, reason=one.reason) for one in seen.epochs]
        return cls(
            stream_id=place.player.id, revision=place.stage.revision, transport=now.state, frame=now.frame,
            position=now.position, loop=SpanView.of(now.loop), server_us=seen.now_us, rendered_to=seen.rendered_to,
            ends_at=seen.ends_at, segments=turns, epochs=epochs, listeners=seen.listeners,
        )  # fmt: skip


class After(Loose):
    """Which splices are news."""

    after: Annotated[int, Field(ge=0, lt=2**32, description="Tell the splices after this epoch.")] | None = None


class Since(Loose):
    """Which rows: those from ``since`` on, which an earlier answer called ``next``; without it the last that was heard."""

    since: Annotated[Count, Field(description="The stream frame of the first row.")] | None = None
    hz: Annotated[int, Field(ge=1, le=controls.MAX_HZ, description="Rows for each second of audio; at most 50 are made.")] = 10


class HeardView(BaseModel):
    """Rows of what was heard, each with its stream frame."""

    frame: int = Field(description="The stream frame that is heard now.")
    epoch: int
    next: int = Field(description="Ask for rows since this frame to get those that follow.")


class MetersView(HeardView):
    """Rows of meters; their columns are those of the WebSocket protocol."""

    tracks: int = Field(description="Lanes of the engine: the columns come in blocks of so many, then those of the buses.")
    buses: list[str] = Field(description="Names of the columns behind those of the tracks.")
    rows: list[tuple[int, list[float]]] = Field(description="The stream frame at which a row begins, and its values.")


class ScopeView(HeardView):
    """Rows of the scope."""

    rows: list[tuple[int, list[float], list[tuple[float, float]]]] = Field(
        description="The stream frame up to which a row was heard, its bands in dB, and its points (mid, side)."
    )


@operation("GET", f"{ROOT}/streams/{{stream_id}}/timeline", problems=READS)
async def read_timeline(context: Context, visitor: Visitor, path: StreamPath, query: After) -> TimelineView:
    """Say where a stream is, and how its time maps to the song as far as it is rendered."""
    place = await _place(context, visitor, path)
    return TimelineView.of(place, glance.outlook(place.player, query.after))


@operation("GET", f"{ROOT}/streams/{{stream_id}}/meters", problems=READS)
async def read_meters(context: Context, visitor: Visitor, path: StreamPath, query: Since) -> MetersView:
    """Give the meters of what was heard, stamped with their frames.

    Rows are kept for about a second behind the playhead, and at most 100 are given at a time.
    """
    player = (await _place(context, visitor, path)).player
    heard = glance.meters(player, query.since, query.hz)
    return MetersView(
        frame=heard.frame, epoch=heard.epoch, next=heard.following, rows=heard.rows,
        tracks=player.tracks, buses=list(bus_meter_names()),
    )  # fmt: skip


@operation("GET", f"{ROOT}/streams/{{stream_id}}/scope", problems=READS)
async def read_scope(context: Context, visitor: Visitor, path: StreamPath, query: Since) -> ScopeView:
    """Give spectra and goniometer points of what was heard, stamped with their frames.

    Rows are kept for about a third of a second behind the playhead, and at most 10 are given at a time.
    """
    heard = glance.scopes((await _place(context, visitor, path)).player, query.since, query.hz)
    return ScopeView(frame=heard.frame, epoch=heard.epoch, next=heard.following, rows=heard.rows)


@operation("POST", f"{ROOT}/streams/{{stream_id}}/transport", problems=(*READS, NOT_CONTROLLER, OUT_OF_RANGE, CONFLICT))
async def command_transport(context: Context, visitor: Visitor, path: StreamPath, body: Command) -> TimelineView:
    """Play, pause, stop, seek or loop, for everybody who listens; answers how the stream stands then.

    A stream's clock runs while somebody listens to it.
    """
    place = await _place(context, visitor, path)
    steer(place, body.root)
    if place.player.stream.failed:
        raise Problem(CONFLICT, "This stream cannot be rendered; open it again.")
    return TimelineView.of(place, glance.outlook(place.player, None))


async def _place(context: Context, visitor: Visitor, path: StreamPath) -> Place:
    place = await context.studio.place(visitor, path.stream_id)
    if place is None:
        raise Problem(NOT_FOUND, "There is no open stream of this id.")
    return place


OPERATIONS = (read_timeline, read_meters, read_scope, command_transport)
