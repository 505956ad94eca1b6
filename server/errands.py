"""A child that works through a plan: followed line by line, started again when it dies, ended when nobody wants its work."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from server.children import command, environment
from streaming.offline.errand import Refused, order, read_line

LOOK_S = 0.5
"""How often it is asked whether the work is still wanted; progress is noted as often."""

STALL_S = 900.0
"""A child that says nothing for so long is given up; at idle priority it may starve for a while."""

DEATHS = 4
"""A child that dies so often without getting any further is given up."""

Look = Callable[[float], Awaitable[None]]
"""Notes how far it is, and raises when the work is not wanted any more."""


@dataclass(slots=True)
class Errand:
    """Work for a child that runs ``module``; ``look`` is asked on the way. Nothing of it outlives :meth:`run`."""

    module: str
    plan: Mapping[str, Any]
    look: Look
    progress: float = 0.0

    async def run(self) -> Mapping[str, Any]:
        """Run children until one has finished, and return its result; raises :class:`Refused`."""
        reached, deaths = -1.0, 0
        while deaths < DEATHS:
            result = await self._follow()
            if result is not None:
                return result
            deaths = 0 if self.progress > reached else deaths + 1
            reached = max(reached, self.progress)
            structlog.get_logger("server.errands").warning("child died", module=self.module, progress=self.progress)
        raise Refused("render_failed", "The mix could not be rendered.")

    async def _follow(self) -> Mapping[str, Any] | None:
        """Run a child to its end: its result, or None when it died."""
        async with hired(self.module, self.plan) as child:
            looked = silent_since = time.monotonic()
            while True:
                line = await _line(child)
                now = time.monotonic()
                if line is not None:
                    silent_since = now
                    told = read_line(line) if line else None
                    if told is None or told.result is not None:
                        return None if told is None else told.result
                    self.progress = told.progress or 0.0
                if now - silent_since > STALL_S:
                    raise Refused("render_stalled", "Rendering made no progress for a long time.")
                if now - looked >= LOOK_S or line is None:
                    await self.look(self.progress)
                    looked = now


@asynccontextmanager
async def hired(module: str, plan: Mapping[str, Any]) -> AsyncIterator[Process]:
    """A child that runs ``module`` and has been given its plan; where it has not ended at the end it is killed."""
    child = await asyncio.create_subprocess_exec(*command(module), stdin=PIPE, stdout=PIPE, env=environment(only=None), cwd="/")
    try:
        await _feed(child, order(plan, os.getpid()))
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        await _reaped(child)


async def _reaped(child: Process) -> None:
    """Wait for the end of a dying child, also where nobody wants to wait any more: it does not take long."""
    waiting = asyncio.ensure_future(child.wait())
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await waiting
        raise


async def _feed(child: Process, content: bytes) -> None:
    if child.stdin is None:
        return
    try:
        child.stdin.write(content)
        await child.stdin.drain()
    except ConnectionError:
        return  # it is dead already; its empty output says so
    finally:
        child.stdin.close()


async def _line(child: Process) -> bytes | None:
    """The child's next line, empty at its end; None when it says nothing for a while."""
    if child.stdout is None:
        return b""
    try:
        async with asyncio.timeout(LOOK_S):
            return await child.stdout.readline()
    except TimeoutError:
        return None
