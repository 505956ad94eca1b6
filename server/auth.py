"""Who asks, and from where: guest workspaces opened by an unguessable cookie, and requests of other sites refused.

The cookie holds 256 random bits; the database holds their SHA-256 only. There is no signed state, so a session can be revoked.
"""

import hashlib
import secrets
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.context import Context, new_id
from server.errors import CROSS_SITE, NO_SESSION, NOT_CONTROLLER, NOT_OWNER, Problem
from server.visitor import Visitor
from storage import invitations, workspaces
from storage.rows import Workspace
from streaming.protocol.messages import Role

COOKIE = "stemwire_session"
MAX_TOKEN = 128
DAY_MS = 86_400_000


def require_same_site(connection: HTTPConnection, context: Context) -> None:
    """Refuse what a page of another site makes a browser send (``Sec-Fetch-Site``, else ``Origin``); programs send neither."""
    site = connection.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    if site is None and same_origin(connection, context):
        return
    raise Problem(CROSS_SITE, "Only Stemwire's own pages may do this.")


def same_origin(connection: HTTPConnection, context: Context) -> bool:
    """Whether ``Origin`` is absent or ours."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    own = urlsplit(context.settings.public_url or f"//{connection.headers.get('host', '')}")
    return urlsplit(origin.lower()).netloc == own.netloc.lower() != ""


async def visitor_of(connection: HTTPConnection, context: Context) -> Visitor | None:
    """Whoever the request's cookie says, or ``None``. A session in use is extended, once a day."""
    token = connection.cookies.get(COOKIE, "")
    if not token or len(token) > MAX_TOKEN:
        return None
    now, digest = context.wall_ms(), token_hash(token)
    async with context.database.read() as db:
        found = await workspaces.by_session(db, digest, now)
    if found is None:
        return None
    workspace, expires_at = found
    lasts = context.settings.session_days * DAY_MS
    if expires_at < now + lasts - DAY_MS:
        async with context.database.write() as db:
            await workspaces.extend(db, workspace.id, digest, now + lasts)
    return Visitor(workspace)


async def require_visitor(connection: HTTPConnection, context: Context) -> Visitor:
    """Whoever asks; raises 401 when nobody can be made out."""
    visitor = await visitor_of(connection, context)
    if visitor is None:
        raise Problem(NO_SESSION, "There is no session; open one with POST /api/v1/session.")
    return visitor


async def require_listener(connection: HTTPConnection, context: Context, stream: str, ticket: str | None) -> Visitor:
    """Whoever opens a socket on a stream: by a ticket, else by the cookie if one of our pages asks."""
    if ticket is None:
        require_same_site(connection, context)
        return await require_visitor(connection, context)
    owner = context.tickets.redeem(ticket, stream)
    async with context.database.read() as db:
        workspace = await workspaces.get(db, owner) if owner else None
    if workspace is None:
        raise Problem(NO_SESSION, "The ticket is unknown, used or too old; ask for a new one with POST /api/v1/streams.")
    return Visitor(workspace)


async def admitted(context: Context, visitor: Visitor, project: str, least: Role | None) -> Visitor:
    """The visitor as one who asks about a project: as its member, if it is another's and an invitation let them in.

    Raises 403 for members where only the owner may ask (``least`` is ``None``), and for listeners where a controller must.
    Whoever is neither owner nor member stays who they are, and finds no such project.
    """
    async with context.database.read() as db:
        member = await invitations.membership(db, visitor.person, project, context.wall_ms())
    if member is None:
        return visitor
    if least is None:
        raise Problem(NOT_OWNER, "Only the project's owner may do this.")
    if least == "controller" and member.role != "controller":
        raise Problem(NOT_CONTROLLER, "You may listen here, not mix.")
    return Visitor(visitor.workspace, member.owner, "controller" if member.role == "controller" else "listener")


async def open_guest(context: Context) -> tuple[Visitor, str]:
    """Make a guest workspace and a token that opens it."""
    now, token = context.wall_ms(), secrets.token_urlsafe(32)
    workspace = Workspace(new_id("w"), "Guest", 1, now)
    expires_at = now + context.settings.session_days * DAY_MS
    async with context.database.write() as db:
        await workspaces.create(db, workspace, context.settings.workspaces)
        await workspaces.open_session(db, workspace.id, token_hash(token), now, expires_at)
    return Visitor(workspace), token


async def rename(context: Context, visitor: Visitor, name: str) -> None:
    """Call a visitor otherwise from now on; rooms that they are in are told."""
    async with context.database.write() as db:
        await workspaces.rename(db, visitor.person, name)
    context.studio.company.renamed(visitor.person, name)


def own_url(connection: HTTPConnection, context: Context) -> str:
    """Where browsers reach the server, without a slash at the end."""
    public = context.settings.public_url.rstrip("/")
    return public or f"{connection.url.scheme}://{connection.headers.get('host', connection.url.netloc)}"


def set_cookie(connection: HTTPConnection, context: Context, token: str) -> str:
    """The ``Set-Cookie`` header that hands a token to a browser."""
    secure = connection.url.scheme == "https" or context.settings.public_url.startswith("https:")
    carrier = Response()
    lasts_s = context.settings.session_days * DAY_MS // 1000
    carrier.set_cookie(COOKIE, token, max_age=lasts_s, path="/", secure=secure, httponly=True, samesite="lax")
    return carrier.headers["set-cookie"]


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
