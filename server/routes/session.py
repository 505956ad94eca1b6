"""The session: a browser without one gets a guest workspace of its own, with the demo song in it."""

from dataclasses import replace

from pydantic import BaseModel
from starlette.requests import Request

from server import auth
from server.api import ROOT, Answer, operation
from server.context import Context
from server.errors import CROSS_SITE, NO_SESSION, TOO_MANY
from server.models import Naming
from server.visitor import Visitor
from storage.rows import Workspace


class WorkspaceView(BaseModel):
    """Whose desk it is."""

    id: str
    guest: bool


class SessionView(BaseModel):
    """Who the browser is."""

    workspace: WorkspaceView
    name: str


@operation("POST", f"{ROOT}/session", problems=(CROSS_SITE, TOO_MANY))
async def open_session(context: Context, request: Request) -> Answer[SessionView]:
    """Open the session: the one the cookie names, or a new guest workspace with a new cookie."""
    visitor = await auth.visitor_of(request, context)
    if visitor is not None:
        return Answer(_view(visitor.workspace))
    context.newcomers.spend(request.client.host if request.client else "")
    visitor, token = await auth.open_guest(context)
    await context.welcome(context, visitor)
    return Answer(_view(visitor.workspace), {"Set-Cookie": auth.set_cookie(request, context, token)})


@operation("PATCH", f"{ROOT}/session", problems=(NO_SESSION,))
async def rename_session(context: Context, visitor: Visitor, body: Naming) -> SessionView:
    """Say what to be called: in rooms, and as the author of revisions."""
    await auth.rename(context, visitor, body.name)
    return _view(replace(visitor.workspace, name=body.name))


def _view(workspace: Workspace) -> SessionView:
    return SessionView(workspace=WorkspaceView(id=workspace.id, guest=bool(workspace.guest)), name=workspace.name)


OPERATIONS = (open_session, rename_session)
