"""One declaration a route: a handler's own signature says what is validated, what is answered and what is documented.

A handler takes, by name, any of ``context``, ``visitor``, ``request``, ``path``, ``query``, ``headers`` and ``body``; the last
four are pydantic models and are validated before it runs. It returns a model, an :class:`Answer` of one, or a response for files.
From the same declarations ``server/openapi.py`` writes the OpenAPI document, so neither can drift from the other.
"""

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from server import auth
from server.context import Context
from server.errors import INVALID, MALFORMED, MEDIA_TYPE, METHOD, NOT_CONTROLLER, NOT_FOUND, NOT_OWNER, Fault, Kind, Problem
from server.limits import read_body
from streaming.protocol.messages import Role

ROOT = "/api/v1"
SAFE = ("GET", "HEAD")
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}
"""What one workspace is answered is never kept for another."""

BodyT = TypeVar("BodyT", bound=BaseModel)
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[..., Awaitable[Any]]


class Input(BaseModel):
    """Base of everything that comes from outside: strict, nothing unknown, no NaN."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Loose(BaseModel):
    """Base of what comes as text (path, query, headers): numbers are read from their digits."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


@dataclass(frozen=True)
class Answer(Generic[BodyT]):
    """A model to be answered, with headers or a status of its own."""

    body: BodyT | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True)
class Operation:
    """A declared route; see :func:`operation`."""

    method: Method
    path: str
    handler: Handler
    status: int
    problems: tuple[Kind, ...]
    produces: str
    consumes: str
    socket: bool
    members: Role | None
    takes: Mapping[str, Any]
    answers: type[BaseModel] | None

    @property
    def name(self) -> str:
        """The operation's id, which is also its name in logs and metrics."""
        return self.handler.__name__

    @property
    def tag(self) -> str:
        """What it is about: the first part of its path."""
        return self.path.removeprefix(ROOT).split("/")[1]

    @property
    def private(self) -> bool:
        """Whether it needs a session."""
        return "visitor" in self.takes


def operation(
    method: Method,
    path: str,
    *,
    status: int = 200,
    problems: Iterable[Kind] = (),
    produces: str = "application/json",
    consumes: str = "application/json",
    socket: bool = False,
    members: Role | None = None,
) -> Callable[[Handler], Operation]:
    """Declare a route: the decorated handler becomes an :class:`Operation`.

    ``members``: the least role in which a member of another's project may ask. Such a route must ask for nothing but what lies
    in the project of its path. Without it only the owner may.
    """

    def declare(handler: Handler) -> Operation:
        hints = typing.get_type_hints(handler)
        answers = hints.pop("return", None)
        if typing.get_origin(answers) is Answer:
            (answers,) = typing.get_args(answers)
        model = answers if inspect.isclass(answers) and issubclass(answers, BaseModel) else None
        kinds = (*problems, *_role_refusals(path, members))
        return Operation(method, path, handler, status, kinds, produces, consumes, socket, members, hints, model)

    return declare


def _role_refusals(path: str, members: Role | None) -> tuple[Kind, ...]:
    if "{project_id}" not in path or members == "listener":
        return ()
    return (NOT_CONTROLLER,) if members else (NOT_OWNER,)


def routes(operations: Iterable[Operation], context: Context) -> list[BaseRoute]:
    """Starlette's routes: one a path, so that a wrong method is answered with the right ``Allow``."""
    by_path: dict[str, dict[str, Operation]] = {}
    sockets: list[BaseRoute] = []
    for declared in operations:
        if declared.socket:
            sockets.append(WebSocketRoute(declared.path, _socket_endpoint(declared, context)))
        else:
            by_path.setdefault(declared.path, {})[declared.method] = declared
    return [*(Route(path, _endpoint(methods, context), methods=None) for path, methods in by_path.items()), *sockets]


def _endpoint(methods: Mapping[str, Operation], context: Context) -> Any:
    allowed = sorted({*methods, *(("HEAD",) if "GET" in methods else ())})

    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        declared = methods.get("GET" if request.method == "HEAD" else request.method)
        if declared is None:
            raise Problem(METHOD, f"This address answers {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})
        scope["operation"] = declared.name
        response = await _run(declared, request, context)
        await response(scope, receive, send)

    return _AsgiEndpoint(endpoint)


class _AsgiEndpoint:
    """Starlette treats a function as ``handler(request)``; an object is called as an ASGI application."""

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


def _socket_endpoint(declared: Operation, context: Context) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(socket: WebSocket) -> None:
        given: dict[str, Any] = {"context": context, "socket": socket}
        try:
            given |= _addressed(declared, socket)
        except Problem:
            await socket.close()  # before it was accepted: the handshake is answered with 403
            return
        await declared.handler(**{name: value for name, value in given.items() if name in declared.takes})

    return endpoint


async def _run(declared: Operation, request: Request, context: Context) -> Response:
    if request.method not in SAFE:
        auth.require_same_site(request, context)
    given: dict[str, Any] = {"context": context, "request": request}
    if declared.private:
        given["visitor"] = await auth.require_visitor(request, context)
    given |= _addressed(declared, request)
    if declared.private and (project := getattr(given.get("path"), "project_id", None)):
        given["visitor"] = await auth.admitted(context, given["visitor"], project, declared.members)
    if "body" in declared.takes:
        given["body"] = await _body(declared.takes["body"], request, context)
    answer = await declared.handler(**{name: value for name, value in given.items() if name in declared.takes})
    return _respond(declared, answer)


def _respond(declared: Operation, answer: Any) -> Response:
    if isinstance(answer, BaseModel):
        answer = Answer(answer)
    if isinstance(answer, Answer):
        content = answer.body.model_dump_json(by_alias=True) if answer.body is not None else None
        headers = {**PRIVATE, **answer.headers}
        return Response(content, answer.status or declared.status, headers, "application/json" if content else None)
    response: Response = answer
    for name, value in PRIVATE.items():
        response.headers.setdefault(name, value)
    return response


def _addressed(declared: Operation, connection: HTTPConnection) -> dict[str, BaseModel]:
    """What the address and the headers say."""
    given: dict[str, BaseModel] = {}
    if "path" in declared.takes:
        given["path"] = _path(declared.takes["path"], connection)
    if "query" in declared.takes:
        given["query"] = _text(declared.takes["query"], _single(connection.query_params.multi_items()))
    if "headers" in declared.takes:
        model: type[BaseModel] = declared.takes["headers"]
        known = {field.alias or name for name, field in model.model_fields.items()}
        given["headers"] = _text(model, {name: connection.headers[name] for name in known if name in connection.headers})
    return given


def _path(model: type[BaseModel], request: HTTPConnection) -> BaseModel:
    try:
        return model.model_validate(request.path_params)
    except ValidationError:
        raise Problem(NOT_FOUND, "There is nothing at this address.") from None


def _single(items: list[tuple[str, str]]) -> dict[str, str]:
    named = dict(items)
    if len(named) != len(items):
        raise Problem(INVALID, "A query parameter was given twice.")
    return named


def _text(model: type[BaseModel], values: Mapping[str, str]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error) from None


async def _body(model: type[BaseModel], request: Request, context: Context) -> BaseModel:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(MEDIA_TYPE, "The body must be application/json.", headers={"Accept": "application/json"})
    settings = context.settings
    raw = await read_body(request, settings.json_bytes, settings.body_idle_s)
    try:
        from_json(raw, allow_inf_nan=False, cache_strings=False)
    except ValueError:
        raise Problem(MALFORMED, "The body is not JSON, or nests too deep.") from None
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Problem:
    """What pydantic complains of: where and what, never the value itself."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:16]
    told = tuple(Fault("/".join(map(str, fault["loc"]))[:200], fault["msg"].removeprefix("Value error, ")) for fault in faults)
    return Problem(INVALID, f"{told[0].where or 'The body'}: {told[0].sentence}", told)
