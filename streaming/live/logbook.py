"""A stream's log as JSON rows, for stores that keep rows and for bounces.

Entries are numbered from the stream's beginning, so that a store can follow a log that has dropped its oldest runs. Every run
tells the mixes it refers to, before their first use in it: it can be kept or dropped by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dsp.desk.mix import Mix
from streaming.live.log import Entry, Log

Row = dict[str, Any]
"""``{"mix", "document"}`` for a mix, else an entry."""


@dataclass(slots=True)
class Page:
    """The rows of the entries ``first`` to before ``stop``, which belong to one run."""

    first: int
    stop: int
    rows: list[Row] = field(default_factory=list)


def total(log: Log) -> int:
    """How many entries a log has had so far: the number of the next one."""
    return log.dropped + len(log.entries)


def pages(log: Log, since: int = 0) -> list[Page]:
    """The log from entry ``since`` on, as far as it is kept, a page for each run (or for what is new of it)."""
    begin = max(0, since - log.dropped)
    told: set[str] = set()
    found: list[Page] = []
    for index in range(_start_of_run(log, begin), len(log.entries)):
        entry = log.entries[index]
        if entry.kind == "start":
            told = set()
        if index >= begin:
            if not found or entry.kind == "start":
                found.append(Page(log.dropped + index, log.dropped + index))
            found[-1].rows += _rows(log, entry, told)
            found[-1].stop += 1
        elif entry.mix is not None:
            told.add(entry.mix)
    return found


def rows(log: Log) -> list[Row]:
    """All of a log that is kept, in rows."""
    return [row for page in pages(log) for row in page.rows]


def read(written: Iterable[Row]) -> Log:
    """The log that :func:`rows` wrote."""
    given = list(written)
    log = Log(len(given))
    for row in given:
        if "document" in row:
            log.documents[row["mix"]] = Mix.parse(row["document"])
        else:
            log.entries.append(Entry.from_json(row))
    return log


def _rows(log: Log, entry: Entry, told: set[str]) -> list[Row]:
    if entry.mix is None or entry.mix in told:
        return [entry.to_json()]
    told.add(entry.mix)
    return [{"mix": entry.mix, "document": log.documents[entry.mix].document()}, entry.to_json()]


def _start_of_run(log: Log, index: int) -> int:
    while 0 < index < len(log.entries) and log.entries[index].kind != "start":
        index -= 1
    return index
