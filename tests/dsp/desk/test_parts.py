import pytest
from helpers.mixes import ASSET, clip
from pydantic import ValidationError

from dsp.desk.params import CATALOGUE, find
from dsp.desk.parts import Clip, InvalidValue, Track, checked, default

PAN, MUTE = find("track", "pan"), find("track", "mute")


def test_a_value_is_taken_in_its_canonical_type() -> None:
    """Numbers become floats, negative zero becomes zero, switches stay what they are."""
    assert PAN is not None
    assert MUTE is not None
    assert [repr(checked(row, value, "")) for row, value in ((PAN, 1), (PAN, -0.0), (MUTE, True))] == ["1.0", "0.0", "True"]


@pytest.mark.parametrize("value", [1.5, True, "0", None, float("nan"), 10**400])
def test_a_refusal_says_what_was_expected(value: object) -> None:
    """The path and the range are in the sentence; the value is not."""
    assert PAN is not None
    with pytest.raises(InvalidValue, match=r"^tracks/t/pan: expected (a number|-1 to 1)$"):
        checked(PAN, value, "tracks/t/pan")


def test_defaults_have_the_type_of_their_values() -> None:
    """A switch rests at true or false, a choice at a word, all others at a float."""
    assert all(type(default(row)) is (bool if row.is_switch else str if row.choices else float) for row in CATALOGUE)


def test_a_choice_is_one_of_its_words() -> None:
    """What is no choice is refused with the list of what there is."""
    slope = find("track", "highpass/slope")
    assert slope is not None
    assert checked(slope, "24", "") == "24"
    for wrong in ("18", 24, 1.0, True, None):
        with pytest.raises(InvalidValue, match=r"^p: expected one of 12, 24$"):
            checked(slope, wrong, "p")


def test_a_clip_is_written_with_the_words_of_the_document() -> None:
    """In JSON the offset is called ``from``."""
    assert Clip.model_validate(clip("c", **{"from": 5})).dumped() == {
        "id": "c", "asset": ASSET, "at": 0, "from": 5, "length": 48_000, "gain_db": 0.0, "fade_in": 0, "fade_out": 0,
    }  # fmt: skip


def test_parameters_at_rest_are_not_stored() -> None:
    """A track holds only what was turned."""
    track = Track.model_validate({"id": "t", "lane": 0, "params": {"pan": 0, "fader_db": -6, "eq/on": True}})
    assert track.params == {"fader_db": -6.0}
    assert track.dumped("params") == {"fader_db": -6.0}


def test_a_part_does_not_change() -> None:
    """Parts are frozen: a mix that somebody holds stays what it is."""
    track = Track(id="t", lane=0)
    with pytest.raises(ValidationError, match="frozen"):
        track.name = "other"  # type: ignore[misc]
