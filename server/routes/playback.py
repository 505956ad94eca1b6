"""Stored mixes as files for any player, from any place on, rendered once and kept."""

import json
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from dsp.grid import RATE
from server import desks
from server.api import PRIVATE, ROOT, Loose, operation
from server.bouncing import paths
from server.context import Context
from server.errors import CAPACITY, CONFLICT, INVALID, NO_SESSION, NOT_FOUND, RENDER_FAILED, Fault, Problem
from server.pouring import Poured
from server.routes.mixes import RevisionPath
from server.visitor import Visitor
from storage import mixes
from streaming.broadcast.codecs import CODEC_OF, MEDIA
from streaming.offline.errand import Refused
from streaming.segments import reading
from streaming.segments.score import Codec, Score

PATIENCE_S = 60.0
"""How long a player may take nothing: it may have been paused with its buffers full."""


class MixPath(RevisionPath):
    """The address of a revision's audio."""

    kind: Literal["webm", "ogg", "flac"]


class From(Loose):
    """Where to begin."""

    start_s: Annotated[
        float, Field(alias="from", ge=0, le=86_400, description="The place of the song to begin at, in seconds.")
    ] = 0.0


@operation(
    "GET", f"{ROOT}/projects/{{project_id}}/revisions/{{revision_id}}/audio.{{kind}}", produces="audio/*",
    problems=(NO_SESSION, NOT_FOUND, CONFLICT, CAPACITY, RENDER_FAILED),
)  # fmt: skip
async def play_revision(context: Context, visitor: Visitor, path: MixPath, query: From, request: Request) -> Response:
    """Play a stored mix in any player, as fast as it reads.

    It is rendered in segments that are kept, so it is rendered once however often it is played. WebM and Ogg begin on the very
    frame that was asked for, FLAC on the tenth of a second that holds it.
    """
    codec: Codec = "flac" if CODEC_OF[path.kind] == "flac" else "opus"
    score, end = await _score(context, visitor, path)
    start = round(query.start_s * RATE)
    if start >= max(1, end):
        raise Problem(INVALID, f"The song is {end / RATE:g} s long.", (Fault("from", "lies behind the song's end"),))
    get = partial(context.playback.segment, score, codec)
    seat = ExitStack()
    seat.enter_context(context.playing.hold())
    try:
        if request.method != "HEAD":
            await get(reading.first_segment(codec, start))
    except Refused as refusal:
        seat.close()
        raise Problem(RENDER_FAILED, refusal.detail) from None
    except BaseException:
        seat.close()
        raise
    pieces = partial(reading.pieces, get, path.kind, codec, start)
    return Poured(pieces, MEDIA[path.kind], PRIVATE, seat, PATIENCE_S)


async def _score(context: Context, visitor: Visitor, path: MixPath) -> tuple[Score, int]:
    async with context.database.read() as db:
        row = await mixes.get(db, visitor.id, path.project_id, path.revision_id)
    mix = json.loads(row.document)
    try:
        return Score(mix, paths(context.blobs, mix)), desks.mix_of(row).end
    except Refused as refusal:
        raise Problem(CONFLICT, refusal.detail) from None


OPERATIONS = (play_revision,)
