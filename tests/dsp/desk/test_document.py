from contextlib import suppress

import pytest
from helpers.mixes import ASSET, clip, desk, edits
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.document import parameter_at
from dsp.desk.mix import InvalidValue, Mix
from dsp.desk.params import CATALOGUE


def test_a_fresh_mix_is_a_desk_with_its_effects() -> None:
    """A new mix has no tracks, and a reverb and a delay at rest."""
    assert [(effect.id, effect.kind, effect.params) for effect in Mix.empty().effects] == [
        ("reverb", "reverb", {}),
        ("delay", "delay", {}),
    ]
    assert Mix.empty().tracks == ()


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


def test_a_group_that_is_played_through_stays() -> None:
    """A group leaves only when no track names it, and says which do."""
    mix = desk(5).set("groups/g1", {}).set("tracks/t0/group", "g1")
    with pytest.raises(InvalidValue, match=r"groups/g1: tracks still play through this group \(Track 0\): take them out first"):
        mix.set("groups/g1", None)
    full = mix
    for n in range(1, 5):
        full = full.set(f"tracks/t{n}/group", "g1")
    with pytest.raises(InvalidValue, match=r"\(Track 0, Track 1, Track 2 and 2 more\)"):
        full.set("groups/g1", None)
    with pytest.raises(InvalidValue, match="a group that is not there"):
        mix.set("tracks/t1/group", "gone")
    assert mix.set("tracks/t0/group", None).set("groups/g1", None).groups == desk().groups


def test_a_desk_has_four_groups() -> None:
    """New groups take the lowest lane, one that none had first; the fifth is refused."""
    mix = desk().set("groups/a", {}).set("groups/b", {})
    assert [(group.id, group.lane) for group in mix.groups] == [("band", 0), ("a", 1), ("b", 2)]
    assert (mix.set("groups/a", None).free_group(), mix.set("groups/a", None).free_group(used=range(3))) == (1, 3)
    with pytest.raises(InvalidValue, match="at most 4 groups"):
        mix.set("groups/c", {}).set("groups/d", {})


def test_a_document_from_before_the_groups_still_reads() -> None:
    """One effect, no groups, tracks without one: it stays as it was, and a delay can be added."""
    old = {"schema": 1, "tracks": [{"id": "t", "lane": 0}], "effects": [{"id": "reverb", "kind": "reverb"}], "master": {}}
    mix = Mix.parse(old)
    assert (mix.groups, [effect.kind for effect in mix.effects], mix.tracks[0].group) == ((), ["reverb"], None)
    assert [effect.kind for effect in mix.set("effects/delay", {"kind": "delay"}).effects] == ["reverb", "delay"]


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


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("automation", {"tracks/t0/pan": [[n, 0.0, "step"] for n in range(50_001)]}, "at most 50000 points of automation"),
        ("automation", {"tracks/t0/nothing": [[0, 0.0, "step"]]}, "no such parameter or place in this mix"),
        ("automation", {"tracks/t0/pan": [[0, 0.0]]}, "automation/tracks/t0/pan/0"),
        ("schema", 2, "schema: "),
        ("tracks", [{"id": f"t{n}", "lane": n} for n in range(65)], "tracks"),
        ("tracks", [{"id": "t", "lane": 0}, {"id": "t", "lane": 1}], "two have the same id"),
        ("tracks", [{"id": "t", "lane": 0, "params": []}], "tracks/0/params"),
        ("effects", [{"id": "a"}, {"id": "b"}], "effects"),
        ("more", 1, "more: "),
    ],
)
def test_a_document_that_does_not_hold_together_is_refused(place: str, value: object, sentence: str) -> None:
    """Bounds, ids, references and the version are checked for the whole."""
    with pytest.raises(InvalidValue, match=sentence):
        Mix.parse({**desk().document(), place: value})


def test_clips_are_counted_over_all_tracks() -> None:
    """The clip table of a whole mix is bounded, however the clips are spread."""
    mix = desk(2).set("tracks/t0/clips", [clip(str(n)) for n in range(1000)])
    with pytest.raises(InvalidValue, match="at most 1024 clips"):
        mix.set("tracks/t1/clips", [clip(str(n)) for n in range(25)])
