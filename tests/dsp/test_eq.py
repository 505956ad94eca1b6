"""The four bands against scipy and the RBJ cookbook's analytic responses."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dsp.grid import RATE
from dsp.layout import BUS_SIZE, MODE_EQ, SKIP

FRAMES = 9600
KINDS = {1: "low", 2: "bell", 3: "bell", 4: "high"}


def cookbook(kind: str, hertz: float, decibels: float, q: float) -> np.ndarray:
    """RBJ's formulas in their own form, float64."""
    gain, w = 10 ** (decibels / 40), 2 * np.pi * hertz / RATE
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    if kind == "bell":
        b, a = (1 + alpha * gain, -2 * c, 1 - alpha * gain), (1 + alpha / gain, -2 * c, 1 - alpha / gain)
    else:
        sign, r = (1 if kind == "low" else -1), 2 * np.sqrt(gain) * alpha
        up, down, k = gain + 1, (gain - 1) * sign, c
        b = (gain * (up - down * k + r), 2 * gain * (down - up * k) if sign == 1 else -2 * gain * (gain - 1 + up * k),
             gain * (up - down * k - r))  # fmt: skip
        a = (up + down * k + r, -2 * (down + up * k) if sign == 1 else 2 * (gain - 1 - up * k), up + down * k - r)
    return np.array([*b, *a]) / a[0]


def settings_of(band: int, hertz: float, decibels: float, q: float) -> dict[str, float]:
    """One band of track 0."""
    return {f"0/eq/{band}/frequency_hz": hertz, f"0/eq/{band}/gain_db": decibels, f"0/eq/{band}/q": q}


@settings(max_examples=60, deadline=None)
@given(
    band=st.integers(1, 4),
    octave=st.floats(np.log2(20.0), np.log2(20_000.0)),
    decibels=st.floats(-18.0, 18.0),
    q=st.floats(0.1, 18.0),
)
def test_every_band_matches_the_cookbook(band: int, octave: float, decibels: float, q: float) -> None:
    """Over the whole range of its parameters a band errs below -110 dB of what it puts out, above 10 kHz below -90 dB."""
    stem = noise(FRAMES)
    out = Console([stem], settings_of(band, 2**octave, decibels, q)).play(FRAMES)
    reference = signal.sosfilt(cookbook(KINDS[band], 2**octave, decibels, q)[None], stem.astype(float), axis=0)
    limit = 3e-6 if 2**octave < 10_000 else 3e-5
    assert np.abs(out - reference).max() < limit * np.abs(reference).max()


def test_all_bands_run_in_series() -> None:
    """Four bands at once are the product of their responses."""
    rows = {1: (100.0, 6.0, 0.7), 2: (400.0, -9.0, 2.0), 3: (2500.0, 4.0, 1.0), 4: (8000.0, -6.0, 0.7)}
    stem = noise(FRAMES)
    desk = {path: value for band, row in rows.items() for path, value in settings_of(band, *row).items()}
    sections = np.array([cookbook(KINDS[band], *row) for band, row in rows.items()])
    reference = signal.sosfilt(sections, stem.astype(float), axis=0)
    assert np.abs(Console([stem], desk).play(FRAMES) - reference).max() < 1e-6


@pytest.mark.parametrize(("band", "hertz"), [(1, 20.0), (2, 400.0), (4, 23_000.0)])
def test_a_band_reaches_its_gain(band: int, hertz: float) -> None:
    """A shelf's far side and a bell's centre stand at the gain that was asked for."""
    impulse = np.zeros(48_000)
    impulse[0] = 0.5
    out = Console([stereo(impulse)], settings_of(band, {1: 400.0, 2: 400.0, 4: 3000.0}[band], 9.0, 0.71)).play(48_000)[:, 0]
    assert 20 * np.log10(2 * np.abs(np.fft.rfft(out))[round(hertz)]) == pytest.approx(9.0, abs=0.1)


def test_flat_bands_do_nothing_and_cost_nothing() -> None:
    """At 0 dB the samples pass untouched, and a band that comes back to 0 dB is left out once it has rung out."""
    stem = noise(FRAMES)
    move = events([(960, "0/eq/2/gain_db", 9.0, 15), (2400, "0/eq/2/gain_db", 0.0, 15)])
    console = Console([stem], events=move)
    out = console.play(FRAMES)
    assert np.array_equal(out[:900], stem[:900])
    assert not np.array_equal(out[1200:2400], stem[1200:2400])
    assert np.array_equal(out[-960:], stem[-960:])
    assert console.state32[BUS_SIZE + MODE_EQ] == SKIP


def test_switching_makes_no_click() -> None:
    """Switching the equaliser in and out of a sine makes no step larger than the louder sine's own."""
    sine = stereo(0.25 * np.sin(2 * np.pi * 100 * np.arange(FRAMES) / RATE))
    switch = events([(2400, "0/eq/on", 1.0, 15), (6400, "0/eq/on", 0.0, 15)])
    out = Console([sine], {"0/eq/on": 0.0, **settings_of(1, 400.0, 12.0, 0.71)}, events=switch).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 4.2 * np.abs(np.diff(sine[:, 0])).max()
    assert np.array_equal(out[7200:], sine[7200:, 0])
