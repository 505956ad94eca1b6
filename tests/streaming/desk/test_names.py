import pytest
from helpers.mixes import clip, desk, path_of

from dsp.desk.mix import Mix
from dsp.desk.params import CATALOGUE
from streaming.desk.names import describe

MIX = desk(1).set("tracks/t0/name", "Vocal")  # and a group called Band


@pytest.mark.parametrize(
    ("path", "before", "after", "name"),
    [
        ("tracks/t0/compressor/threshold_db", -18.0, -22.0, "Vocal threshold -18 -> -22 dB"),
        ("tracks/t0/compressor/ratio", 3.0, 4.0, "Vocal ratio 3 -> 4:1"),
        ("tracks/t0/eq/2/frequency_hz", 400.0, 1234.5678, "Vocal EQ 2 frequency 400 -> 1235 Hz"),
        ("tracks/t0/pan", 0.0, -0.25, "Vocal pan 0 -> -0.25"),
        ("tracks/t0/send/1/level_db", -90.0, -12.0, "Vocal reverb send off -> -12 dB"),
        ("tracks/t0/fader_db", -3.0, -90.0, "Vocal fader -3 dB -> off"),
        ("tracks/t0/mute", False, True, "Vocal mute on"),
        ("tracks/t0/highpass/on", True, False, "Vocal high-pass off"),
        ("effects/reverb/decay_s", 1.8, 2.5, "Reverb decay 1.8 -> 2.5 s"),
        ("master/fader_db", 0.0, -3.0, "Master 0 -> -3 dB"),
        ("master/limiter/ceiling_db", -1.0, -2.0, "Master ceiling -1 -> -2 dB"),
        ("tracks/t0/name", "Vocal", "Choir", "Rename Vocal to Choir"),
        ("tracks/t0/clips", [], [clip("c")], "Vocal clips"),
        ("tracks/t0/group", None, "band", "Vocal into Band"),
        ("tracks/t0/group", "band", None, "Vocal out of Band"),
        ("tracks/t0/group", "gone", None, "Vocal out of gone"),
        ("groups/band/fader_db", 0.0, -3.0, "Band group 0 -> -3 dB"),
        ("groups/band/name", "Band", "Choir", "Rename Band to Choir"),
        ("groups/band/colour", 0, 1, "Band colour"),
        ("groups/g", None, {"name": "Drums"}, "Add group Drums"),
        ("tracks/t1", None, {"name": "Bass"}, "Add track Bass"),
        ("tracks/t1", {"name": "Bass"}, None, "Remove track Bass"),
        ("tracks/t1", {"name": ""}, {"name": ""}, "Change track t1"),
        ("effects/reverb", {}, None, "Remove effect reverb"),
        ("tempo_map", [], [], "Tempo map"),
        ("automation/tracks/t0/pan", None, [], "Vocal pan automation"),
        ("tracks/t9/pan", 0.0, 1.0, "Track pan 0 -> 1"),
    ],
)
def test_an_edit_says_what_it_did(path: str, before: object, after: object, name: str) -> None:
    """Names are made of the track's name, the catalogue's label and unit, and the figures."""
    assert describe(MIX, path, before, after) == name  # type: ignore[arg-type]


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.scope}/{row.name}")
def test_every_parameter_has_a_name(row) -> None:
    """From the lowest to the highest value, each row makes a line of text."""
    mix: Mix = desk()
    path = path_of(row)
    low, high = row.value(row.low), row.value(row.high)
    assert 5 < len(describe(mix, path, low, high)) < 60
