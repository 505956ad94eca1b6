"""The open desks, by project: opened with the newest revision, kept in the know about the project's stems."""

from dataclasses import dataclass

import structlog

from server import desks
from server.autosave import Autosave
from server.memory import Remembered
from server.visitor import Visitor
from storage import mixes, stems
from storage.blobs import LocalBlobs
from storage.database import Database
from streaming.desk.stage import Stage
from streaming.errors import EditRefused
from streaming.live.clock import Clock


@dataclass(frozen=True, slots=True)
class Stages:
    """``open`` are those there are; ``least_us`` is the least time between two revisions that autosave makes."""

    open: dict[str, Stage]
    database: Database
    blobs: LocalBlobs
    clock: Clock
    autosave: Autosave
    least_us: int

    async def met(self, project: str, author: Visitor) -> Stage | None:
        """The project's stage, if it is open, which has heard of the author and of all stems."""
        stage = self.open.get(project)
        if stage is not None:
            await self._learn(stage)
            stage.room.meet(author.person, author.workspace.name)
        return stage

    async def get(self, workspace: str, project: str) -> Stage:
        """The project's stage, opened if it is not."""
        stage = self.open.get(project)
        if stage is None:
            async with self.database.read() as db:
                head = await mixes.head(db, workspace, project)
            mix, changed = desks.mix_of(head), self.autosave.changed
            stage = Stage(workspace, project, mix, head.id, self.clock, changed, self.least_us)
            await self._learn(stage)
            self.open[project] = stage
        return stage

    def restore(self, stage: Stage, visitor: Visitor, left: Remembered) -> None:
        """Make the desk of a stage just opened what a stream's log says, where that is newer than the newest revision."""
        timeline = left.past.timeline
        if timeline is None or stage.revision != left.revision or timeline.mix == stage.room.mix:
            return
        stage.room.meet(visitor.person, visitor.workspace.name)
        try:
            stage.switch(timeline.mix, visitor.person)
        except EditRefused as refused:
            structlog.get_logger("server.stages").warning("a desk could not be restored", why=refused.sentence)

    async def _learn(self, stage: Stage) -> None:
        """Let a stage know of the project's stems, whether their audio is there or lost."""
        async with self.database.read() as db:
            assets = await stems.assets(db, stage.workspace, stage.project)
        stage.learn({asset: self.blobs.address(asset) for asset in assets if asset not in stage.paths})
