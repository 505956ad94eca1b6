"""Stems: audio comes in, and its waveform goes out."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from dsp.desk.mix import Track
from dsp.peaks import FRAMES_PER_BIN
from server import arrivals, desks
from server.api import ROOT, Answer, Loose, operation
from server.context import Context
from server.errors import (
    CAPACITY,
    INVALID,
    MALFORMED,
    MEDIA_TYPE,
    NO_SESSION,
    NOT_FOUND,
    RANGE,
    STORAGE_FULL,
    TIMEOUT,
    TOO_LARGE,
    TOO_MANY,
    UNREADABLE,
)
from server.models import Id, ProjectPath, StemView, etag
from server.multipart import Bounds, uploads
from server.room_left import require_room
from server.slices import file_slice
from server.visitor import Visitor
from storage import projects, stems

LEVELS = len(FRAMES_PER_BIN)


class Failed(BaseModel):
    """A file that did not become a stem, and why."""

    name: str
    code: str
    detail: str


class Taken(BaseModel):
    """What became of an upload."""

    stems: list[StemView]
    tracks: list[Track]
    failed: list[Failed]


class StemPath(ProjectPath):
    """The address of a stem."""

    stem_id: Id


class Level(Loose):
    """How coarse: the higher, the more frames a bin covers."""

    level: Annotated[int, Field(ge=0, lt=LEVELS)] = 0


REFUSALS = (
    NO_SESSION, NOT_FOUND, MALFORMED, MEDIA_TYPE, INVALID, UNREADABLE, TOO_LARGE, TOO_MANY, TIMEOUT, CAPACITY, STORAGE_FULL,
)  # fmt: skip


@operation("POST", f"{ROOT}/projects/{{project_id}}/stems", status=201, problems=REFUSALS, consumes="multipart/form-data")
async def upload_stems(context: Context, visitor: Visitor, path: ProjectPath, request: Request) -> Answer[Taken]:
    """Upload audio files; each becomes a stem on a track of its own. Files that fail do not hold up the others."""
    project, settings = path.project_id, context.settings
    async with context.database.read() as db:
        await projects.get(db, visitor.id, project)
    left = await require_room(context, visitor)
    bounds = Bounds(settings.upload_files, settings.upload_bytes, left, settings.body_idle_s)
    with context.uploads.hold(), context.metrics.uploads.track_inprogress():
        async with uploads(request, context.blobs.scratch, bounds) as files:
            context.metrics.received.inc(sum(file.size for file in files))
            taken, failed = await arrivals.take(context, visitor, project, files)
    if not taken:
        raise failed[0].problem
    tracks, revision = await arrivals.place(context, visitor, project, taken)
    placed = [track for track in desks.mix_of(revision).tracks if track.id in tracks]
    told = [Failed(name=one.name, code=one.problem.kind.code, detail=one.problem.detail) for one in failed]
    return Answer(Taken(stems=[StemView.of(stem) for stem in taken], tracks=placed, failed=told), etag(revision.id))


@operation(
    "GET", f"{ROOT}/projects/{{project_id}}/stems/{{stem_id}}/peaks",
    problems=(NO_SESSION, NOT_FOUND, INVALID, RANGE), produces="application/octet-stream",
)  # fmt: skip
async def read_peaks(context: Context, visitor: Visitor, path: StemPath, query: Level, request: Request) -> Response:
    """Read a stem's waveform at one resolution.

    Each bin is six little-endian int16 with full scale at 32767: minimum, maximum and RMS of the left channel, then of the right.
    The header `Stemwire-Frames-Per-Bin` says how many frames a bin covers. Byte ranges are answered.
    """
    async with context.database.read() as db:
        waveform = await stems.waveform(db, visitor.id, path.project_id, path.stem_id, query.level)
    file = context.blobs.path(waveform.blob)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Vary": "Cookie",
        "Stemwire-Frames-Per-Bin": str(waveform.frames_per_bin),
    }
    return file_slice(request, file, waveform.blob, headers, "application/octet-stream")


OPERATIONS = (upload_stems, read_peaks)
