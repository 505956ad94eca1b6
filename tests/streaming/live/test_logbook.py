"""Logs as rows: numbered from the stream's beginning, run by run, whatever the log has dropped meanwhile."""

from helpers.mixes import desk
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.mix import Mix
from streaming.live.log import MAX_MIXES, Entry, Log
from streaming.live.logbook import pages, read, rows, total

MIXES = [desk(1).set("master/fader_db", -n) for n in range(4)]


def write(log: Log, kind: str, mix: Mix, frame: int) -> None:
    """Add an entry of some kind."""
    if kind in ("start", "switch"):
        log.append_document(Entry(kind, frame, frame), mix)  # type: ignore[arg-type]
    else:
        log.append(Entry("edit", frame, frame, path="master/fader_db", value=-1.0, author="ada", gesture="g"))


lines = st.lists(st.tuples(st.sampled_from(["start", "switch", "edit", "edit"]), st.sampled_from(MIXES)), max_size=60)


@given(lines, st.integers(4, 40), st.sets(st.integers(0, 60)))
def test_a_store_that_follows_holds_what_the_log_holds(steps: list[tuple[str, Mix]], limit: int, stores: set[int]) -> None:
    """Asked for what is new now and then, and told what to drop, a store reads the same log, however short its bound."""
    log, stored, count = Log(limit), {}, 0
    write(log, "start", MIXES[0], 0)
    for frame, (kind, mix) in enumerate(steps):
        write(log, kind, mix, frame)
        if frame in stores:
            stored = {first: batch for first, batch in stored.items() if first >= log.dropped}
            for page in pages(log, count):
                assert page.first >= count
                stored[page.first], count = page.rows, page.stop
            assert count == total(log)
            kept = read(row for first in sorted(stored) for row in stored[first])
            assert (kept.entries, kept.documents) == (log.entries, log.documents)
    assert read(rows(log)).entries == log.entries


def test_a_run_tells_its_mixes_once() -> None:
    """A mix is told before its first use in each run, and not again in it, also by a later page."""
    log = Log(100)
    for kind, mix in (("start", 0), ("switch", 1), ("switch", 0), ("start", 0)):
        write(log, kind, MIXES[mix], 0)
    assert ["document" in row for row in rows(log)] == [True, False, True, False, False, True, False]
    assert [[("document" in row) for row in page.rows] for page in pages(log, 2)] == [[False], [True, False]]
    assert [(page.first, page.stop) for page in pages(log)] == [(0, 3), (3, 4)]


def test_nothing_new_is_no_page() -> None:
    """A log that has not grown has nothing to be stored."""
    log = Log(100)
    assert (pages(log), total(log)) == ([], 0)
    write(log, "start", MIXES[0], 0)
    assert pages(log, 1) == []


def test_whole_mixes_are_bounded_too() -> None:
    """A log that refers to very many mixes drops its oldest runs, or is full in the middle of one."""
    log = Log(1_000_000)
    for n in range(2 * MAX_MIXES):
        write(log, "start", MIXES[n % 4], n)
    assert len(log.entries) <= MAX_MIXES // 2 + 1
    assert total(log) == 2 * MAX_MIXES
    for n in range(2 * MAX_MIXES):
        write(log, "switch", MIXES[n % 4], n)
    assert log.entries[-1].kind == "stop"
    assert len(log.entries) <= MAX_MIXES + 1
