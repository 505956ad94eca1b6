"""A studio in which one project's room is open: edits pass through a real stage, no stream is played."""

from collections.abc import Sequence

from helpers.closed import ClosedStudio

from dsp.desk.mix import Mix
from server.seams import Edit
from server.visitor import Visitor
from streaming.desk.stage import Stage


class OneRoom(ClosedStudio):
    """A studio in which one project's room is open."""

    stage: Stage | None = None

    async def edit(self, project: str, author: Visitor, edits: Sequence[Edit], gesture: str | None) -> Mix | None:
        """Edit the room's desk."""
        assert self.stage
        self.stage.room.meet(author.id, "Ada")
        return self.stage.edit(author.id, [(edit.path, edit.value) for edit in edits], gesture)

    async def replace(self, project: str, author: Visitor, mix: Mix) -> bool:
        """Put another desk in the room."""
        assert self.stage
        self.stage.switch(mix, author.id)
        return True

    def kept(self, project: str, revision: str) -> None:
        """The room is told."""
        assert self.stage
        self.stage.kept(revision)
