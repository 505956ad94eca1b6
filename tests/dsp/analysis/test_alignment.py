"""Alignment: delays that are known are found to a fraction of a sample, with their polarity, in noise and over minutes."""

import numpy as np
import pytest
from helpers.music import music

from dsp.analysis.alignment import Alignment, align

RATE = 48_000
REACH = 60 * RATE
SECONDS = 8


def noise(seed: int, seconds: int = SECONDS) -> np.ndarray:
    """Stereo noise, float32 ``(frames, 2)``."""
    return (0.1 * np.random.default_rng(seed).standard_normal((seconds * RATE, 2))).astype(np.float32)


def later(audio: np.ndarray, frames: float) -> np.ndarray:
    """Audio delayed by any fraction, exact for everything below half the sample rate."""
    padded = np.concatenate((audio, np.zeros((8_192, 2))))
    turned = np.fft.rfft(padded, axis=0) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(padded)) * frames)[:, None]
    return np.fft.irfft(turned, len(padded), axis=0).astype(np.float32)


def alignment(one: np.ndarray, other: np.ndarray) -> Alignment:
    """The alignment of two pieces of audio."""
    return align(one, other, REACH)


@pytest.mark.parametrize("offset", [0.0, 1.0, 480.0, -731.0, 4_001.0, 0.25, -0.5, 17.37, -300.81])
@pytest.mark.parametrize("sign", [1, -1])
def test_offsets_are_found_to_a_hundredth(offset: float, sign: int) -> None:
    """Copies of music, later by whole or broken frames, either way up: within 0.01 frames, and sure."""
    audio = music(1, SECONDS * RATE)
    found = alignment(audio, np.float32(sign) * later(audio, offset))
    assert found.offset == pytest.approx(offset, abs=0.01)
    assert found.inverted is (sign < 0)
    assert found.confidence > 0.95
    assert found.ambiguity < 0.5


@pytest.mark.parametrize("seconds", [2, 7, 31])
def test_long_offsets_are_found(seconds: int) -> None:
    """Recordings that began many seconds apart are brought together roughly first, then to the frame."""
    audio = music(2, 20 * RATE)
    frames = seconds * RATE + 1_234
    found = alignment(audio, np.concatenate((np.zeros((frames, 2), np.float32), audio)))
    assert found.offset == pytest.approx(frames, abs=0.01)
    assert found.confidence > 0.9
    back = alignment(np.concatenate((np.zeros((frames, 2), np.float32), audio)), audio)
    assert back.offset == pytest.approx(-frames, abs=0.01)


@pytest.mark.parametrize(("snr_db", "within"), [(20, 0.01), (6, 0.02), (0, 0.05)])
def test_noise_costs_little(snr_db: int, within: float) -> None:
    """With as much noise as signal the offset is still right to a twentieth of a frame."""
    audio = noise(1, 20)
    heard = later(audio, 100.25)[: len(audio)] + noise(2, 20) * np.float32(10 ** (-snr_db / 20))
    found = alignment(audio, heard)
    assert found.offset == pytest.approx(100.25, abs=within)
    assert found.confidence > 0.4


def test_another_colour_does_not_matter() -> None:
    """A second microphone with another tone and level gives the same offset: only phase counts."""
    audio = noise(5)
    dull = np.cumsum(audio, axis=0).astype(np.float32) * np.float32(0.01)
    dull[1:] -= np.float32(0.9) * dull[:-1]
    found = alignment(audio, later(dull, 57.0))
    assert found.offset == pytest.approx(57.0, abs=0.6)
    assert found.confidence > 0.5


def test_strangers_are_not_aligned() -> None:
    """Two pieces that have nothing in common have no confidence, whatever offset comes out."""
    assert alignment(music(1, SECONDS * RATE), music(2, SECONDS * RATE)).confidence < 0.05
    assert alignment(noise(1), noise(2)).confidence < 0.05


def test_a_tone_is_a_guess() -> None:
    """A lone sine fits every period later, and upside down between: it is called ambiguous."""
    t = np.arange(SECONDS * RATE) / RATE
    tone = np.repeat(0.3 * np.sin(2 * np.pi * 55 * t)[:, None], 2, axis=1).astype(np.float32)
    assert alignment(tone, tone).ambiguity > 0.9


def test_silence_and_moments_are_no_trouble() -> None:
    """Nothing can be said of silence; less than a window is enough where there is something."""
    assert alignment(np.zeros((1_000, 2), np.float32), noise(1)).confidence == 0
    assert alignment(noise(1), np.zeros((1_000, 2), np.float32)).confidence == 0
    short = noise(6)[:4_000]
    assert alignment(short, np.roll(short, 40, axis=0)).offset == pytest.approx(40, abs=0.05)


def test_no_offset_beyond_the_reach() -> None:
    """What would be further than asked for is not offered."""
    audio = noise(7)
    assert abs(align(audio, later(audio, 4_000.0), 1_000).offset) <= 1_001
