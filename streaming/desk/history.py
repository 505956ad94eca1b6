"""Undo and redo of one author: gestures with the values before and after them.

A gesture is one step however many edits it had. Taking a step back is refused when a value is no longer what the step left
there, for then another's work would be lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue

from dsp.desk.mix import Mix, MixError
from streaming.desk.names import describe
from streaming.errors import Conflict, NothingToUndo

MAX_STEPS = 200
"""Gestures an author can take back: more than anybody remembers."""
MAX_WEIGHT = 20_000
"""Single values that an author's steps may hold (about 2 MB), so that clips and whole tracks cannot fill the memory."""

SWITCH = "Switch the mix"
"""What a switch is called."""
TRIM = "master/trim_db"
"""It makes two mixes equally loud while they are compared: no step holds it where a mix is switched."""

Change = tuple[str, JsonValue]
"""A path and its new value."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one path was and became."""

    path: str
    before: JsonValue
    after: JsonValue

    @property
    def weight(self) -> int:
        """How many single values it holds."""
        return _weight(self.before) + _weight(self.after)


@dataclass(slots=True, eq=False)
class Step:
    """One gesture: its entries in order, one for each path. ``switched`` holds the mixes of a switch, which replaces all at once.

    A path has several entries if a part, and what is in it, were changed in turns. Two steps that did the same are still two.
    """

    gesture: str | None
    entries: dict[tuple[str, int], Entry] = field(default_factory=dict)
    switched: tuple[Mix, Mix] | None = None
    weight: int = 0
    turns: dict[str, tuple[bool, int]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Take one more edit into the gesture."""
        part = "/".join(entry.path.split("/", 2)[:2])
        is_whole = entry.path == part
        was_whole, turn = self.turns.get(part, (is_whole, 0))
        turn += is_whole != was_whole
        self.turns[part] = is_whole, turn
        first = self.entries.get((entry.path, turn))
        merged = Entry(entry.path, first.before, entry.after) if first else entry
        self.entries[entry.path, turn] = merged
        self.weight += merged.weight - (first.weight if first else 0)

    @property
    def moved(self) -> list[Entry]:
        """The entries that changed anything in the end."""
        return [entry for entry in self.entries.values() if entry.before != entry.after]

    def name(self, mix: Mix) -> str:
        """Return what the step did, in words."""
        if self.switched:
            return SWITCH
        first, *rest = self.moved
        more = f" and {len(rest)} more" if rest else ""
        return describe(mix, first.path, first.before, first.after) + more


class History:
    """The steps of one author."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def record(self, gesture: str | None, entries: Iterable[Entry], switched: tuple[Mix, Mix] | None = None) -> None:
        """Remember edits: as part of the last step if that is the same gesture, else as a new one. Nothing can be redone then.

        Switches that follow each other are one step; one back to where the last step began leaves none.
        """
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last and switched and _leads_back(last, switched):
            del self._done[-1]
            return
        if last and switched and last.switched:
            last.switched = last.switched[0], switched[1]
        elif last is None or gesture is None or last.gesture != gesture or switched or last.weight > MAX_WEIGHT:
            self._done.append(Step(gesture, switched=switched))
        for entry in entries:
            self._done[-1].add(entry)
        self._forget()

    def undo(self, mix: Mix, gesture: str | None = None) -> tuple[Mix, list[Change]]:
        """Take back the last gesture, or the one that is named; answers the mix and what changed in it."""
        step = _find(self._done, gesture)
        done = _taken_back(mix, step)
        self._done.remove(step)
        self._undone.append(step)
        return done

    def redo(self, mix: Mix, gesture: str | None = None) -> tuple[Mix, list[Change]]:
        """Do again what was taken back last, or the gesture that is named."""
        step = _find(self._undone, gesture)
        done = _replaced(mix, step.moved, step.switched, back=False)
        self._undone.remove(step)
        self._done.append(step)
        return done

    def names(self, mix: Mix) -> tuple[str | None, str | None]:
        """Return what undo and redo would take back or do, in words; None where there is nothing."""
        return _last_name(self._done, mix), _last_name(self._undone, mix)

    def _forget(self) -> None:
        while len(self._done) > MAX_STEPS or (len(self._done) > 1 and sum(step.weight for step in self._done) > MAX_WEIGHT):
            del self._done[0]


def _find(steps: list[Step], gesture: str | None) -> Step:
    for step in reversed(steps):
        if step.moved and gesture in (None, step.gesture):
            return step
    raise NothingToUndo("there is no such gesture of yours" if gesture else "there is nothing left of yours")


def _last_name(steps: list[Step], mix: Mix) -> str | None:
    step = next((step for step in reversed(steps) if step.moved), None)
    return step.name(mix) if step else None


def _taken_back(mix: Mix, step: Step) -> tuple[Mix, list[Change]]:
    return _replaced(mix, [Entry(e.path, e.after, e.before) for e in reversed(step.moved)], step.switched, back=True)


def _leads_back(step: Step, switched: tuple[Mix, Mix]) -> bool:
    """Tell whether a switch ends, but for the trim, where the step began."""
    try:
        began, _ = _taken_back(switched[0], step)
    except Conflict:
        return False
    return began.set(TRIM, 0.0) == switched[1].set(TRIM, 0.0)


def _replaced(mix: Mix, entries: list[Entry], switched: tuple[Mix, Mix] | None, back: bool) -> tuple[Mix, list[Change]]:
    """Put ``after`` where ``before`` is, one after the other, everywhere or nowhere."""
    changes = [(entry.path, entry.after) for entry in entries]
    if switched and mix == switched[1 if back else 0]:
        return switched[0 if back else 1], changes
    new = mix
    for entry in entries:
        if not _holds(new, entry):
            raise Conflict(f"{describe(mix, entry.path, entry.before, entry.after)}: another has changed it since")
        new = _with(new, entry)
    return new, changes


def _holds(mix: Mix, entry: Entry) -> bool:
    try:
        return mix.get(entry.path) == entry.before
    except MixError:
        return False


def _with(mix: Mix, entry: Entry) -> Mix:
    try:
        return mix.set(entry.path, entry.after)
    except MixError as error:
        raise Conflict(f"the desk has changed too much since ({error})") from None


def _weight(value: JsonValue) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_weight, inner))
