import json

from helpers.mixes import ASSET, OTHER, desk

from dsp.grid import LATENCY
from streaming.live.log import MAX_LATE, Edit, Entry, Log, last_run, replay
from streaming.render.job import NEVER

SOURCES = {ASSET: 0, OTHER: 1}
FADER = "tracks/t0/fader_db"


def started(limit=100, frame=0):
    """A log with one start."""
    log = Log(limit)
    log.append_document(Entry("start", frame, position=0, tracks=8), desk())
    return log


def again(log):
    """A log that was written and read."""
    return Log.from_json(json.loads(json.dumps(log.to_json())))


def test_json():
    """A log can be written as JSON and read back."""
    log = started()
    log.append(Entry("loop", 32, 1, loop=(0, 4_800)))
    log.append(Entry("loop", 64, 2))
    log.edit(96, 3, desk(), desk().set("tracks/t1", None), [Edit("tracks/t1", None, "me", "g1")])
    assert again(log).entries == log.entries
    assert again(log).documents == log.documents
    assert log.to_json()["tracks"] == 8


def test_edits_that_explain():
    """Edits that lead from one mix to the next are kept as they are."""
    log, before = started(), desk()
    log.edit(32, 1, before, before.set(FADER, -6.0), [Edit(FADER, -6.0, "me", "g1", 7)])
    entry = log.entries[-1]
    assert (entry.kind, entry.path, entry.value, entry.author, entry.gesture) == ("edit", FADER, -6.0, "me", "g1")


def test_edits_that_do_not_explain():
    """Where the edits do not lead to the next mix, or cannot be, the whole mix is kept."""
    log, before = started(), desk()
    after = before.set(FADER, -6.0)
    log.edit(32, 1, before, after, [Edit(FADER, -7.0, "me")])
    log.edit(64, 2, before, after, [Edit("tracks/gone/fader_db", 0.0, "me")])
    log.edit(96, 3, before, after, [])
    assert [entry.kind for entry in log.entries[1:]] == ["switch"] * 3
    assert log.documents[log.entries[-1].mix or ""] == after


def test_replay():
    """A replay makes the same timeline: events and segments at the frames of the log and the latency."""
    log, before = started(), desk()
    log.edit(320, 1, before, before.set(FADER, -6.0), [Edit(FADER, -6.0, "me")])
    log.append(Entry("jump", 640, 2, position=9_000))
    log.append(Entry("loop", 640, 2, loop=(0, 4_800)))
    log.append(Entry("pause", 960))
    log.append(Entry("stop", 1_280))
    (run,) = replay(again(log), SOURCES)
    assert (run.start, run.stop) == (0, 1_280)
    events, segments, _ = run.timeline.window(0, 1_920)
    assert events["frame"].tolist() == [320 + LATENCY]
    assert segments["starts_at"].tolist() == [0, 640 + LATENCY]
    assert segments["position"].tolist() == [0, 0]


def test_runs():
    """Each start begins a run; the last one may go on."""
    log = started()
    log.append(Entry("end", 9_600))
    log.append_document(Entry("start", 9_600, position=480), desk())
    assert [(run.start, run.stop) for run in replay(again(log), SOURCES)] == [(0, 9_600), (9_600, NEVER)]


def test_replay_is_as_wide_as_the_log_needs():
    """All runs are for the widest engine that any mix of the log needs, though only an edit or a switch led to it."""
    log = started()
    log.append(Entry("edit", 320, 1, path="tracks/n", value={"lane": 8}))
    log.append(Entry("end", 9_600))
    log.append_document(Entry("start", 9_600, position=0), desk())
    assert [run.timeline.tracks for run in replay(again(log), SOURCES)] == [16, 16]
    log.append_document(Entry("switch", 9_920, 2), desk(17))
    assert [run.timeline.tracks for run in replay(again(log), SOURCES)] == [32, 32]


def test_commits_of_one_splice():
    """What was committed together is replayed together, what was not is not, though at one frame."""
    log = started()
    for number in (1, 2):
        log.append(Entry("edit", 320, number, path=FADER, value=-6.0 * number))
        log.append(Entry("edit", 320, number, path="tracks/t1/pan", value=0.1 * number))
    (run,) = replay(again(log), SOURCES)
    assert sorted(run.timeline.window(0, 960)[0]["value"].tolist()) == [-12.0, 0.2]


def test_old_runs_go_first():
    """A start makes room by dropping the oldest runs, and the mixes that only they refer to."""
    log = Log(10)
    for number in range(9):
        log.append_document(Entry("start", number * 960, position=0), desk(number % 3 + 1))
        log.append(Entry("stop", number * 960 + 480))
    assert len(log.entries) <= 10
    assert log.entries[0].kind == "start"
    assert set(log.documents) == {entry.mix for entry in log.entries if entry.mix}


def test_a_long_run_is_cut_short():
    """A run that does not fit is replayed up to where it was cut."""
    log = started(limit=5)
    for number in range(9):
        log.append(Entry("edit", 320 * number, number, path=FADER, value=-float(number)))
    assert len(log.entries) == 6
    (run,) = replay(again(log), SOURCES)
    assert run.stop == 320 * 4


def test_what_was_not_heard():
    """Late reports are kept with the log up to a bound, go with their run, and change nothing of its replay."""
    log = started(MAX_LATE + 100)
    for n in range(MAX_LATE + 50):
        log.miss("ann", 32 * n, (32 * n, 32 * n + 272))
    log.append(Entry("jump", 64_000, 1, position=9_000))
    late = [entry for entry in log.entries if entry.kind == "late"]
    assert (len(late), late[1].author, late[1].span) == (MAX_LATE, "ann", (32, 304))
    assert again(log).entries == log.entries
    assert [run.timeline.position(64_000 + LATENCY) for run in replay(again(log), SOURCES)] == [9_000]
    log.append_document(Entry("start", 70_000, position=0, tracks=8), desk())
    assert [entry.kind for entry in log.entries] == ["start"]
    log.miss("ann", 70_032, (70_000, 70_400))
    assert log.entries[-1].span == (70_000, 70_400)


def test_late_reports_never_fill_a_log():
    """The last place of a log is kept for what it needs to be replayed, and an empty one has nothing to be late for."""
    log = Log(4)
    log.miss("ann", 0, (0, 240))
    assert log.entries == []
    log.append_document(Entry("start", 0, position=0, tracks=8), desk())
    for n in range(5):
        log.miss("ann", 32 * n, (0, 240))
    log.append(Entry("jump", 640, 1, position=9_000))
    assert [entry.kind for entry in log.entries] == ["start", "late", "late", "jump"]


def dragged(count):
    """A log of a drag, with a jump and another knob in the middle of it."""
    log, mix = started(10_000), desk()
    for n in range(count):
        path = "tracks/t1/pan" if n == count // 2 else FADER
        before, mix = mix, mix.set(path, -0.01 * n)
        log.edit(960 * n, n + 1, before, mix, [Edit(path, -0.01 * n, "me", "g")])
        if n == count // 3:
            log.append(Entry("jump", 960 * n, n + 1, position=96_000))
    return log


def test_the_last_run_is_the_replayed_one_from_where_it_is_settled():
    """What is rendered from there on has the same events, segments and clips; what was turned on before is passed over."""
    log, settled = dragged(60), 960 * 40
    whole, last = replay(log, SOURCES)[0].timeline, last_run(log, SOURCES, settled)
    for mine, theirs in zip(last.window(settled, 960 * 70), whole.window(settled, 960 * 70), strict=True):
        assert mine.tolist() == theirs.tolist()
    assert last.mix == whole.mix
    assert len(last.window(0, settled)[0]) < 10 < len(whole.window(0, settled)[0])


def test_a_log_is_taken_up():
    """It goes on counting from where it was, and knows when it was full."""
    log = started(3)
    for frame in (32, 64, 96):
        log.append(Entry("jump", frame, frame, position=0))
    taken = Log.taken_up(list(log.entries), log.documents, 5, 3)
    taken.append(Entry("jump", 128, 9, position=0))
    assert (taken.entries, taken.dropped, taken.is_full, log.is_full) == (log.entries, 5, True, True)
    fresh = Log.taken_up(list(started().entries), {}, 0, 3)
    fresh.append(Entry("jump", 32, 1, position=0))
    assert (len(fresh.entries), fresh.is_full) == (2, False)
