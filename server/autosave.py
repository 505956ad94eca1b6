"""From rooms to the store: what hands do on a desk becomes revisions, at rest or at a gesture's end, at most one in so often.

Nothing waits for it but :meth:`Autosave.flush`. When another writer stored a revision meanwhile, the room's mix goes on top of
it: nobody's work is lost, both are revisions.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from dsp.mix import Mix
from storage.errors import NotFound

Save = Callable[[str, str, Mix, str], Awaitable[None]]
"""Stores a mix as the newest revision: workspace, project, mix, author."""

LONGEST_GESTURE = 5
"""A gesture that does not end is saved after this many times the shortest interval."""


@dataclass(slots=True)
class _Desk:
    workspace: str
    mix: Mix
    author: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    dirty: bool = True
    task: "asyncio.Task[None] | None" = None


class Autosave:
    """The desks that are waiting to be saved, by project."""

    def __init__(self, save: Save, interval_s: float, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._save = save
        self._interval_s = interval_s
        self._pause = pause
        self._desks: dict[str, _Desk] = {}
        self._log = structlog.get_logger("server.autosave")

    def changed(self, workspace: str, project: str, mix: Mix, author: str, *, gesture_ended: bool) -> None:
        """A room's mix has changed; ``gesture_ended`` says that no hand is on a control any more."""
        desk = self._desks.get(project)
        if desk is None:
            desk = self._desks[project] = _Desk(workspace, mix, author)
            desk.task = asyncio.create_task(self._saving(project, desk), name=f"autosave {project}")
        desk.mix, desk.author, desk.dirty = mix, author, True
        if gesture_ended:
            desk.ready.set()
        else:
            desk.ready.clear()

    def pending(self, project: str) -> bool:
        """Whether a room of the project has changes that are not stored."""
        desk = self._desks.get(project)
        return desk is not None and (desk.dirty or desk.lock.locked())

    async def flush(self, project: str) -> None:
        """Store what is pending of a project, now."""
        desk = self._desks.get(project)
        if desk is not None:
            await self._store(project, desk)

    def forget(self, project: str) -> None:
        """Drop what is pending: the project is being deleted."""
        desk = self._desks.pop(project, None)
        if desk is not None and desk.task is not None:
            desk.task.cancel()

    async def aclose(self) -> None:
        """Store everything that is pending and stop."""
        for project, desk in list(self._desks.items()):
            if desk.task is not None:
                desk.task.cancel()
            await self._tried(project, desk)
        self._desks.clear()

    async def _saving(self, project: str, desk: _Desk) -> None:
        """Save the desk as long as it changes, and leave once it rests."""
        while desk.dirty:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s * LONGEST_GESTURE):
                    await desk.ready.wait()
            if not await self._tried(project, desk):
                break
            await self._pause(self._interval_s)
        self._desks.pop(project, None)

    async def _tried(self, project: str, desk: _Desk) -> bool:
        """Store a desk as well as it can be done now; false when there is no such project any more."""
        try:
            await self._store(project, desk)
        except NotFound:
            return False
        except Exception:  # noqa: BLE001 - a full disk must end neither the task nor the farewell: what is pending stays so
            self._log.exception("autosave failed", project=project)
        return True

    async def _store(self, project: str, desk: _Desk) -> None:
        async with desk.lock:
            if not desk.dirty:
                return
            desk.dirty = False
            try:
                await self._save(desk.workspace, project, desk.mix, desk.author)
            except BaseException:
                desk.dirty = True
                raise
