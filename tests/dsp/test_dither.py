"""Dither: no distortion, no memory of where the work was cut, noise where it is meant to be."""

from itertools import pairwise

import numpy as np
import pytest

from dsp.dither import ORDER, Quantiser, shaping

RATES = (44_100, 48_000, 88_200, 96_000)
FRAMES = 1 << 18


def sine(level: float, rate: int = 48_000, cycles: int = 5_443) -> np.ndarray:
    """A stereo sine with whole cycles in ``FRAMES`` frames, float32."""
    phase = 2 * np.pi * cycles * np.arange(FRAMES) / FRAMES
    return np.repeat((level * np.sin(phase))[:, None], 2, axis=1).astype(np.float32)


def spectrum_db(samples: np.ndarray) -> np.ndarray:
    """Power of each bin against that of a full-scale sine of 16 bits, in dB."""
    return 20 * np.log10(np.abs(np.fft.rfft(samples)) / (len(samples) / 2 * 32_768) + 1e-12)


def test_error_has_the_power_of_its_theory() -> None:
    """Triangular dither leaves no mean and a power of a quarter of a unit squared, whatever lies below the last bit."""
    for offset in (0.0, 0.3, 0.5):
        error = Quantiser(16, 48_000)(np.full((200_000, 2), offset / 32_768, np.float32)) - offset
        assert abs(error.mean()) < 0.01
        assert error.var() == pytest.approx(1 / 12 + 1 / 6, rel=0.02)


def test_noise_is_white_and_its_channels_differ() -> None:
    """The dither of silence has no colour, and the two sides no correlation."""
    noise = Quantiser(16, 48_000)(np.zeros((FRAMES, 2), np.float32)).astype(float)
    power = (np.abs(np.fft.rfft(noise[:, 0])) ** 2)[1:].reshape(-1, FRAMES // 64).mean(axis=1)
    assert power.max() / power.min() < 1.15
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.01


@pytest.mark.parametrize("dither", ["triangular", "shaped"])
def test_dither_removes_distortion(dither: str) -> None:
    """A sine of half a unit loses its harmonics in the noise, where mere rounding leaves them standing."""
    tone = sine(0.75 / 32_768)
    harmonics = [5_443 * k for k in (3, 5, 7, 9)]
    plain = spectrum_db(Quantiser(16, 48_000, "none")(tone)[:, 0])
    clean = spectrum_db(Quantiser(16, 48_000, dither)(tone)[:, 0])  # type: ignore[arg-type]
    assert plain[harmonics].max() > -112
    near = np.concatenate([clean[k - 200 : k + 200] for k in harmonics])
    assert all(clean[k] < np.sort(near)[-4] + 6 for k in harmonics)
    assert clean[5_443] == pytest.approx(20 * np.log10(0.75 / 32_768), abs=0.3)


@pytest.mark.parametrize("dither", ["none", "triangular", "shaped"])
def test_cuts_do_not_show(dither: str) -> None:
    """The same audio in blocks of any size gives the same integers."""
    audio = np.random.default_rng(1).uniform(-1, 1, (10_000, 2)).astype(np.float32)
    whole = Quantiser(16, 44_100, dither)(audio)  # type: ignore[arg-type]
    cut = Quantiser(16, 44_100, dither)  # type: ignore[arg-type]
    edges = [0, 1, 33, 1_000, 8_193, 10_000]
    parts = [cut(audio[a:b]) for a, b in pairwise(edges)]
    assert (np.concatenate(parts) == whole).all()


def test_rounding_alone_is_exact() -> None:
    """Without dither, integers go through 24 bits unchanged."""
    whole = np.random.default_rng(2).integers(-(2**23), 2**23, (5_000, 2))
    assert (Quantiser(24, 48_000, "none")((whole / 2.0**23).astype(np.float32)) == whole).all()


def test_integers_are_clipped() -> None:
    """What is louder than full scale does not wrap around, and leaves no trace in the shaping."""
    loud = np.array([[2.0, -2.0]] * 50, np.float32)
    for dither in ("none", "triangular", "shaped"):
        assert (Quantiser(24, 48_000, dither)(loud) == [2**23 - 1, -(2**23)]).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", RATES)
def test_shaping_is_stable_and_spends_what_it_saves(rate: int) -> None:
    """The filter is of least phase: its zeros lie inside the circle, and its gain averages to nothing over the logarithm."""
    taps = np.concatenate(([1.0], shaping(rate)))
    assert len(taps) == ORDER + 1
    assert np.abs(np.roots(taps)).max() < 1
    assert abs(np.log(np.abs(np.fft.rfft(taps, 1 << 16))).mean()) < 1e-3


@pytest.mark.parametrize("rate", RATES)
def test_shaped_noise_is_quieter_where_one_hears(rate: int) -> None:
    """From 2 to 5 kHz the noise is at least 12 dB below plain dither's (20 dB at the double rates)."""
    silence = np.zeros((FRAMES, 2), np.float32)
    bins = np.fft.rfftfreq(FRAMES, 1 / rate)
    heard = (bins > 2_000) & (bins < 5_000)

    def level(dither: str) -> float:
        noise = Quantiser(16, rate, dither)(silence)[:, 0]  # type: ignore[arg-type]
        return float(10 * np.log10((np.abs(np.fft.rfft(noise))[heard] ** 2).mean()))

    assert level("triangular") - level("shaped") > (20 if rate > 48_000 else 12)
