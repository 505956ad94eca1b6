"""The high-pass against scipy and its analytic response."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from scipy import signal

from dsp.grid import RATE

FRAMES = 19_200


def cookbook(hertz: float) -> np.ndarray:
    """RBJ's high-pass with a Butterworth corner, as one second-order section."""
    w = 2 * np.pi * hertz / RATE
    c, alpha = np.cos(w), np.sin(w) / np.sqrt(2)
    return np.array([[(1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha]]) / (1 + alpha)


@pytest.mark.parametrize("hertz", [20.0, 80.0, 300.0, 1000.0])
def test_it_matches_a_float64_filter(hertz: float) -> None:
    """The error against sosfilt in float64 lies below -120 dB of the signal, also for the lowest corner."""
    stem = noise(FRAMES)
    out = Console([stem], {"0/highpass/on": 1.0, "0/highpass/frequency_hz": hertz}).play(FRAMES)
    reference = signal.sosfilt(cookbook(hertz), stem.astype(float), axis=0)
    assert np.abs(out - reference).max() < 1e-6 * np.abs(reference).max()


def test_its_slope_is_twelve_decibels_per_octave() -> None:
    """-3 dB at the corner, -12.3 dB an octave below it, nothing far above."""
    impulse = np.zeros(FRAMES)
    impulse[0] = 1.0
    out = Console([stereo(impulse)], {"0/highpass/on": 1.0, "0/highpass/frequency_hz": 200.0}).play(FRAMES)[:, 0]
    response = 20 * np.log10(np.abs(np.fft.rfft(out)))
    at = [round(hertz * FRAMES / RATE) for hertz in (200, 100, 5000)]
    assert np.allclose(response[at], [-3.01, -12.3, 0.0], atol=0.05)


def test_switching_makes_no_click() -> None:
    """While it is switched on and off, no step of a slow sine is larger than the sine's own and the filter's."""
    sine = stereo(0.5 * np.sin(2 * np.pi * 40 * np.arange(FRAMES) / RATE))
    switch = events([(4800, "0/highpass/on", 1.0, 15), (9600, "0/highpass/on", 0.0, 15)])
    out = Console([sine], {"0/highpass/frequency_hz": 200.0}, events=switch).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 2.5 * np.abs(np.diff(sine[:, 0])).max()
    assert np.array_equal(out[:4000], sine[:4000, 0])
    assert np.array_equal(out[10_200:], sine[10_200:, 0])


def test_switched_off_it_forgets() -> None:
    """Off and on again it starts from nothing: the second time sounds like the first."""
    pulse = np.zeros((FRAMES, 2), np.float32)
    pulse[0] = pulse[9600] = 0.5
    switch = events([(4800, "0/highpass/on", 0.0, 15), (6400, "0/highpass/on", 1.0, 1)])
    out = Console([pulse], {"0/highpass/on": 1.0}, events=switch).play(FRAMES)
    assert np.array_equal(out[:4000], out[9600:13_600])
