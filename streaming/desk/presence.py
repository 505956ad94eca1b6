"""Who is in a room: names, roles and colours, who has come and gone, and when everybody is told of it.

A room that fills up would tell everybody of everybody: so it tells at most once in a while, and what happened meanwhile is told
together. It does no I/O; whoever owns it asks :meth:`Presence.due` after each change and now and then.
"""

from dataclasses import dataclass, replace

from streaming.protocol.messages import NamedPerson, People, PersonRow, Role

MAX_SHOWN = 64
"""Rows of people that are told; beyond it only their number is."""
MAX_TOLD = 16
"""Of so many who came or went it is told at a time."""
COLOURS = 8
"""Hues that people are told apart by; the first that nobody here has is given."""
EVERY_US = 1_000_000
"""The least time between two messages to everybody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the room. The ``id`` is the same on all his connections, and across reloads, so that undo is."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class _Here:
    person: Person
    colour: int
    connections: int


class Presence:
    """The people of one room, in the order of coming."""

    def __init__(self) -> None:
        self._here: dict[str, _Here] = {}
        self._joined: list[NamedPerson] = []
        self._left: list[NamedPerson] = []
        self._changed = False
        self._next_us = 0

    def join(self, person: Person) -> None:
        """Somebody has come, or has opened one more connection (with the name and role of the newest)."""
        before = self._here.get(person.id)
        if before is None:
            self._here[person.id] = _Here(person, self._free_colour(), 1)
            _note(self._joined, person)
        else:
            self._here[person.id] = replace(before, person=person, connections=before.connections + 1)
        self._changed = self._changed or before is None or before.person != person

    def leave(self, identity: str) -> None:
        """One of somebody's connections has ended."""
        here = self._here[identity]
        if here.connections > 1:
            self._here[identity] = replace(here, connections=here.connections - 1)
            return
        del self._here[identity]
        _note(self._left, here.person)
        self._changed = True

    def rename(self, identity: str, name: str) -> None:
        """Somebody, who may be here, is called otherwise now."""
        here = self._here.get(identity)
        if here is not None and here.person.name != name:
            self._here[identity] = replace(here, person=replace(here.person, name=name))
            self._changed = True

    def role(self, identity: str) -> Role | None:
        """The role of somebody who is here."""
        here = self._here.get(identity)
        return here.person.role if here else None

    @property
    def rows(self) -> list[PersonRow]:
        """Everybody, in the order of coming."""
        people = ((here.person, here.colour) for here in self._here.values())
        return [{"id": person.id, "name": person.name, "role": person.role, "colour": colour} for person, colour in people]

    def now(self) -> People:
        """What somebody who has just come is told."""
        return People(self.rows[:MAX_SHOWN], len(self._here), [], [])

    def due(self, now_us: int) -> People | None:
        """What everybody is to be told now, if there is news and it is time."""
        if not self._changed or now_us < self._next_us:
            return None
        told = replace(self.now(), joined=self._joined, left=self._left)
        self._joined, self._left, self._changed = [], [], False
        self._next_us = now_us + EVERY_US
        return told

    def _free_colour(self) -> int:
        taken = {here.colour for here in self._here.values()}
        return next((colour for colour in range(COLOURS) if colour not in taken), len(self._here) % COLOURS)


def _note(told: list[NamedPerson], person: Person) -> None:
    if len(told) < MAX_TOLD:
        told.append({"id": person.id, "name": person.name})
