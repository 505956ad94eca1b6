"""Projects: the songs of a workspace."""

from pydantic import BaseModel

from dsp.desk.mix import Mix
from server import desks
from server.api import ROOT, Answer, operation
from server.context import Context, new_id
from server.errors import NO_SESSION, NOT_FOUND, TOO_MANY
from server.models import Naming, ProjectLine, ProjectPath, ProjectView, etag
from server.visitor import Visitor
from storage import mixes, projects, stems


class ProjectList(BaseModel):
    """The songs of a workspace, the one worked on last first."""

    projects: list[ProjectLine]


@operation("GET", f"{ROOT}/projects", problems=(NO_SESSION,))
async def list_projects(context: Context, visitor: Visitor) -> ProjectList:
    """List the workspace's projects."""
    async with context.database.read() as db:
        rows = await projects.listing(db, visitor.id)
    return ProjectList(projects=[ProjectLine.of(row) for row in rows])


@operation("POST", f"{ROOT}/projects", status=201, problems=(NO_SESSION, TOO_MANY))
async def create_project(context: Context, visitor: Visitor, body: Naming) -> Answer[ProjectView]:
    """Create an empty project."""
    project, now = new_id("p"), context.wall_ms()
    async with context.database.write() as db:
        await projects.create(db, visitor.id, project, body.name, now, context.settings.projects_per_workspace)
        first = desks.draft(Mix.empty(), visitor.workspace.name)
        await mixes.append(db, visitor.id, project, first, None, now, desks.keeping(context.settings))
    return await _answer(context, visitor, project, {"Location": f"{ROOT}/projects/{project}"})


@operation("GET", f"{ROOT}/projects/{{project_id}}", problems=(NO_SESSION, NOT_FOUND))
async def read_project(context: Context, visitor: Visitor, path: ProjectPath) -> Answer[ProjectView]:
    """Read a project with its mix and its stems. The ETag names the revision."""
    await context.autosave.flush(path.project_id)
    return await _answer(context, visitor, path.project_id, {})


@operation("PATCH", f"{ROOT}/projects/{{project_id}}", problems=(NO_SESSION, NOT_FOUND))
async def rename_project(context: Context, visitor: Visitor, path: ProjectPath, body: Naming) -> Answer[ProjectView]:
    """Give a project another name."""
    async with context.database.write() as db:
        await projects.rename(db, visitor.id, path.project_id, body.name, context.wall_ms())
    return await _answer(context, visitor, path.project_id, {})


@operation("DELETE", f"{ROOT}/projects/{{project_id}}", status=204, problems=(NO_SESSION, NOT_FOUND))
async def delete_project(context: Context, visitor: Visitor, path: ProjectPath) -> Answer[BaseModel]:
    """Delete a project with its stems, revisions and bounces."""
    async with context.database.write() as db:
        await projects.remove(db, visitor.id, path.project_id)
    context.autosave.forget(path.project_id)
    await context.studio.close_project(path.project_id)
    return Answer()


async def _answer(context: Context, visitor: Visitor, project: str, headers: dict[str, str]) -> Answer[ProjectView]:
    async with context.database.read() as db:
        row = await projects.get(db, visitor.id, project)
        head = await mixes.get(db, visitor.id, project, row.head_id)
        audio = await stems.listing(db, visitor.id, project)
    return Answer(ProjectView.of(row, head, audio), {**etag(head.id), **headers})


OPERATIONS = (list_projects, create_project, read_project, rename_project, delete_project)
