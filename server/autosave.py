"""From rooms to the store: what hands do on a desk becomes revisions.

When one is due is for :class:`streaming.desk.revisions.Revisions` to say, of which every open desk has one; here they are
waited for and stored. When another writer stored a revision meanwhile, the room's mix goes on top of it: nobody's work is lost.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from server.troubles import trouble_of
from storage.errors import NotFound
from streaming.desk.revisions import Draft
from streaming.desk.stage import Stage
from streaming.live.clock import Clock

Save = Callable[[str, str, Draft], Awaitable[str]]
"""Stores a draft as the newest revision of a workspace's project; its id."""

Wait = Callable[[asyncio.Event, float], Awaitable[None]]
"""Waits for an event, but no longer than some seconds."""

Noted = Callable[[str], None]
"""Told what became of each save: "saved" or "failed"."""


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than ``seconds``."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@dataclass(slots=True, eq=False)
class _Desk:
    stage: Stage
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sooner: asyncio.Event = field(default_factory=asyncio.Event)
    looks_at_us: int = 0
    task: "asyncio.Task[None] | None" = None


class Autosave:
    """The desks that are owed to the store, by project."""

    def __init__(self, save: Save, clock: Clock, noted: Noted, wait: Wait = wait_for) -> None:
        self._save, self._clock, self._noted, self._wait = save, clock, noted, wait
        self._desks: dict[str, _Desk] = {}
        self._log = structlog.get_logger("server.autosave")

    def changed(self, stage: Stage) -> None:
        """A desk has changed: see to it that it is stored when it is due."""
        desk = self._desks.get(stage.project)
        if desk is None and stage.room.revisions.dirty:
            desk = self._desks[stage.project] = _Desk(stage)
            desk.task = asyncio.create_task(self._watch(desk), name=f"autosave {stage.project}")
        elif desk is not None:
            wake_at = stage.room.revisions.wake_at()
            if wake_at is not None and wake_at < desk.looks_at_us:
                desk.sooner.set()

    def pending(self, project: str) -> bool:
        """Whether a room of the project has changes that are not stored."""
        desk = self._desks.get(project)
        return desk is not None and desk.stage.room.revisions.dirty

    async def flush(self, project: str) -> None:
        """Store what is pending of a project, now."""
        desk = self._desks.get(project)
        if desk is not None:
            await self._store(desk, closing=True)

    def forget(self, project: str) -> None:
        """Drop what is pending: the project is being deleted."""
        desk = self._desks.pop(project, None)
        if desk is not None and desk.task is not None:
            desk.task.cancel()

    async def aclose(self) -> None:
        """Store everything that is pending and stop."""
        desks, self._desks = list(self._desks.values()), {}
        tasks = [desk.task for desk in desks if desk.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for desk in desks:
            await self._tried(desk, closing=True)

    async def _watch(self, desk: _Desk) -> None:
        """Store the desk whenever that is due, and leave once nothing is owed."""
        revisions = desk.stage.room.revisions
        while revisions.dirty:
            now_us, wake_at = self._clock.now_us(), revisions.wake_at()
            if wake_at is not None and wake_at > now_us:
                desk.looks_at_us = wake_at
                desk.sooner.clear()
                await self._wait(desk.sooner, (wake_at - now_us) / 1e6)
            elif not await self._tried(desk):
                break
        if self._desks.get(desk.stage.project) is desk:
            del self._desks[desk.stage.project]

    async def _tried(self, desk: _Desk, *, closing: bool = False) -> bool:
        """Store a desk as well as it can be done now; false when there is no such project any more."""
        try:
            await self._store(desk, closing=closing)
        except NotFound:
            return False
        except Exception as error:  # noqa: BLE001 - a full disk must end neither the task nor the farewell: all stays pending
            self._log.exception("autosave failed", project=desk.stage.project)
            desk.stage.sound(trouble_of(error))
        return True

    async def _store(self, desk: _Desk, *, closing: bool) -> None:
        async with desk.lock:
            stage = desk.stage
            draft = stage.room.due(self._clock.now_us(), closing=closing)
            if draft is None:
                return
            try:
                revision = await self._save(stage.workspace, stage.project, draft)
            except BaseException:
                stage.room.revisions.failed()
                self._noted("failed")
                raise
            stage.saved(revision)
            self._noted("saved")
