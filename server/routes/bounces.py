"""Bounces: a revision, or what was heard of a stream, rendered offline into a file."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from server import desks, heard
from server.api import ROOT, Answer, operation
from server.bounce_shapes import BounceDetail, BounceIn, BounceList, BouncePath, BounceView, MissedView, file_of
from server.context import Context, new_id
from server.errors import CONFLICT, INVALID, NO_SESSION, NOT_FOUND, RANGE, STORAGE_FULL, TOO_MANY, Fault, Problem
from server.models import ProjectPath
from server.room_left import require_room
from server.slices import attachment, file_slice
from server.visitor import Visitor
from storage import bounces, projects
from storage.errors import NotFound
from storage.rows import Bounce

MAKES = (NO_SESSION, NOT_FOUND, INVALID, TOO_MANY, STORAGE_FULL)
READS = (NO_SESSION, NOT_FOUND)


@operation("POST", f"{ROOT}/projects/{{project_id}}/bounces", status=202, problems=MAKES)
async def make_bounce(context: Context, visitor: Visitor, path: ProjectPath, body: BounceIn) -> Answer[BounceDetail]:
    """Have a file rendered. It is queued; ask for it again to see how far it is."""
    await require_room(context, visitor)
    row = await _planned(context, visitor, path.project_id, body)
    async with context.database.write() as db:
        await bounces.create(db, visitor.id, row, context.settings.bounces_per_project, context.settings.bounces_queued)
    await context.jobs.enqueue(visitor.id, row.id, row.attempt)
    return Answer(await _detail(context, visitor, row), {"Location": f"{ROOT}/bounces/{row.id}"})


@operation("GET", f"{ROOT}/projects/{{project_id}}/bounces", problems=READS)
async def list_bounces(context: Context, visitor: Visitor, path: ProjectPath) -> BounceList:
    """List the project's bounces, newest first."""
    async with context.database.read() as db:
        rows = await bounces.listing(db, visitor.id, path.project_id)
    return BounceList(bounces=[BounceView.of(row) for row in rows])


@operation("GET", f"{ROOT}/bounces/{{bounce_id}}", problems=READS)
async def read_bounce(context: Context, visitor: Visitor, path: BouncePath) -> BounceDetail:
    """Say how far a bounce is, and where listeners of its stream heard something else."""
    return await _detail(context, visitor, await _row(context, visitor, path.bounce_id))


@operation("POST", f"{ROOT}/bounces/{{bounce_id}}/cancel", problems=(*READS, CONFLICT))
async def cancel_bounce(context: Context, visitor: Visitor, path: BouncePath) -> BounceView:
    """Give a bounce up."""
    row = await _row(context, visitor, path.bounce_id)
    async with context.database.write() as db:
        moved = await bounces.cancel(db, visitor.id, row.id, context.wall_ms())
    if not moved:
        raise Problem(CONFLICT, "The bounce is over already.")
    await context.jobs.cancel(visitor.id, row.id, row.attempt)
    return BounceView.of(await _row(context, visitor, row.id))


@operation("POST", f"{ROOT}/bounces/{{bounce_id}}/retry", problems=(*READS, CONFLICT))
async def retry_bounce(context: Context, visitor: Visitor, path: BouncePath) -> BounceView:
    """Try a failed or cancelled bounce once more; it goes on where it had got to."""
    async with context.database.write() as db:
        moved = await bounces.requeue(db, visitor.id, path.bounce_id, context.wall_ms())
        row = await bounces.get(db, visitor.id, path.bounce_id)
    if not moved:
        raise Problem(CONFLICT, "Only a bounce that failed or was cancelled can be tried again.")
    await context.jobs.enqueue(visitor.id, row.id, row.attempt)
    return BounceView.of(row)


@operation("DELETE", f"{ROOT}/bounces/{{bounce_id}}", status=204, problems=READS)
async def delete_bounce(context: Context, visitor: Visitor, path: BouncePath) -> Answer[BaseModel]:
    """Forget a bounce and its file."""
    row = await _row(context, visitor, path.bounce_id)
    async with context.database.write() as db:
        await bounces.remove(db, visitor.id, row.id)
    await context.jobs.cancel(visitor.id, row.id, row.attempt)
    return Answer()


@operation("GET", f"{ROOT}/bounces/{{bounce_id}}/file", problems=(*READS, CONFLICT, RANGE), produces="audio/*")
async def download_bounce(context: Context, visitor: Visitor, path: BouncePath, request: Request) -> Response:
    """Download the file; byte ranges are answered."""
    row = await _row(context, visitor, path.bounce_id)
    if row.blob is None or row.size is None:
        raise Problem(CONFLICT, f"The bounce is {row.status}; there is no file yet.")
    file = context.blobs.path(row.blob)
    name, media = file_of(row)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Vary": "Cookie",
        **attachment(name),
    }
    return file_slice(request, file, row.blob, headers, media)


async def _detail(context: Context, visitor: Visitor, row: Bounce) -> BounceDetail:
    missed = []
    if row.stream_id is not None:
        missed = await heard.missed(context, visitor, row.stream_id, row.from_frame or 0, row.to_frame or 0)
    views = [MissedView(listener=each.listener, start=each.start, stop=each.stop) for each in missed]
    return BounceDetail.model_validate({**BounceView.of(row).model_dump(), "not_as_heard": views})


async def _row(context: Context, visitor: Visitor, bounce: str) -> Bounce:
    async with context.database.read() as db:
        return await bounces.get(db, visitor.id, bounce)


async def _planned(context: Context, visitor: Visitor, project: str, body: BounceIn) -> Bounce:
    async with context.database.read() as db:
        name = (await projects.get(db, visitor.id, project)).name
    revision = None
    if body.stream is not None:
        await _require_stream(context, visitor, project, body.stream)
        name = f"{name} (as heard)"
    else:
        revision = await desks.chosen(context, visitor, project, body.revision)
    return body.row(new_id("b"), project, name, revision, context.wall_ms())


async def _require_stream(context: Context, visitor: Visitor, project: str, stream: str) -> None:
    try:
        log = await heard.settle(context, visitor, stream)
    except NotFound:
        log = None
    if log is None or log.project_id != project:
        raise Problem(INVALID, "The project has no such stream.", (Fault("stream", "there is none of this id"),))


OPERATIONS = (make_bounce, list_bounces, read_bounce, cancel_bounce, retry_bounce, delete_bounce, download_bounce)
