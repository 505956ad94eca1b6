"""The four bands against scipy in float64 and the RBJ cookbook's analytic responses."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from helpers.cookbook import Band, bands_of, decibels_at, filtered, measured_decibels, section, sections, treble_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsp.desk.catalogue import KINDS
from dsp.grid import RATE, TILE
from dsp.slot.layout import BUS_SIZE, MODE_EQ, PRECISELY, SKIP

FRAMES = 9600
STEM = noise(FRAMES)
EXACT = 1e-6
"""-120 dB."""
BANDS = st.tuples(
    st.sampled_from(KINDS), st.floats(np.log2(20.0), np.log2(20_000.0)).map(lambda octave: 2.0**octave),
    st.floats(-18.0, 18.0), st.floats(0.1, 18.0),
)  # fmt: skip
MUSICAL = st.tuples(
    st.sampled_from(KINDS), st.floats(np.log2(40.0), np.log2(12_000.0)).map(lambda octave: 2.0**octave),
    st.floats(-6.0, 6.0), st.floats(0.3, 1.4),
)  # fmt: skip
TONE = stereo(0.25 * np.sin(2 * np.pi * 100 * np.arange(19_200) / RATE))


@settings(max_examples=100, deadline=None)
@given(number=st.integers(1, 4), band=BANDS)
@example(1, ("high_shelf", 20_000.0, 18.0, 18.0))
@example(2, ("low_shelf", 20_000.0, -18.0, 18.0))
@example(3, ("low_shelf", 40.0, 18.0, 12.0))
@example(4, ("bell", 20.0, 18.0, 18.0))
@example(2, ("bell", 20_000.0, 18.0, 18.0))
@example(1, ("notch", 50.0, 0.0, 18.0))
@example(1, ("notch", 20.0, 0.0, 0.1))
def test_every_band_matches_a_float64_filter(number: int, band: Band) -> None:
    """Over the whole range of its parameters a band of any shape errs below -120 dB of what it puts out."""
    out = Console([STEM], bands_of({number: band})).play(FRAMES)
    reference = filtered(sections([band]), STEM)
    assert np.abs(out - reference).max() < EXACT * np.abs(reference).max()


@settings(max_examples=40, deadline=None)
@given(bands=st.tuples(BANDS, BANDS, BANDS, BANDS))
def test_all_bands_in_a_row_match_a_float64_filter(bands: tuple[Band, ...]) -> None:
    """Errors of four add up: any settings err below -114 dB of the loudest on the way (what goes in, or what any puts out)."""
    out = Console([STEM], bands_of(dict(enumerate(bands, 1)))).play(FRAMES)
    ways = [STEM, *(filtered(sections(bands[:count]), STEM) for count in range(1, 5))]
    assert np.abs(out - ways[-1]).max() < 2 * EXACT * max(np.abs(way).max() for way in ways)


def test_a_usual_equaliser_matches_a_float64_filter() -> None:
    """Four bands as music asks for them err below -125 dB of what comes out, in float32."""
    bands: list[Band] = [
        ("low_shelf", 100.0, 4.0, 0.7),
        ("bell", 350.0, -6.0, 1.4),
        ("bell", 2_800.0, 3.0, 1.0),
        ("high_shelf", 9e3, -5.0, 0.7),
    ]
    console = Console([STEM], bands_of(dict(enumerate(bands, 1))))
    out, reference = console.play(FRAMES), filtered(sections(bands), STEM)
    assert not console.state32[BUS_SIZE + PRECISELY :][:16].any()
    assert np.abs(out - reference).max() < 10 ** (-125 / 20) * np.abs(reference).max()


@settings(max_examples=30, deadline=None)
@given(band=BANDS)
@example(("high_shelf", 20_000.0, 18.0, 18.0))
@example(("notch", 1000.0, 0.0, 18.0))
def test_every_band_has_its_analytic_response(band: Band) -> None:
    """The answer to an impulse is the cookbook's response within 0.01 dB wherever that is above -60 dB."""
    impulse = np.zeros(1 << 15, np.float32)
    impulse[0] = 1.0
    hertz = np.geomspace(200.0, 23_000.0, 60)
    band = (band[0], max(band[1], 200.0), *band[2:])
    want = decibels_at(sections([band]), hertz)
    found = measured_decibels(Console([stereo(impulse)], bands_of({2: band})).play(len(impulse)), hertz)
    audible = want > -60
    assert found[audible] == pytest.approx(want[audible], abs=0.01)


@settings(max_examples=30, deadline=None)
@given(band=MUSICAL)
def test_what_music_asks_for_stays_in_float32(band: Band) -> None:
    """The common settings are rendered by the cheap path, and it is good enough for them."""
    console = Console([STEM], bands_of({2: band}))
    out, reference = console.play(FRAMES), filtered(sections([band]), STEM)
    assert not console.state32[BUS_SIZE + PRECISELY :][:16].any()
    assert np.abs(out - reference).max() < EXACT * np.abs(reference).max()


def test_a_lane_in_float64_leaves_its_neighbours_alone() -> None:
    """Tracks beside one that needs the precise path are the same bits as without it, and so is that one alone."""
    mild, sharp = bands_of({2: ("bell", 300.0, 4.0, 1.0)}, "1"), bands_of({3: ("notch", 50.0, 0.0, 18.0)})
    silent = np.zeros_like(STEM)
    assert np.array_equal(Console([silent, STEM], mild).play(FRAMES), Console([silent, STEM], mild | sharp).play(FRAMES))
    assert np.array_equal(Console([STEM, silent], sharp).play(FRAMES), Console([STEM, silent], mild | sharp).play(FRAMES))


def test_going_to_float64_and_back_makes_no_click() -> None:
    """A Q that grows until the band needs float64, and shrinks again, leaves nothing above 6 kHz of a low tone."""
    desk = bands_of({2: ("bell", 100.0, 12.0, 1.0)})
    console = Console([TONE], desk, events=events([(4800, "0/eq/2/q", 18.0, 30), (9600, "0/eq/2/q", 1.0, 30)]))
    out = [console.render(7200)]
    assert console.state32[BUS_SIZE + PRECISELY :][:16].tolist() == [1.0, 1.0] + [0.0] * 14
    out.append(console.render(19_200 - 7200))
    assert not console.state32[BUS_SIZE + PRECISELY :][:16].any()
    assert treble_of(np.concatenate(out)) < -110


@pytest.mark.parametrize(("kind", "hertz"), [("low_shelf", 20.0), ("bell", 400.0), ("high_shelf", 23_000.0)])
def test_a_band_reaches_its_gain(kind: str, hertz: float) -> None:
    """A shelf's far side and a bell's centre stand at the gain that was asked for."""
    impulse = np.zeros(48_000)
    impulse[0] = 0.5
    corner = {"low_shelf": 400.0, "bell": 400.0, "high_shelf": 3000.0}[kind]
    out = Console([stereo(impulse)], bands_of({1: (kind, corner, 9.0, 0.71)})).play(48_000)[:, 0]
    assert 20 * np.log10(2 * np.abs(np.fft.rfft(out))[round(hertz)]) == pytest.approx(9.0, abs=0.1)


def test_flat_bands_do_nothing_and_cost_nothing() -> None:
    """At 0 dB the samples pass untouched, and a band that comes back to 0 dB is left out once it has rung out."""
    move = events([(960, "0/eq/2/gain_db", 9.0, 15), (2400, "0/eq/2/gain_db", 0.0, 15)])
    console = Console([STEM], events=move)
    out = console.play(FRAMES)
    assert np.array_equal(out[:900], STEM[:900])
    assert not np.array_equal(out[1200:2400], STEM[1200:2400])
    assert np.array_equal(out[-960:], STEM[-960:])
    assert console.state32[BUS_SIZE + MODE_EQ] == SKIP


def test_a_notch_at_no_gain_is_still_a_notch() -> None:
    """Its gain means nothing: it takes out its frequency at 0 dB as at any."""
    tone = stereo(0.25 * np.sin(2 * np.pi * 1000 * np.arange(FRAMES) / RATE))
    out = [Console([tone], bands_of({2: ("notch", 1000.0, gain, 2.0)})).play(FRAMES) for gain in (0.0, 12.0)]
    assert np.abs(out[0][4800:]).max() < 1e-4
    assert np.allclose(*out, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("hertz", "q"), [(100.0, 18.0), (300.0, 0.7), (20_000.0, 0.7), (20_000.0, 18.0)])
def test_switching_makes_no_click(kind: str, hertz: float, q: float) -> None:
    """Switched in and out, an equaliser leaves nothing above 6 kHz of a low tone, and in the end the tone itself."""
    switch = events([(4800, "0/eq/on", 1.0, 15), (9600, "0/eq/on", 0.0, 15)])
    out = Console([TONE], {"0/eq/on": 0.0, **bands_of({2: (kind, hertz, 18.0, q)})}, events=switch).play(19_200)
    assert treble_of(out) < -85
    assert np.array_equal(out[:4000], TONE[:4000])
    assert q > 1 or np.array_equal(out[-4800:], TONE[-4800:])


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
def test_a_shape_glides_into_any_other(before: str, after: str) -> None:
    """A change of shape leaves next to nothing above 6 kHz of a low tone, and then sounds as if it had always been so."""
    band = (before, 300.0, 12.0, 2.0)
    move = events([(4800, "0/eq/2/kind", float(KINDS.index(after)), 30)])
    out = Console([TONE], bands_of({2: band}), events=move).play(19_200)
    assert treble_of(out) < -58
    settled = filtered(np.array([section(after, *band[1:])]), TONE)
    assert np.allclose(out[-4800:], settled[-4800:], rtol=0, atol=2e-6)


def test_every_step_of_a_glide_is_stable() -> None:
    """Shape, frequency, gain and Q swept at once through their whole ranges, tile by tile, never ring up."""
    random = np.random.default_rng(2)
    ends = {"kind": (0.0, 3.0), "frequency_hz": (20.0, 20_000.0), "gain_db": (-18.0, 18.0), "q": (0.1, 18.0)}
    rows = [
        (TILE * int(tile), f"0/eq/{band}/{name}", float(random.choice(ends[name])), int(random.integers(1, 30)))
        for band in range(1, 5) for name in ends for tile in random.integers(0, 600, 40)
    ]  # fmt: skip
    out = Console([STEM] * 1, events=events(rows)).render(19_200)
    assert np.abs(out).max() < 1e4
    assert np.abs(out[-3200:]).max() < 100
