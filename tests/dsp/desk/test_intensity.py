import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.intensity import STAGES, at_intensity
from dsp.desk.params import CATALOGUE, find
from dsp.desk.parts import checked

VOICE = {
    "highpass/on": True, "highpass/frequency_hz": 100.0, "highpass/slope": "24", "eq/2/gain_db": -6.0, "eq/2/frequency_hz": 300.0,
    "compressor/on": True, "compressor/ratio": 4.0, "compressor/threshold_db": -24.0, "compressor/makeup_db": 3.0, "width": 1.4,
}  # fmt: skip


def test_all_of_it_is_the_preset_and_the_rest_at_rest() -> None:
    """At 1 the named values are the preset's, its other stages are at rest, and levels are not touched."""
    values = at_intensity("track", VOICE, 1.0)
    assert {name: values[name] for name in VOICE} == VOICE
    assert values["gate/on"] is False
    assert values["eq/3/gain_db"] == 0.0
    assert not {"fader_db", "pan", "send/1/level_db", "mute", "trim_db"} & values.keys()


def test_nothing_of_it_is_neutral() -> None:
    """At 0 no stage that it would switch on is on, and no band lifts or cuts."""
    values = at_intensity("track", VOICE, 0.0)
    assert values["highpass/on"] is values["compressor/on"] is False
    assert (values["eq/2/gain_db"], values["width"], values["compressor/ratio"]) == (0.0, 1.0, 1.0)
    assert values["eq/2/frequency_hz"] == 300.0


def test_half_of_it_lies_between() -> None:
    """Amounts go half the way on their control's travel; what shapes them is the preset's."""
    values = at_intensity("track", VOICE, 0.5)
    assert values["eq/2/gain_db"] == pytest.approx(-3.0)
    assert values["compressor/ratio"] == pytest.approx(2.0, rel=1e-3)
    assert values["highpass/frequency_hz"] == pytest.approx((20 * 100) ** 0.5, rel=1e-3)
    assert (values["compressor/threshold_db"], values["highpass/slope"]) == (-24.0, "24")


@given(intensity=st.floats(0.0, 1.0), scope=st.sampled_from(["track", "reverb", "delay", "master"]), data=st.data())
def test_what_comes_out_can_be_set(intensity, scope, data) -> None:
    """Whatever a preset says within the catalogue, every intensity of it is within the catalogue too."""
    rows = [row for row in CATALOGUE if row.scope == scope and row.name.startswith(STAGES[scope])]
    chosen = data.draw(st.lists(st.sampled_from(rows), unique_by=lambda row: row.name))
    preset = {row.name: row.value(data.draw(st.sampled_from([row.low, row.default, row.high]))) for row in chosen}
    for name, value in at_intensity(scope, preset, intensity).items():
        row = find(scope, name)
        assert row is not None
        assert checked(row, value, name) == value
