"""The limiter for files: no peak above its ceiling, nothing done below it, the same wherever blocks end."""

import numpy as np
import pytest

from dsp.analysis.intersample import highest, peaks
from dsp.analysis.limiting import Limiter

RATES = (44_100, 48_000, 88_200, 96_000)


def limited(audio: np.ndarray, rate: int, drive: float, ceiling: float, cut: int = 50_000) -> np.ndarray:
    """Audio ``(frames, 2)`` through a limiter, in blocks of ``cut`` frames."""
    heights = np.concatenate(list(peaks([audio])))
    pairs = ((audio[at : at + cut], heights[at : at + cut]) for at in range(0, len(audio), cut))
    return np.concatenate(list(Limiter(rate, drive, ceiling).run(pairs)))


def noise(frames: int = 100_000) -> np.ndarray:
    """Noise with bursts, clipped."""
    rng = np.random.default_rng(1)
    bursts = 1 + 3 * (np.sin(np.arange(frames) / 3_000) > 0.7)
    return np.clip(0.3 * bursts[:, None] * rng.standard_normal((frames, 2)), -1, 1).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("drive", [1.0, 4.0, 30.0])
def test_peaks_stay_below_the_ceiling(rate: int, drive: float) -> None:
    """Within 0.01 dB, however hard it is driven, and as many frames come out as went in."""
    out = limited(noise(), rate, drive, 0.89)
    assert len(out) == 100_000
    assert 20 * np.log10(highest([out]) / 0.89) < 0.01


def test_what_is_below_passes_unchanged() -> None:
    """Audio that never comes near is the same to the bit at a drive of 1."""
    audio = 0.2 * noise()
    assert (limited(audio, 48_000, 1.0, 0.89) == audio).all()


def test_it_lets_go() -> None:
    """A second after a peak the gain is back."""
    audio = np.full((100_000, 2), 0.1, np.float32)
    audio[10_000] = 1.0
    out = limited(audio, 48_000, 1.0, 0.5)
    assert out[9_990, 0] < 0.06
    assert (out[:9_700] == audio[:9_700]).all()
    assert out[80_000:] == pytest.approx(audio[80_000:], rel=1e-5)


@pytest.mark.parametrize("cut", [1, 100, 333])
def test_cuts_do_not_show(cut: int) -> None:
    """Blocks of any size give the same samples, but for rounding."""
    audio = noise(5_000)
    assert limited(audio, 48_000, 4.0, 0.89, cut) == pytest.approx(limited(audio, 48_000, 4.0, 0.89), abs=1e-7)
