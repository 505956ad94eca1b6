"""The people on a project and the desk they share: edits in order, roles, presence, undo, and what must be saved.

It does no I/O and knows no stream: the caller carries what was :class:`Applied` to the project's streams, which tell their
listeners when it is heard.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from dsp.desk.mix import InvalidValue, Mix, UnknownPath
from streaming.desk.history import SWITCH, TRIM, Change, Entry, History
from streaming.desk.presence import Person, Presence
from streaming.desk.revisions import LEAST_US, Draft, Revisions
from streaming.errors import InvalidEdit, NotController
from streaming.live.log import Edit
from streaming.protocol.messages import History as HistoryMessage
from streaming.protocol.messages import PersonRow

MAX_AUTHORS = 32
"""Histories that a room keeps; the one not used for longest goes first."""
MAX_NAMES = 256
"""Names of people, here or gone, that a room remembers; the one heard of first goes first."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an edit, undo, redo or switch did: ``changes`` hold the values as they are now in ``mix``."""

    before: Mix
    mix: Mix
    changes: tuple[Change, ...]
    by: str
    gesture: str | None = None
    edit_id: int | None = None

    @property
    def edits(self) -> list[Edit]:
        """What the streams log, and tell their listeners when it is heard."""
        return [Edit(path, value, self.by, self.gesture or "", self.edit_id) for path, value in self.changes]


class Room:
    """One project's desk while anybody is connected. ``has_asset`` says whether the project may play an asset."""

    def __init__(self, mix: Mix, revision: str, has_asset: Callable[[str], bool], least_us: int = LEAST_US) -> None:
        self.mix = mix
        self.revisions = Revisions(revision, least_us)
        self._has_asset = has_asset
        self.presence = Presence()
        self._histories: OrderedDict[str, History] = OrderedDict()
        self._lanes = {track.lane for track in mix.tracks}
        self._group_lanes = {group.lane for group in mix.groups}
        self._latest = ("", "")
        self._names: dict[str, str] = {}

    def join(self, person: Person) -> None:
        """Somebody has come, or has opened one more connection (with the role of the newest)."""
        self.presence.join(person)
        self.meet(person.id, person.name)

    def meet(self, identity: str, name: str) -> None:
        """Remember how somebody is called, for what he does here and for when he has left."""
        self._names[identity] = name
        if len(self._names) > MAX_NAMES:
            del self._names[next(iter(self._names))]

    def leave(self, identity: str) -> None:
        """One of somebody's connections has ended."""
        self.presence.leave(identity)

    @property
    def people(self) -> list[PersonRow]:
        """Who is here, in the order of coming."""
        return self.presence.rows

    def check_role(self, identity: str) -> None:
        """Raise :exc:`NotController` for a listener. Who is not here edits over HTTP, and his rights were checked there."""
        if self.presence.role(identity) not in (None, "controller"):
            raise NotController("you may listen here, not mix")

    def apply(
        self, author: str, edits: Sequence[tuple[str, object]], *, gesture: str | None = None, edit_id: int | None = None,
        now_us: int,
    ) -> Applied:  # fmt: skip
        """Change places of the desk, in order and all of them, or raise :exc:`EditRefused` and change none.

        Edits that come together, or in one gesture, become one step of undo.
        """
        self.check_role(author)
        before = after = self.mix
        entries = []
        for path, value in edits:
            after, entry = self._set(after, path, value)
            entries.append(entry)
        if after is not before:
            self._check_assets(after)
            self._history(author).record(gesture, entries)
        changes = tuple((entry.path, entry.after) for entry in entries)
        return self._put(Applied(before, after, changes, author, gesture, edit_id), now_us)

    def undo(self, author: str, gesture: str | None = None, *, now_us: int) -> Applied:
        """Take back the author's last gesture, or the one that is named."""
        self.check_role(author)
        mix, changes = self._history(author).undo(self.mix, gesture)
        return self._put(Applied(self.mix, mix, tuple(changes), author), now_us, "Undo")

    def redo(self, author: str, gesture: str | None = None, *, now_us: int) -> Applied:
        """Do again what the author took back last, or the gesture that is named."""
        self.check_role(author)
        mix, changes = self._history(author).redo(self.mix, gesture)
        return self._put(Applied(self.mix, mix, tuple(changes), author), now_us)

    def switch(self, mix: Mix, author: str, revision: str | None = None, *, now_us: int) -> Applied:
        """Put a whole mix on the desk (A/B, preset, import) as one step of undo; ``revision`` names it if it is a stored one."""
        self.check_role(author)
        before = self.mix
        for kind in ("tracks", "groups"):
            lanes = {part.id: part.lane for part in getattr(before, kind)}
            if any(lanes.get(part.id, part.lane) != part.lane for part in getattr(mix, kind)):
                raise InvalidEdit(f"{kind}: a {kind.removesuffix('s')} keeps its lane for life")
        self._check_assets(mix)
        entries = [Entry(path, before.get(path), mix.get(path)) for path in differences(before, mix)]
        steps = [entry for entry in entries if entry.path != TRIM]
        if steps:
            self._history(author).record(None, steps, (before, mix))
        changes = tuple((entry.path, entry.after) for entry in entries)
        applied = self._put(Applied(before, mix, changes, author), now_us, SWITCH)
        if revision is not None:
            self.revisions.follow(revision)
        return applied

    def history_of(self, author: str) -> HistoryMessage:
        """Return what undo and redo would do for an author, in words."""
        return HistoryMessage(*self._history(author).names(self.mix))

    def due(self, now_us: int, *, closing: bool = False) -> Draft | None:
        """Return the revision that must be stored now, if any (see :class:`Revisions`)."""
        draft = self.revisions.due(self._change(), now_us, closing) if self.revisions.dirty else None
        return replace(draft, author=self._names.get(draft.author, "")) if draft else None

    def _put(self, applied: Applied, now_us: int, verb: str = "") -> Applied:
        if applied.mix is not applied.before:
            self.mix = applied.mix
            self._lanes.update(track.lane for track in applied.mix.tracks)
            self._group_lanes.update(group.lane for group in applied.mix.groups)
            self._latest = applied.by, verb
            self.revisions.edited(self.mix, applied.by, applied.gesture, now_us)
        return applied

    def _change(self) -> str:
        """Return in words what the latest edit did."""
        author, verb = self._latest
        if verb == SWITCH:
            return verb
        done, undone = self._history(author).names(self.mix)
        return f"{verb} {undone}" if verb else done or "Edit"

    def _set(self, mix: Mix, path: str, value: object) -> tuple[Mix, Entry]:
        try:
            was = mix.get(path)
            after = mix.set(path, self._with_lane(mix, path, value, was))
        except UnknownPath as error:
            raise InvalidEdit(str(error), "unknown_path") from None
        except InvalidValue as error:
            raise InvalidEdit(str(error)) from None
        return after, Entry(path, was, after.get(path))

    def _with_lane(self, mix: Mix, path: str, value: object, was: JsonValue) -> object:
        """Give a new track or group a lane that none had since the room opened, so that a removed one can come back."""
        kind, _, identity = path.partition("/")
        if was is None and isinstance(value, dict) and "/" not in identity and "lane" not in value:
            if kind == "tracks":
                return {"lane": mix.free_lane(self._lanes), **value}
            if kind == "groups":
                return {"lane": mix.free_group(self._group_lanes), **value}
        return value

    def _check_assets(self, mix: Mix) -> None:
        if any(not self._has_asset(asset) for asset in mix.assets - self.mix.assets):
            raise InvalidEdit("a clip plays a stem that is not in this project", "asset_missing")

    def _history(self, author: str) -> History:
        history = self._histories.setdefault(author, History())
        self._histories.move_to_end(author)
        if len(self._histories) > MAX_AUTHORS:
            self._histories.popitem(last=False)
        return history


def differences(before: Mix, after: Mix) -> list[str]:
    """Return the paths that lead from one mix to the other, in an order in which each step is a valid mix.

    Where tracks move between groups that share a lane there is no such order; the mixes themselves still say what happened.
    """
    gone = [path for kind in ("tracks", "effects") for path in _paths(before, kind) if after.get(path) is None]
    in_use = {f"groups/{track.group}" for track in before.tracks if f"tracks/{track.id}" not in gone}
    gone += [path for path in _paths(before, "groups") if after.get(path) is None and path not in in_use]
    kept = [path for kind in ("groups", "tracks", "effects") for path in _paths(after, kind)]
    dropped = _paths(before, "groups")
    master = [f"master/{name}" for name in sorted({*before.master.params, *after.master.params})]
    automation = [f"automation/{path}" for path in sorted({*before.automation, *after.automation})]
    paths = dict.fromkeys([*gone, *kept, *dropped, "tempo_map", "markers", "sections", *master, *automation])
    return [path for path in paths if before.get(path) != after.get(path)]


def _paths(mix: Mix, kind: str) -> list[str]:
    return [f"{kind}/{part.id}" for part in getattr(mix, kind)]
