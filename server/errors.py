"""From exceptions to answers: every refusal is one :class:`Kind`, every answer an RFC 9457 problem document.

This is the only place where an exception becomes a response. What is not in the table is an error of ours: it is logged with its
traceback and answered without one.
"""

import errno
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dsp.desk.mix import InvalidValue, UnknownPath
from storage.errors import BlobMissing, Full, NotFound, Stale


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of refusal: its status, the word programs look at, and a title for people."""

    status: int
    code: str
    title: str


MALFORMED = Kind(400, "malformed", "The request cannot be read")
NO_SESSION = Kind(401, "no_session", "No session")
CROSS_SITE = Kind(403, "cross_site", "The request came from another site")
NOT_FOUND = Kind(404, "not_found", "Not found")
METHOD = Kind(405, "method_not_allowed", "This cannot be done here")
TIMEOUT = Kind(408, "request_timeout", "The request took too long")
CONFLICT = Kind(409, "conflict", "Not possible in this state")
STALE = Kind(412, "stale_revision", "The mix has changed meanwhile")
TOO_LARGE = Kind(413, "too_large", "The request is too large")
MEDIA_TYPE = Kind(415, "unsupported_media_type", "The body is of the wrong type")
RANGE = Kind(416, "range_not_satisfiable", "The range lies outside the file")
INVALID = Kind(422, "invalid_parameter", "A value is not valid")
UNKNOWN_PATH = Kind(422, "unknown_path", "No such place in the mix")
ASSET_MISSING = Kind(422, "asset_missing", "A clip plays audio that the project does not have")
UNREADABLE = Kind(422, "unreadable_audio", "The file holds no audio that can be read")
IF_MATCH = Kind(428, "precondition_required", "The change must say which revision it is based on")
TOO_MANY = Kind(429, "too_many", "A limit is reached")
STREAMS_FULL = Kind(429, "too_many_streams", "Too many streams")
INTERNAL = Kind(500, "internal", "Something went wrong here")
CAPACITY = Kind(503, "over_capacity", "The server is full")
NOT_READY = Kind(503, "not_ready", "The server is not ready")
STORAGE_FULL = Kind(507, "storage_full", "There is no room left")

_BY_STATUS = {kind.status: kind for kind in (MALFORMED, NOT_FOUND, METHOD, TOO_LARGE)}


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value: where it is and what is wrong with it."""

    where: str
    sentence: str


class Problem(Exception):
    """A refusal with its sentence; raised anywhere below a route, answered in one place."""

    def __init__(self, kind: Kind, detail: str, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{kind.code}: {detail}")
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}


class FaultOut(BaseModel):
    """One wrong value of a request."""

    path: str = Field(description="Where it is.")
    detail: str = Field(description="What is wrong with it.")


class ProblemOut(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="An identifier of the kind of problem.")
    title: str
    status: int
    code: str = Field(description="The word for programs; the same words are used on the WebSocket.")
    detail: str = Field(description="A sentence for people.")
    instance: str | None = Field(default=None, description="The request's id, which the server's log has too.")
    errors: list[FaultOut] | None = None


def problem_of(error: Exception) -> Problem | None:
    """The refusal that an exception means; ``None`` for an error of ours."""
    problem: Problem | None = None
    match error:
        case Problem():
            problem = error
        case NotFound() | BlobMissing():
            problem = Problem(NOT_FOUND, str(error))
        case Stale():
            problem = Problem(STALE, str(error), headers={"ETag": f'"{error.head}"'})
        case Full():
            problem = Problem(TOO_MANY, str(error))
        case UnknownPath() | InvalidValue():
            kind = UNKNOWN_PATH if isinstance(error, UnknownPath) else INVALID
            problem = Problem(kind, str(error), (Fault(error.path, error.sentence),))
        case OSError(errno=errno.ENOSPC):
            problem = Problem(STORAGE_FULL, "The server's disk is full.")
        case HTTPException():
            kind = _BY_STATUS.get(error.status_code, MALFORMED)
            problem = Problem(kind, f"{kind.title}.", headers=error.headers or {})
    return problem


def answer(problem: Problem, instance: str | None = None) -> Response:
    """The problem document as a response."""
    kind = problem.kind
    document = ProblemOut(
        type=f"urn:stemwire:{kind.code}",
        title=kind.title,
        status=kind.status,
        code=kind.code,
        detail=problem.detail,
        instance=instance and f"urn:stemwire:request:{instance}",
        errors=[FaultOut(path=fault.where, detail=fault.sentence) for fault in problem.faults] or None,
    )
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(document.model_dump_json(exclude_none=True), kind.status, headers, "application/problem+json")


async def respond(request: Request, error: Exception) -> Response:
    """Starlette's handler of every exception; one of ours is raised again after it, and logged at the edge."""
    problem = problem_of(error) or Problem(INTERNAL, "The error has been noted. Quote the instance when you report it.")
    return answer(problem, request.scope.get("request_id"))


def retry_after(seconds: float) -> dict[str, str]:
    """The header that says when to come again."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
