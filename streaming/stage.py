"""One project while anybody is connected: its room and the streams that follow the room's desk.

An edit goes through the room, which orders it, and from there to every stream, each at its own splice frame.
"""

from collections.abc import Callable, Mapping, Sequence

from dsp.mix import Mix
from streaming import messages
from streaming.clock import Clock
from streaming.feed import Reason
from streaming.log import Edit
from streaming.player import Player
from streaming.room import Applied, Person, Room
from streaming.seats import Seat

Changed = Callable[["Stage", Applied], None]
"""Told after each change of the desk."""


class Stage:
    """A project's room, its players, and where the audio of its stems lies."""

    def __init__(self, workspace: str, project: str, mix: Mix, revision: str, clock: Clock, changed: Changed) -> None:
        self.workspace, self.project, self.revision = workspace, project, revision
        self.players: dict[str, Player] = {}
        self.paths: dict[str, str] = {}
        self.room = Room(mix, revision, self.paths.__contains__)
        self._clock, self._changed = clock, changed

    @property
    def seats(self) -> list[Seat]:
        """Everybody who listens to one of the project's streams."""
        return [seat for player in self.players.values() for seat in player.seats]

    def learn(self, assets: Mapping[str, str]) -> None:
        """The project has these stems (asset to path), more than before perhaps."""
        self.paths.update(assets)

    def name_of(self, person: str) -> str:
        """The name of somebody in the room."""
        return next((row["name"] for row in self.room.people if row["id"] == person), "Guest")

    def enter(self, person: Person) -> None:
        """Somebody has connected."""
        self.room.join(person)
        self._tell_people()

    def leave(self, person: Person) -> None:
        """One of somebody's connections has ended."""
        self.room.leave(person.id)
        self._tell_people()

    def edit(self, author: str, edits: Sequence[tuple[str, object]], gesture: str | None, edit_id: int | None = None) -> Mix:
        """Change places of the desk in order; raises :exc:`streaming.errors.EditRefused` at the first that cannot be."""
        for path, value in edits:
            self._carry(self.room.apply(author, path, value, gesture=gesture, edit_id=edit_id, now_us=self._clock.now_us()))
        return self.room.mix

    def undo(self, author: str, gesture: str | None) -> None:
        """Take back an author's last gesture, or the one that is named."""
        self._carry(self.room.undo(author, gesture, now_us=self._clock.now_us()))

    def redo(self, author: str, gesture: str | None) -> None:
        """Do again what was taken back."""
        self._carry(self.room.redo(author, gesture, now_us=self._clock.now_us()))

    def switch(self, mix: Mix, author: str, revision: str | None = None) -> None:
        """Put a whole mix on the desk."""
        self._carry(self.room.switch(mix, author, revision, now_us=self._clock.now_us()), "revision")

    def _carry(self, applied: Applied, reason: Reason = "edit") -> None:
        edits = [Edit(path, value, applied.by, applied.gesture or "", applied.edit_id) for path, value in applied.changes]
        for player in self.players.values():
            player.provide(applied.mix.assets, self.paths)
            player.apply(applied.mix, edits, reason)
        self._changed(self, applied)
        self._tell_history(applied.by)

    def _tell_history(self, author: str) -> None:
        text = None
        for seat in self.seats:
            if seat.person.id == author:
                text = text or self.room.history_of(author).to_json()
                seat.outlet.write_text(text)

    def _tell_people(self) -> None:
        message = messages.People(self.room.people)
        for player in self.players.values():
            player.broadcast(message)
