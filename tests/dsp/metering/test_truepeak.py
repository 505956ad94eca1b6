"""True peak against a reference with sixteen points a frame, tile by tile."""

import numpy as np
import pytest
from helpers.programme import below_20_khz
from numba import float32, njit, void
from scipy.signal import firwin, resample_poly

from dsp.grid import TILE
from dsp.metering.truepeak import LAG, find_true_peak
from dsp.slot.layout import BUS_SIZE, TRUE_PEAK

WINDOW = firwin(2 * 64 * 16 + 1, 1 / 16, window=("kaiser", 10.0))


@njit(void(float32[::1], float32[::1]))
def run(state32, audio):
    """Take whole tiles."""
    for at in range(0, len(audio), 2 * TILE):
        find_true_peak(state32, audio, at)


def found(audio):
    """True peak of left and right."""
    state32 = np.zeros(BUS_SIZE, np.float32)
    whole = -(-(len(audio) + LAG) // TILE) * TILE
    run(state32, np.concatenate((audio, np.zeros((whole - len(audio), 2)))).astype(np.float32).reshape(-1))
    return state32[TRUE_PEAK : TRUE_PEAK + 2]


def reference(audio):
    """The same with sixteen points a frame."""
    return np.abs(resample_poly(audio.astype(np.float32).astype(np.float64), 16, 1, axis=0, window=WINDOW)).max(axis=0)


def faded(plane):
    """A plane in both channels, the right one lower, faded in and out."""
    n = np.arange(len(plane))
    return (plane * np.clip(np.minimum(n, n[::-1]) / 500.0, 0.0, 1.0))[:, None] * [1.0, 0.6]


@pytest.mark.parametrize("seed", range(12))
def test_noise(seed: int) -> None:
    """Noise below 20 kHz, in each channel: within 0.1 dB, whatever was loudest."""
    audio = below_20_khz(np.random.default_rng(seed).standard_normal((3_000, 2)))
    assert 20.0 * np.log10(found(audio) / reference(audio)) == pytest.approx(np.zeros(2), abs=0.1)


@pytest.mark.parametrize("hz", [50.0, 1_000.0, 5_001.0, 11_997.0, 12_000.0, 16_001.0, 19_500.0])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.785])
def test_sines(hz: float, phase: float) -> None:
    """Sines up to 19.5 kHz at any phase: within 0.12 dB below and 0.05 dB above their amplitude."""
    audio = faded(0.8 * np.sin(2.0 * np.pi * hz * np.arange(6_000) / 48_000 + phase))
    off_db = 20.0 * np.log10(found(audio) / [0.8, 0.48])
    assert off_db.min() > -0.12
    assert off_db.max() < 0.05


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.9])
def test_a_click_between_samples(shift: float) -> None:
    """A band-limited click that falls between two samples is found wherever it lies in a tile, within 0.1 dB."""
    for at in range(200, 200 + TILE, 5):
        t = np.arange(600) - at - shift
        audio = np.tile((np.sinc(0.8 * t) * np.exp(-((t / 60.0) ** 2)))[:, None], 2)
        assert 20.0 * np.log10(found(audio) / reference(audio)) == pytest.approx(np.zeros(2), abs=0.1)


def made(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Adversarial material: sparse impulses, squares, clipped noise, short bursts of a few sines up to 19.7 kHz."""
    t = np.arange(1_500)
    match kind:
        case "impulses":
            return np.where(rng.random(1_500) < 0.01, rng.uniform(-1.0, 1.0, 1_500), 0.0)
        case "square":
            return np.sign(np.sin(2.0 * np.pi * rng.uniform(0.005, 0.2) * t + rng.uniform(0.0, 6.0)))
        case "clipped":
            return np.clip(rng.uniform(0.5, 5.0) * rng.standard_normal(1_500), -1.0, 1.0)
    sines = (rng.uniform(0.1, 1.0) * np.sin(2.0 * np.pi * rng.uniform(0.001, 0.41) * t + rng.uniform(0.0, 6.0)) for _ in range(4))
    return sum(sines) * np.exp(-(((t - 700) / rng.uniform(20.0, 400.0)) ** 2))


@pytest.mark.parametrize("kind", ["impulses", "square", "clipped", "bursts"])
def test_what_is_hard(kind: str) -> None:
    """Nothing that lies below 20 kHz is missed by more than 0.1 dB."""
    rng = np.random.default_rng(17)
    for _ in range(40):
        audio = below_20_khz(np.tile(made(kind, rng)[:, None], 2))[50:-50, 0]
        audio = faded(audio)
        assert 20.0 * np.log10(found(audio) / reference(audio)) == pytest.approx(np.zeros(2), abs=0.1)


def test_samples_count() -> None:
    """No true peak lies below the largest sample, by more than the 0.03 dB that are not looked for."""
    for seed in range(10):
        audio = np.random.default_rng(seed).uniform(-1.0, 1.0, (2_000, 2))
        assert (found(audio) >= np.abs(audio).max(axis=0) * 0.996).all()


def test_silence() -> None:
    """Nothing is nothing."""
    assert not found(np.zeros((500, 2))).any()
