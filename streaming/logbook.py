"""A stream's log as a list of JSON rows, for stores that keep rows: the mixes it refers to come before their first use."""

from collections.abc import Iterable
from typing import Any

from dsp.mix import Mix
from streaming.log import Entry, Log


def rows(log: Log) -> list[dict[str, Any]]:
    """The log in rows: ``{"mix", "document"}`` for a mix, else an entry."""
    told: set[str] = set()
    written: list[dict[str, Any]] = []
    for entry in log.entries:
        if entry.mix is not None and entry.mix not in told:
            told.add(entry.mix)
            written.append({"mix": entry.mix, "document": log.documents[entry.mix].document()})
        written.append(entry.to_json())
    return written


def read(written: Iterable[dict[str, Any]]) -> Log:
    """The log that :func:`rows` wrote."""
    given = list(written)
    log = Log(len(given))
    for row in given:
        if "document" in row:
            log.documents[row["mix"]] = Mix.parse(row["document"])
        else:
            log.entries.append(Entry.from_json(row))
    return log
