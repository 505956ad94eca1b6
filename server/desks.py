"""The desk of a project as HTTP sees it: edits pass through the room when one is open, and go to the store when none is.

Either way a change ends as a revision. ``expected`` (from ``If-Match``) is the revision that the change was based on.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence

from config.settings import Settings
from dsp.desk.mix import Mix
from server.context import Context, new_id, wall_ms
from server.errors import ASSET_MISSING, CONFLICT, INVALID, Fault, Problem
from server.seams import Edit
from server.visitor import Visitor
from storage import mixes, stems
from storage.database import Database
from storage.errors import NotFound, Stale
from storage.mixes import Draft, Keep
from storage.rows import Revision
from streaming.desk import revisions
from streaming.errors import EditRefused

ANONYMOUS = "Guest"
"""The author of a revision whose name nobody remembers."""

TRIES = 5
"""How often a room whose hands are moving is saved, in order to compare it with ``If-Match``."""


async def current(context: Context, visitor: Visitor, project: str) -> Revision:
    """The newest revision; what an open room has not yet saved is saved first."""
    await context.autosave.flush(project)
    async with context.database.read() as db:
        return await mixes.head(db, visitor.id, project)


async def chosen(context: Context, visitor: Visitor, project: str, asked: str | None) -> str:
    """The id of the revision that was asked for: the newest, if none was. Raises a ``Problem``."""
    if asked is None:
        return (await current(context, visitor, project)).id
    async with context.database.read() as db:
        try:
            return (await mixes.get(db, visitor.id, project, asked)).id
        except NotFound:
            fault = Fault("revision", "there is none of this id")
            raise Problem(INVALID, "The project has no such revision.", (fault,)) from None


async def edit(
    context: Context, visitor: Visitor, project: str, edits: Sequence[Edit], gesture: str | None, expected: str | None
) -> Revision:
    """Apply edits, all or none. Raises ``UnknownPath``, ``InvalidValue``, ``Stale`` or a ``Problem``."""
    head = await _settled(context, visitor, project, expected)
    mix = applied(mix_of(head), edits)
    await require_assets(context, visitor, project, mix)
    with _answering():
        through_room = await context.studio.edit(project, visitor, edits, gesture) is not None
    if through_room:
        return await current(context, visitor, project)
    return await _append(context, visitor, project, head.id if expected else None, edits=edits)


async def replace(context: Context, visitor: Visitor, project: str, mix: Mix, expected: str) -> Revision:
    """Put a whole document in place of the desk."""
    await _settled(context, visitor, project, expected)
    await require_assets(context, visitor, project, mix)
    with _answering():
        through_room = await context.studio.replace(project, visitor, mix)
    if through_room:
        return await current(context, visitor, project)
    return await _append(context, visitor, project, expected, mix=mix)


async def keep(context: Context, visitor: Visitor, project: str, name: str) -> Revision:
    """Store the desk as it is under a name."""
    head = await current(context, visitor, project)
    kept = await _append(context, visitor, project, None, mix=mix_of(head), name=name)
    context.studio.kept(project, kept.id)
    return kept


def mix_of(revision: Revision) -> Mix:
    """A stored document as a mix."""
    return Mix.parse(json.loads(revision.document))


def draft(mix: Mix, author: str, name: str | None = None, change: str | None = None) -> Draft:
    """A mix ready to be stored."""
    document = json.dumps(mix.document(), separators=(",", ":"))
    return Draft(new_id("r"), document, mix.content_hash(), mix.end, len(mix.tracks), author, name, change)


def keeping(settings: Settings) -> Keep:
    """How many revisions the settings let a project keep."""
    return Keep(settings.revisions_per_project, settings.named_per_project)


async def save(database: Database, settings: Settings, workspace: str, project: str, due: revisions.Draft) -> str:
    """Store a room's mix on top of whatever is the newest revision (see ``server/autosave.py``); the id of what it is now."""
    made = draft(due.mix, due.author or ANONYMOUS, change=due.change)
    async with database.write() as db:
        head = await mixes.head(db, workspace, project, lock=True)
        return (await mixes.append(db, workspace, project, made, head.id, wall_ms(), keeping(settings))).id


def applied(mix: Mix, edits: Sequence[Edit]) -> Mix:
    """The mix after the edits."""
    for change in edits:
        mix = mix.set(change.path, change.value)
    return mix


async def require_assets(context: Context, visitor: Visitor, project: str, mix: Mix) -> None:
    """Refuse a mix that plays anything but the project's own stems: a hash must not open another workspace's audio."""
    async with context.database.read() as db:
        missing = sorted(mix.assets - await stems.assets(db, visitor.id, project))
    if missing:
        faults = tuple(Fault("tracks", f"the project has no stem of asset {asset}") for asset in missing[:8])
        raise Problem(ASSET_MISSING, "A clip plays audio that is not among the project's stems.", faults)


async def _settled(context: Context, visitor: Visitor, project: str, expected: str | None) -> Revision:
    head = await current(context, visitor, project)
    for _ in range(TRIES):
        if expected is None or not context.autosave.pending(project):
            break
        head = await current(context, visitor, project)
    if expected is not None and head.id != expected:
        raise Stale(head.id)
    return head


async def _append(
    context: Context, visitor: Visitor, project: str, expected: str | None, *,
    edits: Sequence[Edit] = (), mix: Mix | None = None, name: str | None = None,
) -> Revision:  # fmt: skip
    async with context.database.write() as db:
        head = await mixes.head(db, visitor.id, project, lock=True)
        if expected is not None and head.id != expected:
            raise Stale(head.id)
        after = applied(mix or mix_of(head), edits)
        stored = draft(after, visitor.workspace.name, name)
        return await mixes.append(db, visitor.id, project, stored, head.id, context.wall_ms(), keeping(context.settings))


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """What a room refuses is a conflict."""
    try:
        yield
    except EditRefused as refused:
        raise Problem(CONFLICT, f"{refused.sentence[:1].upper()}{refused.sentence[1:]}.") from None
