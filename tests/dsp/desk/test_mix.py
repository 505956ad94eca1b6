import json

import pytest
from helpers.mixes import clip, desk, edits, path_of
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.mix import InvalidValue, Mix, Track, UnknownPath
from dsp.desk.params import CATALOGUE


@given(st.lists(edits(), max_size=20))
def test_what_was_set_is_got(changes: list[tuple[str, float | bool]]) -> None:
    """Every parameter path reads back what was set last, and the document reads back to an equal mix of equal hash."""
    mix = desk()
    for path, value in changes:
        mix = mix.set(path, value)
        assert mix.get(path) == value
    again = Mix.parse(json.loads(json.dumps(mix.document())))
    assert (again, again.content_hash()) == (mix, mix.content_hash())


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.scope}/{row.name}")
def test_every_parameter_rests_at_its_default_and_refuses_what_lies_beyond(row) -> None:
    """A parameter has its catalogue's default, is not stored when at rest, and takes nothing outside of its range."""
    mix, path = desk(), path_of(row)
    assert mix.get(path) == row.rest
    assert mix.set(path, row.rest) is mix
    for wrong in (row.high + 1, row.low - 1, float("nan"), float("inf"), 10**400, "1", None, [], 1 if row.is_switch else True):
        with pytest.raises(InvalidValue):
            mix.set(path, wrong)


def test_untouched_parts_are_shared() -> None:
    """A changed fader makes one new track; the other is the same object."""
    before = desk(2)
    after = before.set("tracks/t0/fader_db", -6)
    assert after.tracks[1] is before.tracks[1]
    assert after.effects is before.effects
    assert after.set("tracks/t0/fader_db", -6.0) is after


def test_integers_become_numbers_of_the_catalogue() -> None:
    """A value sent as -6 or -0.0 is stored as the float it is."""
    assert repr(desk().set("tracks/t0/fader_db", -6).get("tracks/t0/fader_db")) == "-6.0"
    assert repr(desk().set("tracks/t0/fader_db", -6).set("tracks/t0/fader_db", -0.0).get("tracks/t0/fader_db")) == "0.0"


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "tracks", "tracks/", "tracks/t0/", "tracks/t9/pan", "tracks/t0/nothing", "tracks/t0/lane", "tracks/t0/id",
        "tracks/t0/audible", "tracks/t0/eq/5/gain_db", "effects/reverb/pan", "effects/hall/decay_s", "master", "master/pan",
        "master/limiter", "schema", "automation", "automation/tracks/t0", "groups/g/fader_db", "tracks/a b", "tracks/t0\n",
        "tracks/t0/pan/", "tracks//pan", "TRACKS/t0/pan",
    ],
)  # fmt: skip
def test_other_places_do_not_exist(path: str) -> None:
    """A path outside of the catalogue and the structure is unknown, whatever is put there."""
    with pytest.raises(UnknownPath):
        desk().set(path, 0.0)


@given(
    st.text(max_size=40),
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.dictionaries(st.text(max_size=3), st.none()),
)
def test_nonsense_is_refused_and_nothing_else(path: str, value: object) -> None:
    """No path and value raise anything but UnknownPath and InvalidValue."""
    with pytest.raises((UnknownPath, InvalidValue)):
        desk(1).set(path, value)


def test_removing_and_setting_back_is_an_identity() -> None:
    """What was got at a structural path can be set there again: that is how undo brings a track back, in its place."""
    mix = desk(3).set("tracks/t1/pan", 0.5).set("automation/tracks/t1/pan", [[0, 0.5, "linear"], [960, 1, "step"]])
    track = mix.get("tracks/t1")
    assert mix.set("tracks/t1", None).set("tracks/t1", track) == mix
    assert mix.set("tracks/t1", None).get("tracks/t1") is None
    assert Track.model_validate(track) == mix.tracks[1]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tracks/t0/name", "Vocal"), ("tracks/t0/colour", 3), ("tracks/t0/role", "vocal"), ("tracks/t0/group", None),
        ("markers", [{"id": "m", "position": 5, "name": "here"}]), ("sections", [{"id": "s", "start": 0, "end": 9, "name": "A"}]),
        ("tempo_map", [{"position": 0, "bpm": 120.0, "beats": 4}]), ("automation/master/fader_db", [[0, -3.0, "linear"]]),
        ("automation/tracks/t0/mute", [[0, True, "step"]]),
        ("groups/g1", {"id": "g1", "lane": 3, "name": "Drums", "colour": 1, "params": {"mute": True}}),
        ("groups/band/name", "Choir"), ("effects/reverb", None),
    ],
)  # fmt: skip
def test_structure_is_set_and_got(path: str, value: object) -> None:
    """Every structural path reads back what was set."""
    assert desk().set(path, value).get(path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tracks/t0/name", "x" * 81), ("tracks/t0/name", "a\nb"), ("tracks/t0/name", "\ud800"), ("tracks/t0/name", None),
        ("tracks/t0/colour", 8), ("tracks/t0/colour", True), ("tracks/t0/role", "Lead Vocal"), ("tracks/t0/group", "gone"),
        ("tracks/t0/clips", [clip("a"), clip("a")]), ("tracks/t0/clips", [clip("a", length=0)]), ("tracks/t0/clips", {}),
        ("tracks/t0/clips", [clip("a", asset="AB" * 32)]), ("tracks/t0/clips", [clip("a", at=-1)]),
        ("tracks/t0/clips", [clip("a", length=10, fade_in=11)]), ("tracks/t0/clips", [clip("a", at=24 * 3600 * 48_000)]),
        ("tracks/t0/clips", [clip("a", at=1.0)]), ("tracks/t0/clips", [clip(str(n)) for n in range(1025)]),
        ("tracks/t9", {"id": "t8"}), ("tracks/t9", {"lane": 0}), ("tracks/t9", {"params": {"mute": True}}), ("tracks/t9", []),
        ("tracks/t9", {"params": {"audible": 1.0}}), ("tracks/t9", {"nothing": 1}),
        ("effects/second", {}), ("effects/reverb", {"kind": "hall"}),
        ("groups/g1", {"params": {"pan": 0.0}}), ("groups/band", {"lane": 2}), ("groups/g1", {"lane": 0}),
        ("markers", [{"id": "m", "position": 5, "name": "x"}] * 2),
        ("markers", None),
        ("sections", [{"id": "s", "start": 9, "end": 9, "name": "A"}]), ("tempo_map", [{"position": 0, "bpm": 1.0}]),
        ("tempo_map", [{"position": 0, "bpm": 90.0}, {"position": 0, "bpm": 91.0}]),
        ("automation/tracks/t0/pan", [[0, 2, "step"]]),
        ("automation/tracks/t0/pan", [[5, 0, "step"], [5, 1, "step"]]), ("automation/tracks/t0/pan", [[0, 0, "wave"]]),
        ("automation/tracks/t0/pan", [[0, True, "step"]]), ("automation/tracks/t0/pan", 1),
    ],
)  # fmt: skip
def test_structure_that_is_wrong_is_refused(path: str, value: object) -> None:
    """Kinds, ranges, bounds and references are checked wherever a value goes in."""
    with pytest.raises(InvalidValue):
        desk().set(path, value)


def test_automation_of_a_removed_track_rests_until_it_is_back() -> None:
    """Ids are permanent, so automation outlives its track; null removes it."""
    mix = desk().set("automation/tracks/t0/pan", [[0, 1, "step"]])
    assert mix.set("tracks/t0", None).get("automation/tracks/t0/pan") == [[0, 1.0, "step"]]
    assert mix.set("automation/tracks/t0/pan", None) == desk()


@pytest.mark.parametrize("path", ["", "tracks/t9/pan", "tracks/t9/name", "tracks/t0/nothing", "master/pan", "automation/x"])
def test_nothing_is_got_where_nothing_is(path: str) -> None:
    """Reading another place than the mix has is an error too."""
    with pytest.raises(UnknownPath):
        desk().get(path)
