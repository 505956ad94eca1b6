"""The limiter's detector against sixteen times oversampling."""

import numpy as np
import pytest
from helpers.console import Console, stereo
from scipy import signal

from dsp.grid import RATE
from dsp.master.detector import BULGE, HALF, OVERSHOOT, QUARTER
from dsp.slot.columns import bus_meter

FRAMES = 9600


TAPS = signal.firwin(2 * 10 * 16 + 1, 1 / 16, window=("kaiser", 5.0)) * 16
"""What scipy interpolates with."""


def test_no_point_can_exceed_its_samples_by_more_than_the_bound() -> None:
    """The first shortcut for quiet tiles rests on what sixteen times oversampling can make of samples within 1."""
    assert max(np.abs(TAPS[phase::16]).sum() for phase in range(16)) < OVERSHOOT
    assert np.abs(QUARTER).sum() < OVERSHOOT
    assert np.abs(HALF).sum() < OVERSHOOT


@pytest.mark.parametrize("phase", range(1, 16))
def test_no_point_bulges_by_more_than_the_bound(phase: int) -> None:
    """The second shortcut: what a point adds to the line between its neighbours is a weighted sum of second differences."""
    weights = TAPS[phase::16] / TAPS[phase::16].sum()
    centre = weights @ np.arange(len(weights))
    line = np.maximum(1 - np.abs(np.arange(len(weights)) - centre), 0)
    of_differences = np.cumsum(np.cumsum(weights - line))
    assert of_differences[-1] == pytest.approx(0, abs=1e-9)
    assert np.abs(of_differences).sum() < BULGE


@pytest.mark.parametrize("hertz", [997.0, 6000.0, 12_000.0, 15_000.3, 17_999.0, 19_950.0])
@pytest.mark.parametrize("phase", [0.0, 0.4, np.pi / 4, 1.2])
def test_a_tone_reads_its_true_peak(hertz: float, phase: float) -> None:
    """The reduction of a tone 6 dB above a ceiling of -1 dB is told to 0.05 dB: its peaks lie anywhere between the samples."""
    tone = 10 ** (5 / 20) * np.sin(2 * np.pi * hertz / RATE * np.arange(FRAMES) + phase) * np.minimum(np.arange(FRAMES) / 960, 1)
    desk = {"master/limiter/on": 1.0, "master/limiter/ceiling_db": -1.0, "master/limiter/release_ms": 1000.0}
    console = Console([stereo(tone)], desk)
    console.render(FRAMES)
    assert console.meters[-1, bus_meter("master/gain_reduction_db", 8)] == pytest.approx(6.03, abs=0.05)
