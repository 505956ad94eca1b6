"""Whether the server lives, whether it can serve, and its numbers."""

import asyncio

from pydantic import BaseModel
from starlette.responses import Response

from server.api import Answer, operation
from server.context import Context
from server.errors import NOT_READY

CHECK_S = 5.0
"""How long a check may take before it counts as failed."""
FRESH = {"Cache-Control": "no-store"}


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """Which parts can serve."""

    status: str
    checks: dict[str, bool]


@operation("GET", "/healthz")
async def alive() -> Answer[Alive]:
    """Say that the process lives."""
    return Answer(Alive(status="alive"), FRESH)


@operation("GET", "/readyz", problems=(NOT_READY,))
async def ready(context: Context) -> Answer[Ready]:
    """Say whether every part can serve; 503 if one cannot."""
    checks = {name: await _passes(context, name) for name in context.checks}
    good = all(checks.values())
    return Answer(Ready(status="ready" if good else "not ready", checks=checks), FRESH, 200 if good else NOT_READY.status)


@operation("GET", "/metrics", produces="text/plain")
async def numbers(context: Context) -> Response:
    """Give the server's numbers in Prometheus' text format."""
    context.metrics.free.set(await asyncio.to_thread(context.blobs.free_bytes))
    return Response(context.metrics.page(), headers=FRESH, media_type="text/plain; version=0.0.4")


async def _passes(context: Context, name: str) -> bool:
    try:
        async with asyncio.timeout(CHECK_S):
            await context.checks[name]()
    except Exception as error:  # noqa: BLE001 - whatever a part fails with, the answer is that it is not ready
        context.log.warning("not ready", check=name, error=repr(error))
        return False
    return True


OPERATIONS = (alive, ready, numbers)
