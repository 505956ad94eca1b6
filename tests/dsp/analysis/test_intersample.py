"""The judge of true peaks: never below the reference, near the truth, and the same wherever blocks end."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from dsp.analysis.intersample import highest, peaks

RATE = 48_000


def reference(audio: np.ndarray) -> float:
    """Sixteen times oversampled by scipy's polyphase filter."""
    return float(np.abs(resample_poly(audio.astype(float), 16, 1, axis=0)).max())


def stereo(line: np.ndarray) -> np.ndarray:
    """One line on both sides, float32."""
    return np.repeat(line[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize("hz", [997.0, 5_000.0, 12_000.0, 15_000.0, 19_000.0])
@pytest.mark.parametrize("phase", [0.0, 0.3, np.pi / 4])
def test_sines_read_their_amplitude(hz: float, phase: float) -> None:
    """Wherever its samples fall, a sine of 0.5 reads 0.5 within 0.1 dB."""
    t = np.arange(RATE) / RATE
    fade = np.minimum(1, np.minimum(t, t[::-1]) * 20)
    assert 20 * np.log10(highest([stereo(0.5 * fade * np.sin(2 * np.pi * hz * t + phase))]) / 0.5) == pytest.approx(0, abs=0.1)


def test_it_is_never_below_the_reference() -> None:
    """On noise, impulses, squares and music-like material."""
    rng = np.random.default_rng(1)
    impulse = np.zeros(RATE)
    impulse[1_000::777] = 1.0
    for line in (np.clip(rng.standard_normal(RATE), -1, 1), impulse, np.sign(np.sin(0.13 * np.arange(RATE)))):
        audio = stereo(line)
        assert highest([audio]) >= reference(audio) * 0.9999


def test_a_value_for_every_frame() -> None:
    """As many come out as frames went in, and the highest stands where the peak is."""
    audio = np.zeros((10_000, 2), np.float32)
    audio[5_000, 1] = -0.7
    found = np.concatenate(list(peaks([audio])))
    assert len(found) == 10_000
    assert abs(int(found.argmax()) - 5_000) <= 1


@pytest.mark.parametrize("cut", [1, 17, 64, 5_000])
def test_cuts_do_not_show(cut: int) -> None:
    """Blocks of any size give the same values."""
    audio = np.random.default_rng(2).uniform(-1, 1, (9_999 if cut > 1 else 500, 2)).astype(np.float32)
    pieces = (audio[at : at + cut] for at in range(0, len(audio), cut))
    assert (np.concatenate(list(peaks(pieces))) == np.concatenate(list(peaks([audio])))).all()


def test_silence_has_no_peak() -> None:
    """Nothing rises from silence."""
    assert highest([np.zeros((100, 2), np.float32)]) == 0
    assert highest([]) == 0
