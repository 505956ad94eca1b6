import pytest
from helpers.mixes import clip, desk, edits
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.mix import Mix
from streaming.desk.history import MAX_STEPS, MAX_WEIGHT, SWITCH, Entry, History
from streaming.errors import Conflict, NothingToUndo

FADER, PAN = "tracks/t0/fader_db", "tracks/t0/pan"


def turn(history: History, mix: Mix, path: str, value: object, gesture: str | None = None) -> Mix:
    """Edit a mix and record it."""
    after = mix.set(path, value)
    history.record(gesture, [Entry(path, mix.get(path), after.get(path))])
    return after


def switch(history: History, before: Mix, after: Mix) -> Mix:
    """Put another fader on the desk as a whole mix, and record that."""
    history.record(None, [Entry(FADER, before.get(FADER), after.get(FADER))], (before, after))
    return after


def test_a_gesture_is_one_step() -> None:
    """A drag of many edits is taken back at once, to where it began."""
    history, mix = History(), desk()
    for db in range(-1, -20, -1):
        mix = turn(history, mix, FADER, db, "drag")
    assert history.undo(mix) == (desk(), [(FADER, 0.0)])


def test_edits_without_a_gesture_are_steps_of_their_own() -> None:
    """Two clicks are two steps, and a gesture that was over is not taken up again."""
    history, mix = History(), desk()
    for value, gesture in ((-1, None), (-2, None), (-3, "a"), (-4, "b"), (-5, "a")):
        mix = turn(history, mix, FADER, value, gesture)
    for expected in (-4, -3, -2, -1, 0):
        mix, changes = history.undo(mix)
        assert changes == [(FADER, float(expected))]


@given(st.lists(st.tuples(edits(), st.sampled_from([None, "a", "b"])), max_size=15))
def test_undoing_all_leads_back_and_redoing_all_leads_forth(steps: list[tuple[tuple[str, float | bool], str | None]]) -> None:
    """Whatever was done alone can be taken back to the first mix and done again to the last, bit for bit."""
    history, mix = History(), desk()
    for (path, value), gesture in steps:
        mix = turn(history, mix, path, value, gesture)
    last = mix
    while history.names(mix)[0]:
        mix, _ = history.undo(mix)
    assert mix == desk()
    while history.names(mix)[1]:
        mix, _ = history.redo(mix)
    assert mix == last


def test_an_undo_over_another_s_work_is_a_conflict() -> None:
    """When the value is not what the step left there, nothing changes and the sentence says which."""
    history, mix = History(), desk()
    mix = turn(history, mix, PAN, 0.5, "g")
    mix = turn(history, mix, FADER, -3, "g")
    theirs = mix.set(FADER, -6)
    with pytest.raises(Conflict, match="Track 0 fader -3 -> 0 dB: another has changed it since"):
        history.undo(theirs)
    assert history.undo(mix)[0] == desk()


def test_a_redo_over_another_s_work_is_a_conflict() -> None:
    """Redo asks that the value is where undo put it."""
    history = History()
    mix, _ = history.undo(turn(history, desk(), FADER, -3))
    with pytest.raises(Conflict):
        history.redo(mix.set(FADER, -1))
    assert history.redo(mix)[0].get(FADER) == -3


def test_an_undo_on_a_removed_track_is_a_conflict() -> None:
    """A track that another has removed takes its steps with it."""
    history = History()
    mix = turn(history, desk(), FADER, -3)
    with pytest.raises(Conflict):
        history.undo(mix.set("tracks/t0", None))


def test_a_removed_track_whose_lane_is_taken_is_a_conflict() -> None:
    """What cannot be put back is refused, not half done."""
    history = History()
    mix = turn(history, desk(), "tracks/t1", None)
    with pytest.raises(Conflict, match="two tracks in one lane"):
        history.undo(mix.set("tracks/new", {"lane": 1}))


def test_a_new_edit_ends_what_could_be_redone() -> None:
    """After an undo and an edit there is nothing to redo."""
    history = History()
    mix, _ = history.undo(turn(history, desk(), FADER, -3))
    mix = turn(history, mix, PAN, 0.5)
    with pytest.raises(NothingToUndo):
        history.redo(mix)


def test_a_named_gesture_is_taken_back_out_of_order() -> None:
    """An older gesture can be taken back while nothing has changed what it did."""
    history = History()
    mix = turn(history, turn(history, desk(), FADER, -3, "a"), PAN, 0.5, "b")
    mix, changes = history.undo(mix, "a")
    assert changes == [(FADER, 0.0)]
    assert mix.get(PAN) == 0.5
    with pytest.raises(NothingToUndo):
        history.undo(mix, "c")


def test_a_part_and_what_is_in_it_change_in_turns() -> None:
    """A gesture that makes a track, turns its knobs, replaces it and turns them again is taken back and done again whole."""
    history, mix = History(), desk()
    steps = [
        ("", {"name": "New"}),
        ("/pan", 0.5),
        ("/pan", 1),
        ("", {"name": "Newer", "lane": 2}),
        ("/pan", -1),
        ("/fader_db", -3),
    ]
    for place, value in steps:
        mix = turn(history, mix, f"tracks/new{place}", value, "import")
    undone, changes = history.undo(mix)
    assert (undone, len(changes)) == (desk(), 5)
    assert history.redo(undone)[0] == mix


def test_a_drag_that_came_back_is_no_step() -> None:
    """A gesture that ended where it began is passed over."""
    history = History()
    mix = turn(history, turn(history, desk(), FADER, -3, "a"), FADER, 0, "a")
    assert history.names(mix) == (None, None)
    with pytest.raises(NothingToUndo):
        history.undo(mix)


def test_steps_have_names() -> None:
    """Undo and redo can say what they would do."""
    history = History()
    mix = turn(history, desk().set("tracks/t0/name", "Vocal"), "tracks/t0/compressor/threshold_db", -22, "g")
    assert history.names(mix) == ("Vocal threshold -18 -> -22 dB", None)
    mix, _ = history.undo(mix)
    assert history.names(mix) == (None, "Vocal threshold -18 -> -22 dB")
    mix = turn(history, turn(history, mix, PAN, 1, "two"), "tracks/t0/mute", True, "two")
    assert history.names(mix)[0] == "Vocal pan 0 -> 1 and 1 more"


def test_a_history_is_bounded() -> None:
    """Steps beyond the limit are forgotten, the oldest first, and heavy ones sooner."""
    history, mix = History(), desk()
    for n in range(MAX_STEPS + 50):
        mix = turn(history, mix, PAN, (n % 100 + 1) / 200)
    undone = 0
    while history.names(mix)[0]:
        mix, _ = history.undo(mix)
        undone += 1
    assert undone == MAX_STEPS
    heavy = History()
    for n in range(10):
        mix = turn(heavy, mix, "tracks/t0/clips", [clip(f"c{k}", at=n) for k in range(900)])
    heavy.undo(mix)
    assert heavy.names(mix)[0] is None


def test_a_gesture_without_end_is_bounded_too() -> None:
    """A gesture that goes on and on to other places becomes several steps, and its beginning is forgotten."""
    history, mix = History(), desk()
    for n in range(40):
        mix = turn(history, mix, f"tracks/n{n}", {"clips": [clip(str(k)) for k in range(900)]}, "endless")
        mix = turn(history, mix, f"tracks/n{n}/clips", [], "endless")
    assert sum(step.weight for step in history._done) < 3 * MAX_WEIGHT


def test_switches_in_a_row_are_one_step() -> None:
    """Whoever tries one version after the other goes back to before all of them with one undo, and on again with one redo."""
    history, mix = History(), desk()
    for db in (-1, -2, -3):
        mix = switch(history, mix, desk().set(FADER, db))
    assert history.undo(mix)[0] == desk()
    assert history.redo(desk())[0] == mix


def test_a_switch_back_to_before_a_gesture_is_its_undo() -> None:
    """Where a gesture made B of A, putting A back leaves neither of the two; after a switch elsewhere both are there."""
    history = History()
    mix = switch(history, turn(history, desk(), FADER, -3), desk())
    assert history.names(mix) == (None, None)
    mix = switch(history, turn(history, mix, FADER, -3), desk().set(FADER, -9))
    assert history.names(mix)[0] == SWITCH
    assert history.undo(mix)[0].get(FADER) == -3
