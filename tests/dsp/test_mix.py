import json
from contextlib import suppress

import pytest
from helpers.mixes import ASSET, clip, desk, edits, path_of
from hypothesis import given
from hypothesis import strategies as st

from dsp.mix import InvalidValue, Mix, Track, UnknownPath, parameter_at
from dsp.params import CATALOGUE


def test_a_fresh_mix_is_a_desk_with_one_reverb() -> None:
    """A new mix has no tracks and one reverb at rest."""
    assert [(effect.id, effect.kind, effect.params) for effect in Mix.empty().effects] == [("reverb", "reverb", {})]
    assert Mix.empty().tracks == ()


@given(st.lists(edits(), max_size=20))
def test_what_was_set_is_got(changes: list[tuple[str, float | bool]]) -> None:
    """Every parameter path reads back what was set last, and the document reads back to an equal mix of equal hash."""
    mix = desk()
    for path, value in changes:
        mix = mix.set(path, value)
        assert mix.get(path) == value
    again = Mix.parse(json.loads(json.dumps(mix.document())))
    assert (again, again.content_hash()) == (mix, mix.content_hash())


@given(st.lists(edits(), max_size=10), st.randoms())
def test_equal_mixes_have_equal_hashes(changes: list[tuple[str, float | bool]], random: object) -> None:
    """The hash does not depend on the order of edits, nor on edits that were taken back."""
    last = dict(changes)
    there = desk()
    for path, value in changes:
        there = there.set(path, value)
    shuffled = list(last.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    here = desk()
    for path, value in shuffled:
        here = here.set(path, value)
    assert here.content_hash() == there.content_hash()


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.scope}/{row.name}")
def test_every_parameter_rests_at_its_default_and_refuses_what_lies_beyond(row) -> None:
    """A parameter has its catalogue's default, is not stored when at rest, and takes nothing outside of its range."""
    mix, path = desk(), path_of(row)
    assert mix.get(path) == row.default
    assert mix.set(path, bool(row.default) if row.is_switch else row.default) is mix
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


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(Mix.empty().document())), inner, max_size=4), max_leaves=8))  # fmt: skip # noqa: E501
def test_no_document_raises_anything_but_invalid_value(document: object) -> None:
    """Arbitrary JSON is read as a document, or refused as one."""
    with suppress(InvalidValue):
        assert Mix.parse(document).content_hash()


def test_a_refusal_names_the_place() -> None:
    """The first wrong place of a document is named by its path, with what was expected there."""
    document = desk(2).document()
    document["tracks"][1]["params"] = {"eq/2/gain_db": 40}  # type: ignore[index,call-overload]
    with pytest.raises(InvalidValue, match=r"^tracks/1/params/eq/2/gain_db: expected -18 to 18 dB$"):
        Mix.parse(document)


def test_a_track_takes_the_lowest_free_lane_and_keeps_it() -> None:
    """Lanes are given out from below, do not move when others leave, and are not changed."""
    mix = desk(3).set("tracks/t1", None)
    assert [(track.id, track.lane) for track in mix.tracks] == [("t0", 0), ("t2", 2)]
    assert mix.free_lane() == 1
    assert mix.free_lane(used={0, 1, 2}) == 3
    with pytest.raises(InvalidValue, match="keeps its lane"):
        mix.set("tracks/t2", {"lane": 5})


def test_a_full_desk_takes_no_more_tracks() -> None:
    """The 65th track is refused; a desk whose lanes are all worn takes a free one again."""
    full = desk(64)
    with pytest.raises(InvalidValue, match="at most 64 tracks"):
        full.set("tracks/one-more", {})
    assert full.set("tracks/t9", None).free_lane(used=range(64)) == 9


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
        ("automation/tracks/t0/mute", [[0, True, "step"]]), ("groups/g1", {"id": "g1", "params": {}}), ("effects/reverb", None),
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
        ("groups/g1", {"params": {"fader_db": 0.0}}), ("markers", [{"id": "m", "position": 5, "name": "x"}] * 2),
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


def test_a_group_that_is_played_through_stays() -> None:
    """A group leaves only when no track names it."""
    mix = desk().set("groups/g1", {}).set("tracks/t0/group", "g1")
    with pytest.raises(InvalidValue, match="a group that is not there"):
        mix.set("groups/g1", None)
    assert mix.set("tracks/t0/group", None).set("groups/g1", None).groups == ()


def test_automation_of_a_removed_track_rests_until_it_is_back() -> None:
    """Ids are permanent, so automation outlives its track; null removes it."""
    mix = desk().set("automation/tracks/t0/pan", [[0, 1, "step"]])
    assert mix.set("tracks/t0", None).get("automation/tracks/t0/pan") == [[0, 1.0, "step"]]
    assert mix.set("automation/tracks/t0/pan", None) == desk()


def test_the_song_ends_with_its_last_clip() -> None:
    """End and assets come from the clips."""
    assert (Mix.empty().end, desk().end, desk().assets) == (0, 48_000, {ASSET})
    assert desk().set("tracks/t1/clips", [clip("a", at=100, length=50_000)]).end == 50_100


def test_lists_are_kept_in_their_natural_order() -> None:
    """Markers are sorted by position, so that equal mixes are equal documents."""
    late, early = {"id": "a", "position": 9, "name": ""}, {"id": "b", "position": 1, "name": ""}
    assert desk().set("markers", [late, early]) == desk().set("markers", [early, late])


def test_a_path_names_its_row() -> None:
    """The catalogue's row of a path is found without a mix."""
    assert parameter_at("tracks/any/eq/2/q") in CATALOGUE
    assert parameter_at("tracks/any") is None
