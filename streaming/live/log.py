"""The event log of a stream: everything that made it sound as it did, in order, so that it can be rendered again bit for bit.

``Entry.frame`` is the stream frame from which an entry is heard (frames never decrease); its events and segments take effect
LATENCY process frames later. Entries of one ``splice`` were committed together. The log is bounded: the oldest runs go first, and
what a single run adds beyond the bound is not kept, so that run can be replayed up to ``Run.stop`` only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any, Literal

from pydantic import JsonValue

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix, MixError
from dsp.desk.params import CLASSES
from dsp.grid import LATENCY
from streaming.live.timeline import Loop, SourceOf, Timeline
from streaming.render.job import NEVER

MAX_MIXES = 1_000
"""Entries of a log that may refer to a whole mix, for one may be large; beyond it the log is full."""

MAX_LATE = 500
"""Late reports that a log keeps, for listeners may report what they like."""

Kind = Literal["start", "edit", "switch", "jump", "loop", "pause", "resume", "stop", "end", "late"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the desk, by whom, in which gesture; ``edit_id`` is the author's own number for it."""

    path: str
    value: JsonValue
    author: str
    gesture: str = ""
    edit_id: int | None = None


_PAIRS = ("loop", "span")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; what its kind does not need is None.

    A ``late`` one says that listener ``author`` heard something else from frame ``span[0]`` to before ``span[1]``.
    """

    kind: Kind
    frame: int
    splice: int = 0
    position: int | None = None
    loop: Loop | None = None
    span: Loop | None = None
    mix: str | None = None
    tracks: int | None = None
    path: str | None = None
    value: JsonValue = None
    author: str | None = None
    gesture: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as a JSON object without what is None."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if name in _PAIRS else value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Entry":
        """Read what :meth:`to_json` wrote."""
        fitting: dict[str, Any] = {name: tuple(value) if name in _PAIRS else value for name, value in values.items()}
        return cls(**fitting)


@dataclass(frozen=True, slots=True)
class Run:
    """Stream frames ``start`` to ``stop`` come from one fresh state and this timeline; NEVER if the run goes on."""

    timeline: Timeline
    start: int
    stop: int


class Log:
    """An append-only log, and the mixes it refers to by their hash. ``dropped`` entries came before the first that is kept."""

    def __init__(self, limit: int) -> None:
        self.entries: list[Entry] = []
        self.documents: dict[str, Mix] = {}
        self.dropped = 0
        self._limit = limit
        self._full = False
        self._mixes = self._late = 0

    def append(self, entry: Entry) -> None:
        """Add an entry; a start makes room by dropping old runs, anything else beyond the limit cuts the run short."""
        if entry.kind == "start":
            self._full = False
            while len(self.entries) > self._limit // 2 or self._mixes > MAX_MIXES // 2:
                self._drop_run()
        if self._full:
            return
        if len(self.entries) >= self._limit or (entry.mix is not None and self._mixes >= MAX_MIXES):
            self._full = True
            entry = Entry("stop", entry.frame)
        self._mixes += entry.mix is not None
        self.entries.append(entry)

    def append_document(self, entry: Entry, mix: Mix) -> None:
        """Add an entry that refers to a whole mix."""
        key = mix.content_hash()
        self.append(replace(entry, mix=key))
        if any(kept.mix == key for kept in self.entries[-1:]):
            self.documents[key] = mix

    def edit(self, frame: int, splice: int, before: Mix, after: Mix, edits: Iterable[Edit]) -> None:
        """Note what led from one mix to the next: the edits, or the whole mix if they do not explain it."""
        edits = list(edits)
        if _explains(edits, before, after):
            for edit in edits:
                line = Entry("edit", frame, splice, path=edit.path, value=edit.value, author=edit.author, gesture=edit.gesture)
                self.append(line)
        else:
            author = edits[-1].author if edits else None
            self.append_document(Entry("switch", frame, splice, author=author), after)

    def miss(self, listener: str, frame: int, span: Loop) -> None:
        """Note, at ``frame``, a span in which a listener heard something else; up to a bound, and never at the log's cost."""
        if self.entries and self._late < MAX_LATE and len(self.entries) + 1 < self._limit:
            self._late += 1
            self.append(Entry("late", frame, span=span, author=listener))

    def to_json(self) -> dict[str, Any]:
        """Return the log as a JSON object that stands for itself: class of the engine, entries and documents."""
        documents = {key: mix.document() for key, mix in self.documents.items()}
        tracks = next((entry.tracks for entry in self.entries if entry.tracks), None)
        return {"schema": 1, "tracks": tracks, "entries": [entry.to_json() for entry in self.entries], "documents": documents}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Log":
        """Read what :meth:`to_json` wrote."""
        entries = [Entry.from_json(entry) for entry in values["entries"]]
        log = cls(len(entries))
        log.entries = entries
        log.documents = {key: Mix.parse(mix) for key, mix in values["documents"].items()}
        return log

    def _drop_run(self) -> None:
        starts = [index for index, entry in enumerate(self.entries) if entry.kind == "start"]
        first = starts[1] if len(starts) > 1 else len(self.entries)
        self.dropped += first
        self.entries = self.entries[first:]
        self._mixes = sum(entry.mix is not None for entry in self.entries)
        self._late = sum(entry.kind == "late" for entry in self.entries)
        named = {entry.mix for entry in self.entries}
        self.documents = {key: mix for key, mix in self.documents.items() if key in named}


def replay(log: Log, source_of: SourceOf) -> list[Run]:
    """Build the runs of a log again, with the same calls as the stream that wrote it.

    All are for one engine: of the widest class that any mix of the log needs, for that sounds like those that grew to it.
    """
    runs = [_run(entries, log.documents, source_of) for entries in _runs(log.entries)]
    widest = max((run.timeline.tracks for run in runs), default=CLASSES[0])
    for run in runs:
        run.timeline.widen(widest)
    return runs


def _runs(entries: list[Entry]) -> Iterator[list[Entry]]:
    run: list[Entry] = []
    for entry in entries:
        if entry.kind == "start" and run:
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _run(entries: list[Entry], documents: dict[str, Mix], source_of: SourceOf) -> Run:
    first = entries[0]
    mix = documents[first.mix or ""]
    timeline = Timeline(mix, tracks_class(mix), source_of, first.frame, first.position or 0, first.loop)
    stop = next((entry.frame for entry in entries if entry.kind in ("stop", "end")), NEVER)
    commits = [entry for entry in entries if entry.kind in ("edit", "switch", "jump", "loop")]
    for _, commit in groupby(commits, key=lambda entry: entry.splice):
        mix = _commit(timeline, list(commit), mix, documents)
    return Run(timeline, first.frame, stop)


def _commit(timeline: Timeline, entries: list[Entry], mix: Mix, documents: dict[str, Mix]) -> Mix:
    frame = entries[0].frame + LATENCY
    before = mix
    for entry in entries:
        if entry.kind == "edit":
            mix = mix.set(entry.path or "", entry.value)
        elif entry.kind == "switch":
            mix = documents[entry.mix or ""]
    if mix is not before:
        timeline.widen(tracks_class(mix))
        timeline.edit(frame, mix)
    for entry in entries:
        if entry.kind == "jump":
            timeline.jump(frame, entry.position or 0)
        elif entry.kind == "loop":
            timeline.set_loop(frame, entry.loop)
    return mix


def _explains(edits: list[Edit], before: Mix, after: Mix) -> bool:
    mix = before
    try:
        for edit in edits:
            mix = mix.set(edit.path, edit.value)
    except MixError:
        return False
    return mix == after
