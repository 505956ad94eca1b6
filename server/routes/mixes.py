"""The mix of a project over HTTP: edits, whole documents, and the revisions they become."""

from typing import Annotated

from pydantic import BaseModel, Field, JsonValue

from dsp.desk.mix import Mix
from server import desks
from server.api import ROOT, Answer, Input, Loose, operation
from server.context import Context
from server.errors import ASSET_MISSING, IF_MATCH, INVALID, NO_SESSION, NOT_FOUND, STALE, TOO_MANY, UNKNOWN_PATH, Problem
from server.models import Changed, Id, IfMatch, Naming, ProjectPath, RevisionLine, RevisionView, etag
from server.seams import Edit
from server.visitor import Visitor
from storage import mixes
from storage.rows import Revision

CHANGES = (NO_SESSION, NOT_FOUND, STALE, INVALID, UNKNOWN_PATH, ASSET_MISSING)


class EditIn(Input):
    """One change: a path of the mix and its new value."""

    path: Annotated[str, Field(min_length=1, max_length=200)]
    value: JsonValue


class Edits(Input):
    """Changes that are made together or not at all."""

    edits: Annotated[list[EditIn], Field(min_length=1, max_length=1000)]
    gesture: Annotated[str, Field(max_length=64)] | None = None


class RevisionList(BaseModel):
    """Stored mixes, newest first."""

    revisions: list[RevisionLine]


class RevisionPath(ProjectPath):
    """The address of a revision."""

    revision_id: Id


class Newest(Loose):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100


@operation("POST", f"{ROOT}/projects/{{project_id}}/edits", problems=CHANGES)
async def edit_mix(context: Context, visitor: Visitor, path: ProjectPath, headers: IfMatch, body: Edits) -> Answer[Changed]:
    """Change the mix in some places, all or none. With If-Match only if that revision is still the newest."""
    edits = [Edit(edit.path, edit.value) for edit in body.edits]
    return _changed(await desks.edit(context, visitor, path.project_id, edits, body.gesture, headers.revision))


@operation("PUT", f"{ROOT}/projects/{{project_id}}/mix", problems=(*CHANGES, IF_MATCH))
async def replace_mix(context: Context, visitor: Visitor, path: ProjectPath, headers: IfMatch, body: Mix) -> Answer[Changed]:
    """Put a whole document in place of the mix. If-Match must name the revision it was made from."""
    if headers.revision is None:
        raise Problem(IF_MATCH, "Say in If-Match which revision the document was made from.")
    return _changed(await desks.replace(context, visitor, path.project_id, body, headers.revision))


@operation("GET", f"{ROOT}/projects/{{project_id}}/revisions", problems=(NO_SESSION, NOT_FOUND))
async def list_revisions(context: Context, visitor: Visitor, path: ProjectPath, query: Newest) -> RevisionList:
    """List the project's revisions, newest first."""
    async with context.database.read() as db:
        rows = await mixes.listing(db, visitor.id, path.project_id, query.limit)
    return RevisionList(revisions=[RevisionLine(**RevisionLine.fields_of(row)) for row in rows])


@operation("POST", f"{ROOT}/projects/{{project_id}}/revisions", status=201, problems=(NO_SESSION, NOT_FOUND, TOO_MANY))
async def keep_revision(context: Context, visitor: Visitor, path: ProjectPath, body: Naming) -> Answer[RevisionView]:
    """Keep the mix as it is now under a name."""
    return _viewed(await desks.keep(context, visitor, path.project_id, body.name))


@operation("GET", f"{ROOT}/projects/{{project_id}}/revisions/{{revision_id}}", problems=(NO_SESSION, NOT_FOUND))
async def read_revision(context: Context, visitor: Visitor, path: RevisionPath) -> Answer[RevisionView]:
    """Read a revision with its mix."""
    async with context.database.read() as db:
        return _viewed(await mixes.get(db, visitor.id, path.project_id, path.revision_id))


def _changed(row: Revision) -> Answer[Changed]:
    return Answer(Changed.of(row, desks.mix_of(row)), etag(row.id))


def _viewed(row: Revision) -> Answer[RevisionView]:
    return Answer(RevisionView.of(row), etag(row.id))


OPERATIONS = (edit_mix, replace_mix, list_revisions, keep_revision, read_revision)
