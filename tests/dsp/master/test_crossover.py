"""The crossovers: each band is what Linkwitz and Riley say, and their sum is flat."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest
from helpers.console import Console
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from scipy import signal

from dsp.grid import LATENCY, RATE

FRAMES = 1 << 16
OPEN = {"master/multiband/on": 1.0, **{f"master/multiband/{band}/ratio": 1.0 for band in range(1, 5)}}
HERTZ = np.fft.rfftfreq(FRAMES, 1 / RATE)
HEARD = (HERTZ >= 20) & (HERTZ <= 20_000)


def response(first: float, second: float, third: float, settings: Mapping[str, float] = MappingProxyType({})) -> np.ndarray:
    """The stage's answer to an impulse, over frequency."""
    impulse = np.zeros((FRAMES, 2), np.float32)
    impulse[0] = 1.0
    places = {f"master/multiband/crossover/{k}_hz": hertz for k, hertz in enumerate((first, second, third), 1)}
    return np.fft.rfft(Console([impulse], {**OPEN, **places, **settings}).play(FRAMES - LATENCY)[:, 0].astype(float), FRAMES)


@tried(max_examples=30, deadline=None)
@given(first=st.floats(40.0, 400.0), second=st.floats(400.0, 2000.0), third=st.floats(2000.0, 12_000.0))
def test_the_bands_add_up_flat(first: float, second: float, third: float) -> None:
    """With nothing turned down, the level is within 0.01 dB from 20 Hz to 20 kHz wherever the crossovers lie."""
    level = 20 * np.log10(np.abs(response(first, second, third)[HEARD]))
    assert np.abs(level).max() < 0.01


@pytest.mark.parametrize("places", [(40.0, 400.0, 2000.0), (400.0, 400.0, 12_000.0), (120.0, 800.0, 5000.0)])
def test_the_sum_turns_by_the_all_passes_of_all_three(places: tuple[float, float, float]) -> None:
    """Its phase is that of the three crossovers' all-passes in series, in float64."""
    expected = np.ones(len(HERTZ), complex)
    for place in places:
        a = signal.butter(2, place, fs=RATE)[1]
        expected *= signal.freqz(a[::-1], a, HERTZ, fs=RATE)[1]
    assert np.abs(response(*places) - expected)[HEARD].max() < 1e-3


@pytest.mark.parametrize(
    ("band", "filters"),
    [
        (1, [("lowpass", 150.0), ("lowpass", 900.0)]),
        (2, [("highpass", 150.0), ("lowpass", 900.0)]),
        (3, [("highpass", 900.0), ("lowpass", 4000.0)]),
        (4, [("highpass", 900.0), ("highpass", 4000.0)]),
    ],
)
def test_each_band_is_two_butterworths_twice(band: int, filters: list[tuple[str, float]]) -> None:
    """What a band adds when it is lifted by 6 dB has the magnitude of its fourth-order filters."""
    plain = response(150.0, 900.0, 4000.0)
    lifted = response(150.0, 900.0, 4000.0, {f"master/multiband/{band}/makeup_db": 20 * np.log10(2.0)})
    expected = np.ones(len(HERTZ))
    for kind, place in filters:
        expected *= np.abs(signal.freqz(*signal.butter(2, place, kind, fs=RATE), HERTZ, fs=RATE)[1]) ** 2
    assert np.abs(np.abs(lifted - plain) - expected)[HEARD].max() < 1e-4
