"""Invitations: links by which others come to a project, as controllers or as listeners."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from server import auth
from server.api import ROOT, Answer, Input, operation
from server.context import Context, new_id
from server.errors import CROSS_SITE, NO_SESSION, NOT_FOUND, TOO_MANY
from server.models import Id, Name, ProjectPath, moment
from server.visitor import Standing, Visitor
from storage import invitations, projects
from storage.rows import Invitation as Row
from storage.rows import InvitationSummary
from streaming.protocol.messages import Role

TOKEN_BYTES = 32
READS = (NO_SESSION, NOT_FOUND)


class Invitation(Input):
    """Whom to let in, and for how long."""

    role: Role
    days: Annotated[int, Field(ge=1, le=365)] = 7


class InvitationPath(ProjectPath):
    """The address of an invitation."""

    invitation_id: Id


class InvitationView(BaseModel):
    """An invitation, without its token: that is told once, when it is made."""

    id: str
    role: Role
    created_at: datetime
    expires_at: datetime
    members: int = Field(description="How many people came by it.")

    @classmethod
    def fields_of(cls, row: InvitationSummary) -> dict[str, Any]:
        """What a row and its JSON have in common."""
        times = {name: moment(getattr(row, name)) for name in ("created_at", "expires_at")}
        return {"id": row.id, "role": row.role, "members": row.members, **times}


class InvitationMade(InvitationView):
    """A new invitation with its link, which is told this once."""

    url: str = Field(description="Whoever opens it comes to the project. The token in it is never sent by a browser by itself.")


class InvitationList(BaseModel):
    """A project's invitations that have not expired, newest first."""

    invitations: list[InvitationView]


class Coming(Input):
    """What somebody shows who comes by a link."""

    token: Annotated[str, Field(min_length=16, max_length=128)]
    name: Name | None = Field(default=None, description="What to be called in the room.")


class Come(BaseModel):
    """Where a link leads, and as what."""

    project_id: str
    project_name: str
    role: Standing


@operation("POST", f"{ROOT}/projects/{{project_id}}/invitations", status=201, problems=(*READS, TOO_MANY))
async def make_invitation(
    context: Context, visitor: Visitor, path: ProjectPath, request: Request, body: Invitation
) -> Answer[InvitationMade]:
    """Make a link that lets people into the project until it expires or is revoked."""
    now, token = context.wall_ms(), secrets.token_urlsafe(TOKEN_BYTES)
    row = Row(new_id("i"), path.project_id, body.role, now, now + body.days * auth.DAY_MS)
    async with context.database.write() as db:
        limit = context.settings.invitations_per_project
        await invitations.create(db, visitor.id, row, auth.token_hash(token), now, limit)
    summary = InvitationSummary(row.id, row.project_id, row.role, row.created_at, row.expires_at, 0)
    url = f"{auth.own_url(request, context)}/#join={token}"  # what is behind a # is sent to no server and written in no log
    return Answer(InvitationMade(url=url, **InvitationView.fields_of(summary)))


@operation("GET", f"{ROOT}/projects/{{project_id}}/invitations", problems=READS)
async def list_invitations(context: Context, visitor: Visitor, path: ProjectPath) -> InvitationList:
    """List the project's invitations, newest first."""
    async with context.database.read() as db:
        rows = await invitations.listing(db, visitor.id, path.project_id, context.wall_ms())
    return InvitationList(invitations=[InvitationView(**InvitationView.fields_of(row)) for row in rows])


@operation("DELETE", f"{ROOT}/projects/{{project_id}}/invitations/{{invitation_id}}", status=204, problems=READS)
async def revoke_invitation(context: Context, visitor: Visitor, path: InvitationPath) -> Answer[BaseModel]:
    """Take an invitation back: nobody comes by it any more, and whoever came by it is sent away."""
    async with context.database.write() as db:
        expelled = await invitations.revoke(db, visitor.id, path.project_id, path.invitation_id)
    context.studio.company.expel(path.project_id, expelled)
    return Answer()


@operation("POST", f"{ROOT}/invitations/join", problems=(CROSS_SITE, NOT_FOUND, TOO_MANY))
async def join(context: Context, request: Request, body: Coming) -> Answer[Come]:
    """Come to a project by the token of a link; a browser without a session gets one, with a workspace of its own."""
    now, headers = context.wall_ms(), {}
    async with context.database.read() as db:
        invitation, owner = await invitations.by_token(db, auth.token_hash(body.token), now)
    visitor = await auth.visitor_of(request, context)
    if visitor is None:
        context.newcomers.spend(request.client.host if request.client else "")
        visitor, token = await auth.open_guest(context)
        headers = {"Set-Cookie": auth.set_cookie(request, context, token)}
    if body.name is not None:
        await auth.rename(context, visitor, body.name)
    is_owner = visitor.id == owner
    async with context.database.write() as db:
        project = await projects.get(db, owner, invitation.project_id)
        if not is_owner:
            limit = context.settings.members_per_invitation
            await invitations.join(db, visitor.id, invitation.id, owner, now, limit)
    role: Standing = "owner" if is_owner else "controller" if invitation.role == "controller" else "listener"
    return Answer(Come(project_id=project.id, project_name=project.name, role=role), headers)


OPERATIONS = (make_invitation, list_invitations, revoke_invitation, join)
