"""High-pass and low-pass against scipy's Butterworth designs and their analytic responses."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from helpers.cookbook import butterworth, decibels_at, filtered, measured_decibels, treble_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import RATE, TILE
from dsp.slot.layout import ALONE, BUS_SIZE, MODE_CUTS, MOVING, SKIP, STEADY

FRAMES = 19_200
STEM = noise(FRAMES)
TONE = stereo(0.25 * np.sin(2 * np.pi * 100 * np.arange(FRAMES) / RATE))
RANGES = {"highpass": (20.0, 1_000.0), "lowpass": (500.0, 20_000.0)}
CUTS = st.tuples(st.sampled_from(sorted(RANGES)), st.floats(0.0, 1.0), st.sampled_from((12, 24)))


def cut(side: str, hertz: float, slope: int, on: float = 1.0) -> dict[str, float]:
    """The settings of one cut of track 0."""
    return {f"0/{side}/on": on, f"0/{side}/frequency_hz": hertz, f"0/{side}/slope": float(slope == 24)}


def hertz_of(side: str, place: float) -> float:
    """A frequency by its place in the range."""
    low, high = RANGES[side]
    return min(low * (high / low) ** place, high)


@settings(max_examples=60, deadline=None)
@given(cuts=CUTS)
def test_it_matches_a_float64_filter(cuts: tuple[str, float, int]) -> None:
    """Over the whole range of both slopes the error against sosfilt in float64 lies below -120 dB of what comes out."""
    side, place, slope = cuts
    hertz = hertz_of(side, place)
    out, reference = Console([STEM], cut(side, hertz, slope)).play(FRAMES), filtered(butterworth(side, hertz, slope), STEM)
    assert np.abs(out - reference).max() < 1e-6 * np.abs(reference).max()


@settings(max_examples=30, deadline=None)
@given(cuts=CUTS)
def test_it_has_its_analytic_response(cuts: tuple[str, float, int]) -> None:
    """The answer to an impulse is Butterworth's within 0.01 dB wherever that is above -60 dB."""
    side, place, slope = cuts
    impulse = np.zeros(FRAMES, np.float32)
    impulse[0] = 1.0
    hertz = np.geomspace(20.0, 20_000.0, 60)
    want = decibels_at(butterworth(side, hertz_of(side, place), slope), hertz)
    found = measured_decibels(Console([stereo(impulse)], cut(side, hertz_of(side, place), slope)).play(FRAMES), hertz)
    assert found[want > -60] == pytest.approx(want[want > -60], abs=0.01)


@pytest.mark.parametrize("slope", [12, 24])
def test_both_cuts_run_in_a_row(slope: int) -> None:
    """A high-pass and a low-pass at once are the product of their responses."""
    out = Console([STEM], cut("highpass", 300.0, slope) | cut("lowpass", 3_000.0, slope)).play(FRAMES)
    sos = np.concatenate([butterworth("highpass", 300.0, slope), butterworth("lowpass", 3_000.0, slope)])
    reference = filtered(sos, STEM)
    assert np.abs(out - reference).max() < 1e-6 * np.abs(STEM).max()


@pytest.mark.parametrize("slope", [12, 24])
@pytest.mark.parametrize("side", RANGES)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_switching_makes_no_click(side: str, place: float, slope: int) -> None:
    """Switched on and off, it leaves nothing above 6 kHz of a low tone, and in the end the tone itself."""
    switch = events([(4800, f"0/{side}/on", 1.0, 15), (9600, f"0/{side}/on", 0.0, 15)])
    out = Console([TONE], cut(side, hertz_of(side, place), slope, 0.0), events=switch).play(FRAMES)
    assert treble_of(out) < -80
    assert np.array_equal(out[:4000], TONE[:4000])
    assert place == 0.0 or np.array_equal(out[-2400:], TONE[-2400:])


@pytest.mark.parametrize("side", RANGES)
def test_changing_slope_and_frequency_makes_no_click(side: str) -> None:
    """A glide of slope and frequency leaves next to nothing above 6 kHz, and lands on the filter that was asked for."""
    desk, hertz = cut(side, hertz_of(side, 0.3), 12), hertz_of(side, 0.6)
    moves = [(4800, f"0/{side}/slope", 1.0, 30), (7200, f"0/{side}/frequency_hz", hertz, 30)]
    out = Console([TONE], desk, events=events(moves)).play(FRAMES)
    assert treble_of(out) < -75
    assert np.allclose(out[-4800:], filtered(butterworth(side, hertz, 24), TONE)[-4800:], rtol=0, atol=1e-6)


def test_switched_off_it_forgets() -> None:
    """Off and on again it starts from nothing: the second time sounds like the first."""
    pulse = np.zeros((FRAMES, 2), np.float32)
    pulse[0] = pulse[9600] = 0.5
    switch = events([(4800, "0/highpass/on", 0.0, 15), (6400, "0/highpass/on", 1.0, 1)])
    out = Console([pulse], {"0/highpass/on": 1.0}, events=switch).play(FRAMES)
    assert np.array_equal(out[:4000], out[9600:13_600])


def test_a_group_runs_only_what_it_needs() -> None:
    """No cut, one high-pass, both filters of a slope, coefficients in motion: each is run its own way; off is left out again."""
    moves = [(2 * TILE, "3/highpass/on", 1.0, 2), (6 * TILE, "3/highpass/slope", 1.0, 2), (10 * TILE, "3/highpass/on", 0.0, 2)]
    console = Console([STEM], events=events(moves))
    seen = []
    for _ in range(14):
        console.render(TILE)
        seen.append(console.state32[BUS_SIZE + MODE_CUTS])
    assert seen == [SKIP] * 2 + [MOVING] * 2 + [ALONE] * 2 + [MOVING] * 2 + [STEADY] * 2 + [MOVING] * 2 + [SKIP] * 2
