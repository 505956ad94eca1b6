"""One project while anybody is connected: its room and the streams that follow the room's desk.

An edit goes through the room, which orders it, and from there to every stream, each at its own splice frame.
"""

from collections.abc import Callable, Mapping, Sequence

from dsp.desk.mix import Mix
from streaming.desk.revisions import LEAST_US
from streaming.desk.room import Applied, Person, Room
from streaming.listening.seats import Seat
from streaming.live.clock import Clock
from streaming.live.feed import Reason
from streaming.live.player import Player
from streaming.protocol import messages

Changed = Callable[["Stage"], None]
"""Told after each change of the desk."""


class Stage:
    """A project's room, its players, and where the audio of its stems lies."""

    def __init__(
        self, workspace: str, project: str, mix: Mix, revision: str, clock: Clock, changed: Changed, least_us: int = LEAST_US
    ) -> None:
        self.workspace, self.project = workspace, project
        self.players: dict[str, Player] = {}
        self.paths: dict[str, str] = {}
        self.room = Room(mix, revision, self.paths.__contains__, least_us)
        self._clock, self._changed = clock, changed
        self._gestures: dict[str, str | None] = {}
        self._histories: dict[str, str] = {}

    @property
    def revision(self) -> str:
        """The stored revision that the desk follows."""
        return self.room.revisions.revision

    @property
    def seats(self) -> list[Seat]:
        """Everybody who listens to one of the project's streams."""
        return [seat for player in self.players.values() for seat in player.seats]

    def learn(self, assets: Mapping[str, str]) -> None:
        """The project has these stems (asset to path), more than before perhaps."""
        self.paths.update(assets)

    def enter(self, person: Person) -> None:
        """Somebody has connected."""
        self.room.join(person)
        self._tell_people()

    def greet(self, person: Person) -> None:
        """Tell somebody, who has a new seat, what undo and redo would do."""
        self._histories.pop(person.id, None)
        self._tell_history(person.id, self._gestures.get(person.id))

    def leave(self, person: Person) -> None:
        """One of somebody's connections has ended."""
        self.room.leave(person.id)
        if all(row["id"] != person.id for row in self.room.people):
            self._gestures.pop(person.id, None)
            self._histories.pop(person.id, None)
        self._tell_people()

    def edit(self, author: str, edits: Sequence[tuple[str, object]], gesture: str | None, edit_id: int | None = None) -> Mix:
        """Change places of the desk, in order; raises :exc:`streaming.errors.EditRefused` and changes none if one cannot be."""
        self._carry(self.room.apply(author, edits, gesture=gesture, edit_id=edit_id, now_us=self._clock.now_us()))
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

    def saved(self, revision: str) -> None:
        """What was due of the desk is stored as this revision. The hands have rested: histories get their last words."""
        before = self.revision
        self.room.revisions.saved(revision)
        self._tell_revision(before)
        for author in list(self._histories):
            self._tell_history(author, self._gestures.get(author))

    def kept(self, revision: str) -> None:
        """Somebody has kept the desk under a name, as this revision."""
        before = self.revision
        self.room.revisions.follow(revision)
        self._tell_revision(before)

    def _carry(self, applied: Applied, reason: Reason = "edit") -> None:
        edits = applied.edits
        for player in self.players.values():
            player.provide(applied.mix.assets, self.paths)
            player.apply(applied.mix, edits, reason)
        self._changed(self)
        # Every edit of a drag would change the words: its author gets them when it begins, and when it rests.
        if applied.gesture is None or self._gestures.get(applied.by) != applied.gesture:
            self._tell_history(applied.by, applied.gesture)

    def _tell_revision(self, before: str) -> None:
        if self.revision != before:
            for player in self.players.values():
                player.tell_state()

    def _tell_history(self, author: str, gesture: str | None) -> None:
        """Tell an author, if he listens, what undo and redo would do, unless it is what he was told last."""
        seats = [seat for seat in self.seats if seat.person.id == author]
        if not seats:
            return
        self._gestures[author] = gesture
        text = self.room.history_of(author).to_json()
        if self._histories.get(author) != text:
            self._histories[author] = text
            for seat in seats:
                seat.outlet.write_text(text)

    def _tell_people(self) -> None:
        message = messages.People(self.room.people)
        for player in self.players.values():
            player.broadcast(message)
