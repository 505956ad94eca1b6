from contextlib import suppress

import numpy as np
import pytest
from helpers.mixes import ASSET, OTHER, clip, desk, edits
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.compile import changes, clip_rows, engine_values, glide_tiles, tracks_class
from dsp.desk.mix import Mix, MixError
from dsp.desk.params import AUDIBLE, BUSES, TRACK, bus_index, engine_size, track_index

structure = st.sampled_from([
    ("tracks/t1", None), ("tracks/t7", {"params": {"pan": 0.5}, "solo": True}), ("effects/reverb", None), ("effects/reverb", {}),
    ("tracks/t0/name", "x"), ("tracks/t1", {"lane": 1, "mute": True}), ("tracks/t0/group", "band"), ("tracks/t1/group", None),
    ("groups/h", {"params": {"solo": True}}), ("groups/h", None), ("tempo_map", [{"position": 0, "bpm": 90.0}]),
])  # fmt: skip


def audible(mix: Mix) -> list[float]:
    """What the first three lanes come to."""
    return list(engine_values(mix, 8)[track_index("audible", 0, 8) :][:3])


@given(st.lists(edits() | structure, max_size=12))
def test_changes_lead_from_one_vector_to_the_other(steps: list[tuple[str, object]]) -> None:
    """The changes of edits, applied to the vector before, give the vector after: whatever the edits were."""
    before = after = desk(2)
    for path, value in steps:
        with suppress(MixError):  # an edit of a track that an earlier one removed, a lane that is taken
            after = after.set(path, value)
    values = engine_values(before, 8)
    for index, value in changes(before, after, 8):
        assert values[index] != value
        values[index] = value
    np.testing.assert_array_equal(values, engine_values(after, 8))


def test_one_edit_is_one_change() -> None:
    """A turned knob changes one number of the vector, in the catalogue's unit."""
    before = desk(8)
    assert changes(before, before.set("tracks/t3/eq/2/gain_db", 4.5), 8) == [(track_index("eq/2/gain_db", 3, 8), 4.5)]
    assert changes(before, before.set("effects/reverb/decay_s", 3), 8) == [(bus_index("reverb", "decay_s", 8), 3.0)]
    assert changes(before, before.set("master/fader_db", -3), 8) == [(bus_index("master", "fader_db", 8), -3.0)]
    assert changes(before, before, 8) == []


def test_mute_and_solo_become_audible() -> None:
    """Solo silences the others, mute wins over solo, and empty lanes are not audible."""
    mix = desk(2)
    assert audible(mix) == [1, 1, 0]
    assert audible(mix.set("tracks/t0/solo", True)) == [1, 0, 0]
    assert audible(mix.set("tracks/t0/solo", True).set("tracks/t0/mute", True)) == [0, 0, 0]
    assert audible(mix.set("tracks/t1/mute", True)) == [1, 0, 0]


def test_a_soloed_group_is_heard_with_what_is_safe() -> None:
    """Solo of a group keeps its tracks, soloed tracks and solo-safe ones."""
    mix = desk(3).set("tracks/t0/group", "band").set("groups/band/solo", True)
    assert audible(mix) == [1, 0, 0]
    assert audible(mix.set("tracks/t1/solo_safe", True)) == [1, 1, 0]
    assert audible(mix.set("tracks/t2/solo", True)) == [1, 0, 1]


def test_a_track_plays_through_its_group() -> None:
    """Routes are weights: 1 for the group's own lane, 0 for the others and for the way past them; a muted group is silent."""
    mix = desk(2).set("groups/h", {"params": {"mute": True, "fader_db": -3}}).set("tracks/t1/group", "h")
    values = engine_values(mix, 8)
    assert [values[track_index(f"route/{k}", 1, 8)] for k in range(5)] == [0, 0, 1, 0, 0]
    assert [values[track_index(f"route/{k}", 0, 8)] for k in range(5)] == [1, 0, 0, 0, 0]
    assert [values[bus_index("group", "audible", 8, k)] for k in range(4)] == [1, 0, 1, 1]
    assert values[bus_index("group", "fader_db", 8, 1)] == -3.0


def test_a_muted_group_mutes_its_tracks() -> None:
    """Else their sends would still be heard; what a solo leaves of sends before the fader is told apart from it."""
    mix = desk(3).set("tracks/t0/group", "band").set("groups/band/mute", True)
    heard = slice(track_index("heard", 0, 8), track_index("heard", 3, 8))
    assert (audible(mix), list(engine_values(mix, 8)[heard])) == ([0, 1, 1], [1, 1, 1])
    soloed = mix.set("tracks/t1/solo", True).set("tracks/t1/mute", True)
    assert (audible(soloed), list(engine_values(soloed, 8)[heard])) == ([0, 0, 0], [0, 1, 0])


@pytest.mark.parametrize(("division", "frames"), [("1/4", 32_000), ("1/8d", 24_000), ("1/16t", 5_333.3333), ("free", 12_000)])
def test_echoes_keep_the_tempo(division: str, frames: float) -> None:
    """At 90 beats a minute a quarter is two thirds of a second; free echoes take their own time."""
    mix = desk().set("tempo_map", [{"position": 0, "bpm": 90.0}]).set("effects/delay/time_ms", 250.0)
    values = engine_values(mix.set("effects/delay/division", division), 8)
    assert values[bus_index("delay", "frames", 8)] == pytest.approx(frames)


def test_a_desk_at_rest_holds_the_defaults() -> None:
    """All but audible rests at the catalogue's default, in every class."""
    values = engine_values(Mix.empty(), 16)
    assert values.shape == (engine_size(16),)
    expected = [0.0 if row is AUDIBLE else row.default for row in TRACK for _ in range(16)]
    assert values.tolist() == expected + [row.default for row in BUSES]


def test_without_its_effect_the_return_is_off() -> None:
    """A removed reverb is silent."""
    assert engine_values(desk().set("effects/reverb", None), 8)[bus_index("reverb", "return_db", 8)] == -90.0


@pytest.mark.parametrize(("tracks", "expected"), [(0, 8), (1, 8), (8, 8), (9, 16), (33, 64), (64, 64)])
def test_the_class_holds_every_lane(tracks: int, expected: int) -> None:
    """A mix takes the smallest class in which all its lanes lie."""
    assert tracks_class(desk(tracks)) == expected


def test_the_class_follows_the_highest_lane() -> None:
    """A track keeps its lane when those below it leave, so the class stays."""
    mix = desk(9)
    for n in range(8):
        mix = mix.set(f"tracks/t{n}", None)
    assert tracks_class(mix) == 16


def test_glides_are_whole_tiles() -> None:
    """A glide of 10 ms is 15 tiles, one of 20 ms is 30; for every place of the vector."""
    assert glide_tiles(track_index("pan", 3, 8), 8) == 15
    assert glide_tiles(track_index("eq/1/q", 0, 8), 8) == 30
    assert glide_tiles(bus_index("reverb", "decay_s", 64), 64) == 30
    assert glide_tiles(bus_index("master", "fader_db", 8), 8) == 15
    assert {glide_tiles(index, 8) for index in range(engine_size(8))} == {15, 30, 75}


def test_clips_become_rows_by_lane_and_position() -> None:
    """A row names lane, source, place and a linear gain."""
    mix = desk(1).set(
        "tracks/t0/clips",
        [clip("late", at=960, asset=OTHER, gain_db=-90.0), clip("early", **{"from": 7}, gain_db=-20.0, fade_in=3, fade_out=4)],
    )
    rows = clip_rows(mix, 5, {ASSET: 2, OTHER: 3})
    assert rows["at"].tolist() == [0, 960]
    assert rows["gain"].tolist() == pytest.approx([0.1, 0.0])
    assert rows[0].tolist()[:5] == (5, 0, 2, 3, 4)
    assert rows[0].tolist()[6:] == (0, 7, 48_000)


def test_a_mix_without_clips_has_an_empty_table() -> None:
    """No clips, no rows."""
    assert len(clip_rows(Mix.empty(), 0, {})) == 0
