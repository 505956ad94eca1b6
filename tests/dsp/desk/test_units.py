import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.params import CATALOGUE, find
from dsp.desk.units import decibels, gain, place_of, value_at

FADER = find("track", "fader_db")
GOLDEN = Path(__file__).parents[1] / "golden" / "tapers.json"


def test_decibels_are_twenty_times_the_logarithm() -> None:
    """-20 dB is a tenth, and -90 dB is silence, not a small factor."""
    assert gain(-20.0) == pytest.approx(0.1)
    assert (gain(-90.0), gain(-200.0), decibels(0.0)) == (0.0, 0.0, -90.0)


@given(st.floats(-89.9, 24.0))
def test_gain_and_decibels_are_inverse(db: float) -> None:
    """Decibels to a factor and back is the same level."""
    assert decibels(gain(db)) == pytest.approx(db, abs=1e-9)


@pytest.mark.parametrize(("place", "db"), [(0, -90), (1 / 16, -60), (1 / 4, -30), (1 / 2, -10), (3 / 4, 0), (1, 10)])
def test_the_fader_is_that_of_an_x32(place: float, db: float) -> None:
    """Unity lies at three quarters; the four pieces meet at -60, -30 and -10 dB."""
    assert FADER is not None
    assert (value_at(FADER, place), place_of(FADER, db)) == (pytest.approx(db), pytest.approx(place))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.scope}/{row.name}")
@given(place=st.floats(0.0, 1.0))
def test_every_control_goes_there_and_back(row, place: float) -> None:
    """A control's value stays in range and leads back to its place (a switch has two, a choice as many as words)."""
    value = value_at(row, place)
    assert row.low <= value <= row.high
    nearest = round(place * row.high) / row.high if row.choices else float(place >= 0.5) if row.is_switch else place
    assert place_of(row, value) == pytest.approx(nearest, abs=1e-9)


def test_places_beyond_the_ends_are_the_ends() -> None:
    """A dragged control stops at its ends."""
    assert FADER is not None
    assert (value_at(FADER, -1), value_at(FADER, 2), place_of(FADER, -200), place_of(FADER, 40)) == (-90, 10, 0, 1)


def test_the_golden_tapers_are_ours() -> None:
    """The file that the web console's tests read holds what this module computes."""
    for taper in json.loads(GOLDEN.read_text()):
        row = find(taper["scope"], taper["name"])
        assert row is not None
        assert [value_at(row, place) for place, _ in taper["points"]] == pytest.approx([value for _, value in taper["points"]])
