"""The outermost layer of the application: a request's id, its log line, its numbers, the security headers, and the last catch."""

import secrets
import time
from http import HTTPStatus

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.metrics import Metrics

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""COOP and COEP isolate the page, which is what lets the console use SharedArrayBuffer."""

QUIET = ("alive", "ready", "numbers")
"""Operations that machines ask for every few seconds; they are logged only when they fail."""


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger("server.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request=request_id):
            await (self._http if scope["type"] == "http" else self._socket)(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = HTTPStatus(message["status"])
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = scope["request_id"]
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:  # noqa: BLE001 - the last edge: starlette has answered 500 and raises again so that it is logged here
            self._metrics.errors.inc()
            self._log.exception("failed", method=scope["method"], operation=scope.get("operation"))
        self._count(scope, status, time.perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the last edge: uvicorn closes the socket when we return
            self._metrics.errors.inc()
            self._log.exception("socket failed")

    def _count(self, scope: Scope, status: HTTPStatus, seconds: float) -> None:
        name = scope.get("operation", "other")
        self._metrics.requests.labels(name, str(status.value)).inc()
        self._metrics.seconds.labels(name).observe(seconds)
        if name in QUIET and status < HTTPStatus.BAD_REQUEST:
            return
        path = scope["path"][:200]
        self._log.info("answered", method=scope["method"], path=path, status=status.value, ms=round(seconds * 1000, 1))
