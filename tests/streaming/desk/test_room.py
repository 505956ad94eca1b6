from contextlib import suppress
from typing import Any

import pytest
from helpers.mixes import ASSET, OTHER, clip, desk, edits
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.mix import Mix
from streaming.desk.history import TRIM
from streaming.desk.presence import Person
from streaming.desk.room import MAX_AUTHORS, MAX_NAMES, Applied, Room, differences
from streaming.errors import Conflict, EditRefused, InvalidEdit, NotController, NothingToUndo
from streaming.live.log import Edit

ADA, BEN = Person("ada", "Ada", "controller"), Person("ben", "Ben", "listener")
FADER, PAN = "tracks/t0/fader_db", "tracks/t0/pan"


def open_room(mix: Mix | None = None) -> Room:
    """A room with a controller and a listener in it, whose project has one stem."""
    room = Room(mix or desk(), "r1", lambda asset: asset == ASSET)
    room.join(ADA)
    room.join(BEN)
    return room


def turn(room: Room, author: str, path: str, value: object, *, now_us: int = 0, **more: Any) -> Applied:
    """Edit one place of a room's desk."""
    return room.apply(author, [(path, value)], now_us=now_us, **more)


def test_an_edit_changes_the_desk_and_is_told() -> None:
    """The value comes back as it was taken, with its author, gesture and number, for the streams' logs."""
    room = open_room()
    applied = turn(room, "ada", FADER, -6, gesture="g", edit_id=7, now_us=0)
    assert (applied.mix, applied.before) == (room.mix, desk())
    assert applied.edits == [Edit(FADER, -6.0, "ada", "g", 7)]


def test_a_listener_mixes_nothing() -> None:
    """Edit, undo, redo and switch are for controllers."""
    room = open_room()
    for attempt in (
        lambda: turn(room, "ben", FADER, -6, now_us=0),
        lambda: room.undo("ben", now_us=0),
        lambda: room.redo("ben", now_us=0),
        lambda: room.switch(desk(1), "ben", now_us=0),
    ):
        with pytest.raises(NotController):
            attempt()
    assert room.mix == desk()


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("tracks/t9/pan", 0.0, "unknown_path"),
        (FADER, 11, "invalid_parameter"),
        (FADER, "loud", "invalid_parameter"),
        ("tracks/t0/clips", [clip("c", asset=OTHER)], "asset_missing"),
        ("tracks/new", {"clips": [clip("c", asset=OTHER)]}, "asset_missing"),
    ],
)
def test_a_refused_edit_leaves_the_desk_alone(path: str, value: object, code: str) -> None:
    """Unknown paths, wrong values and stems of other projects are refused with their code; nothing is owed or undoable."""
    room = open_room()
    with pytest.raises(InvalidEdit) as caught:
        turn(room, "ada", path, value, now_us=0)
    assert caught.value.code == code
    assert (room.mix, room.revisions.dirty, room.history_of("ada").undo) == (desk(), False, None)


def test_an_edit_that_changes_nothing_is_answered_but_not_remembered() -> None:
    """A value that is there already is told (its author waits for it) and owes no revision."""
    room = open_room()
    applied = turn(room, "ada", FADER, 0, edit_id=1, now_us=0)
    assert applied.changes == ((FADER, 0.0),)
    assert applied.mix is applied.before
    assert not room.revisions.dirty


def test_undo_belongs_to_its_author() -> None:
    """Each takes back his own last gesture, not the other's."""
    room = open_room()
    room.join(Person("cyn", "Cyn", "controller"))
    turn(room, "ada", FADER, -3, now_us=0)
    turn(room, "cyn", "tracks/t1/fader_db", -6, now_us=0)
    assert room.undo("ada", now_us=0).changes == ((FADER, 0.0),)
    assert room.mix.get("tracks/t1/fader_db") == -6.0
    assert room.redo("ada", now_us=0).changes == ((FADER, -3.0),)


def test_undo_over_another_s_edit_is_a_conflict() -> None:
    """A value that another has changed since stays his."""
    room = open_room()
    turn(room, "ada", FADER, -3, now_us=0)
    turn(room, "http", FADER, -6, now_us=0)
    with pytest.raises(Conflict) as caught:
        room.undo("ada", now_us=0)
    assert caught.value.code == "conflict"
    assert room.mix.get(FADER) == -6.0


def test_history_says_what_it_would_do() -> None:
    """The listener's menu can name the steps."""
    room = open_room()
    turn(room, "ada", FADER, -3, now_us=0)
    assert (room.history_of("ada").undo, room.history_of("ben").undo) == ("Track 0 fader 0 -> -3 dB", None)
    room.undo("ada", now_us=0)
    assert room.history_of("ada").redo == "Track 0 fader 0 -> -3 dB"


def test_a_new_track_takes_a_lane_that_none_had() -> None:
    """A removed track's lane stays free, so that its removal can be undone."""
    room = open_room()
    turn(room, "ada", "tracks/t1", None, now_us=0)
    turn(room, "ada", "tracks/new", {}, now_us=0)
    assert [(track.id, track.lane) for track in room.mix.tracks] == [("t0", 0), ("new", 2)]
    room.undo("ada", now_us=0)
    assert room.undo("ada", now_us=0).mix == desk()


def test_groups_come_and_go_with_undo() -> None:
    """A removed group's lane stays free as well; a group that tracks play through is refused with a sentence."""
    room = open_room()
    turn(room, "ada", "groups/band", None)
    turn(room, "ada", "groups/new", {"name": "New"})
    assert [(group.id, group.lane) for group in room.mix.groups] == [("new", 1)]
    turn(room, "ada", "tracks/t0/group", "new")
    with pytest.raises(InvalidEdit, match=r"still play through this group \(Track 0\)"):
        turn(room, "ada", "groups/new", None)
    room.apply("ada", [("tracks/t0/group", None), ("groups/new", None)], now_us=0)
    assert room.history_of("ada").undo == "Track 0 out of new and 1 more"
    room.undo("ada", now_us=0)
    assert (room.mix.get("tracks/t0/group"), room.history_of("ada").undo) == ("new", "Track 0 into New")
    for _ in range(3):
        room.undo("ada", now_us=0)
    assert room.mix == desk()


def test_a_switch_is_one_step() -> None:
    """A whole mix comes at once, is told place by place, is saved as the newest revision, and goes at one undo."""
    room, other = open_room(), desk(3).set("master/fader_db", -3).set("tracks/t0", None)
    applied = room.switch(other, "ada", "r9", now_us=0)
    assert room.mix is other
    assert [path for path, _ in applied.changes] == ["tracks/t0", "tracks/t2", "master/fader_db"]
    assert room.revisions.revision == "r9"
    draft = room.due(0)
    assert draft is not None
    assert (draft.mix, draft.change) == (other, "Switch the mix")
    assert room.undo("ada", now_us=0).mix == desk()


def test_a_switch_there_and_back_leaves_no_step() -> None:
    """After A, B and A again undo takes back what was done before; the trim that made them equally loud is in no step."""
    room = open_room()
    turn(room, "ada", PAN, 0.5, now_us=0)
    a, b = room.mix, room.mix.set(FADER, -3)
    for mix in (b, b.set(TRIM, -4), a.set(TRIM, -2), b, a):
        room.switch(mix, "ada", now_us=0)
    assert room.history_of("ada").undo == "Track 0 pan 0 -> 0.5"
    assert room.undo("ada", now_us=0).mix == desk()


def test_a_switch_does_not_move_lanes_or_bring_foreign_stems() -> None:
    """A mix that is not of this project is refused."""
    room = open_room()
    with pytest.raises(InvalidEdit, match="keeps its lane"):
        room.switch(Mix.empty().set("tracks/t1", {"lane": 0}), "ada", now_us=0)
    with pytest.raises(InvalidEdit, match="groups: a group keeps its lane"):
        room.switch(Mix.empty().set("groups/band", {"lane": 3}), "ada", now_us=0)
    with pytest.raises(InvalidEdit, match="not in this project"):
        room.switch(desk().set("tracks/t0/clips", [clip("c", asset=OTHER)]), "ada", now_us=0)


steps = st.lists(edits() | st.sampled_from([
    ("tracks/t1", None), ("tracks/t1/name", "x"), ("tracks/t2", {"clips": [clip("n")]}), ("groups/g", {}),
    ("groups/band", None), ("tracks/t0/group", "g"), ("tracks/t1/group", "band"), ("tracks/t0/group", None),
    ("effects/reverb", None), ("markers", [{"id": "m", "position": 1, "name": "m"}]),
    ("automation/master/fader_db", [[0, 0, "step"]]),
]), max_size=10)  # fmt: skip


def played(room: Room, steps: list[tuple[str, object]], author: str = "ada") -> Mix:
    """Make edits, passing over those that the desk refuses; the desk after them."""
    for path, value in steps:
        try:
            turn(room, author, path, value, now_us=0)
        except EditRefused:
            continue
    return room.mix


@given(steps, steps)
def test_the_differences_of_two_mixes_lead_from_one_to_the_other(
    here: list[tuple[str, object]], there: list[tuple[str, object]]
) -> None:
    """Listeners who make the changes of a switch one by one arrive at the same mix."""
    mix, goal = played(open_room(), here), played(open_room(), there)
    for path in differences(mix, goal):
        mix = mix.set(path, goal.get(path))
    assert mix == goal


@given(st.lists(st.tuples(st.sampled_from(["ada", "cyn"]), edits()), max_size=30))
def test_two_hands_never_lose_each_other_s_work(turns: list[tuple[str, tuple[str, float | bool]]]) -> None:
    """Whatever two people turn, undoing all that one of them can leaves every value that only the other chose."""
    room = open_room()
    for author, (path, value) in turns:
        turn(room, author, path, value, now_us=0)
    hers = {(path, room.mix.get(path)) for author, (path, _) in turns if author == "cyn"}
    kept = dict(
        hers - {(path, value) for author, (path, value) in turns if author == "ada"} - {(p, desk().get(p)) for p, _ in hers}
    )
    with suppress(Conflict, NothingToUndo):
        while True:
            room.undo("ada", now_us=0)
    assert {path: room.mix.get(path) for path in kept} == kept


def test_presence_counts_connections() -> None:
    """Somebody with two connections is there once, until the last one ends."""
    room = open_room()
    room.join(ADA)
    assert [row["id"] for row in room.people] == ["ada", "ben"]
    room.leave("ada")
    assert [row["id"] for row in room.people] == ["ada", "ben"]
    room.leave("ada")
    assert room.people == [{"id": "ben", "name": "Ben", "role": "listener", "colour": 1}]


def test_the_revision_is_named_by_the_last_gesture() -> None:
    """Autosaved revisions tell their story: what was turned, or what was taken back."""
    room = open_room()
    turn(room, "ada", FADER, -3, now_us=0)
    draft = room.due(0)
    assert draft is not None
    assert (draft.change, draft.author, draft.parent) == ("Track 0 fader 0 -> -3 dB", "Ada", "r1")
    room.revisions.saved("r2")
    room.undo("ada", now_us=5_000_000)
    draft = room.due(5_000_000)
    assert draft is not None
    assert (draft.change, draft.parent, draft.mix) == ("Undo Track 0 fader 0 -> -3 dB", "r2", desk())


def test_edits_that_come_together_are_all_or_none() -> None:
    """They are one step of undo, with or without a gesture; a refusal of the last one leaves nothing of the first."""
    room = open_room()
    for gesture in (None, "g"):
        applied = room.apply("ada", [(FADER, -3), ("tracks/t0/mute", True), (FADER, -4)], gesture=gesture, now_us=0)
        assert applied.changes == ((FADER, -3.0), ("tracks/t0/mute", True), (FADER, -4.0))
        assert room.undo("ada", now_us=0).mix == desk()
        with pytest.raises(InvalidEdit):
            room.apply("ada", [(FADER, -3), ("tracks/t9/pan", 0)], gesture=gesture, now_us=0)
        assert (room.mix, room.history_of("ada").undo) == (desk(), None)


def test_tracks_that_come_together_take_different_lanes() -> None:
    """Several new tracks in one request lie side by side."""
    room = open_room()
    room.apply("ada", [("tracks/one", {}), ("tracks/two", {})], now_us=0)
    assert [track.lane for track in room.mix.tracks] == [0, 1, 2, 3]


def test_names_outlast_those_who_left() -> None:
    """A revision is signed by whoever turned last, here or gone; of very many people the first are forgotten."""
    room = open_room()
    turn(room, "ada", FADER, -3)
    room.leave("ada")
    for n in range(MAX_NAMES - 2):
        room.meet(f"p{n}", "Somebody")
    draft = room.due(0)
    assert draft is not None
    assert draft.author == "Ada"
    room.revisions.failed()
    room.meet("one more", "Somebody")
    draft = room.due(0, closing=True)
    assert draft is not None
    assert draft.author == ""


def test_only_so_many_histories_are_kept() -> None:
    """Only so many authors are remembered: the one who has not mixed for longest is forgotten first."""
    room = open_room()
    for n in range(MAX_AUTHORS + 1):
        turn(room, f"author{n}", FADER, -1 - n / 10, now_us=0)
    with pytest.raises(NothingToUndo):
        room.undo("author0", now_us=0)
    assert room.undo(f"author{MAX_AUTHORS}", now_us=0).changes == ((FADER, -1 - (MAX_AUTHORS - 1) / 10),)


def test_a_switch_to_the_same_mix_is_no_step() -> None:
    """Switching to what is there already leaves nothing to undo."""
    room = open_room()
    assert room.switch(desk(), "ada", now_us=0).changes == ()
    assert room.history_of("ada").undo is None
