"""Varied material for meters: noise, sines, bursts, slow dynamics, one channel, very quiet, clipped; all below 20 kHz."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin

RATE = 48_000
Audio = NDArray[np.float32]
_BAND = firwin(255, 20_000, fs=RATE)


def below_20_khz(audio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take away what lies near the Nyquist frequency, where true peak has no one answer."""
    return np.stack([np.convolve(plane, _BAND, "same") for plane in audio.T], axis=1)


def programmes(seconds: int = 12) -> dict[str, Audio]:
    """Make the material, by name."""
    frames = seconds * RATE
    n = np.arange(frames)
    white = below_20_khz(np.random.default_rng(5).standard_normal((frames, 2)))
    sides = np.clip(np.minimum(n, n[::-1]) / 4800.0, 0.0, 1.0)[:, None] * [1.0, 0.8]
    made = {
        "noise": 0.1 * white,
        "swelling": white * (10.0 ** (-1.0 - np.sin(2.0 * np.pi * n / (4.5 * RATE))))[:, None],
        "bursts": 0.2 * white * ((n % 24_000) < 5_000)[:, None],
        "quiet": 3e-4 * white,
        "one side": 0.1 * white * [1.0, 0.0],
        "clipped": below_20_khz(np.clip(white, -0.9, 0.9)),
        "bass": 0.5 * np.sin(2.0 * np.pi * 41.2 * n / RATE)[:, None] * sides,
        "treble": 0.5 * np.sin(2.0 * np.pi * 14_001.0 * n / RATE)[:, None] * sides,
        "clicks": 0.9 * below_20_khz(np.repeat(((n % 9_001) == 5_000)[:, None], 2, axis=1).astype(float)),
    }
    return {name: audio.astype(np.float32) for name, audio in made.items()}
