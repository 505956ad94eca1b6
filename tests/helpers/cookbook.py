"""Robert Bristow-Johnson's filters in their own form, float64, as scipy's second-order sections: what ours are held against."""

from collections.abc import Mapping, Sequence

import numpy as np
from helpers.console import Audio
from numpy.typing import NDArray
from scipy import signal

from dsp.desk.catalogue import KINDS
from dsp.grid import RATE

Floats = NDArray[np.float64]
Band = tuple[str, float, float, float]
"""Shape, hertz, decibels, Q."""


def section(kind: str, hertz: float, decibels: float, q: float) -> Floats:
    """One filter: any of the catalogue's shapes, ``highpass`` or ``lowpass``."""
    gain, w = 10 ** (decibels / 40), 2 * np.pi * hertz / RATE
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    b, a = _shelf(gain, c, 2 * np.sqrt(gain) * alpha, 1 if kind == "low_shelf" else -1)
    plain = (1 + alpha, -2 * c, 1 - alpha)
    if kind == "bell":
        b, a = (1 + alpha * gain, -2 * c, 1 - alpha * gain), (1 + alpha / gain, -2 * c, 1 - alpha / gain)
    elif kind == "notch":
        b, a = (1.0, -2 * c, 1.0), plain
    elif kind == "highpass":
        b, a = ((1 + c) / 2, -(1 + c), (1 + c) / 2), plain
    elif kind == "lowpass":
        b, a = ((1 - c) / 2, 1 - c, (1 - c) / 2), plain
    return np.array([*b, *a]) / a[0]


def _shelf(gain: float, c: float, r: float, side: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A low shelf; of a high one (``side`` -1) what turns its sign with the cosine's."""
    up, down, k = gain + 1, gain - 1, side * c
    b = (gain * (up - down * k + r), 2 * gain * side * (down - up * k), gain * (up - down * k - r))
    a = (up + down * k + r, -2 * side * (down + up * k), up + down * k - r)
    return b, a


def sections(bands: Sequence[Band]) -> Floats:
    """Several in a row."""
    return np.array([section(*band) for band in bands])


def butterworth(side: str, hertz: float, slope: int) -> Floats:
    """A high-pass or low-pass of 12 or 24 dB per octave, from scipy's own design."""
    return signal.butter(slope // 6, hertz, side, fs=RATE, output="sos")


def filtered(sos: Floats, stem: Audio) -> Floats:
    """What comes out of them in float64."""
    return signal.sosfilt(sos, stem.astype(np.float64), axis=0)


def decibels_at(sos: Floats, hertz: Floats) -> Floats:
    """Their analytic response."""
    return 20 * np.log10(np.maximum(np.abs(signal.sosfreqz(sos, hertz, fs=RATE)[1]), 1e-30))


def bands_of(bands: Mapping[int, Band], strip: str = "0") -> dict[str, float]:
    """The settings of a console with these bands, by number."""
    names = ("kind", "frequency_hz", "gain_db", "q")
    return {
        f"{strip}/eq/{number}/{name}": value
        for number, (kind, *rest) in bands.items()
        for name, value in zip(names, (float(KINDS.index(kind)), *rest), strict=True)
    }


def measured_decibels(out: Audio, hertz: Floats) -> Floats:
    """The response of a console whose answer to an impulse of 1 is ``out`` (its left side), at any frequencies."""
    turns = np.exp(-2j * np.pi * np.outer(hertz / RATE, np.arange(len(out))))
    return 20 * np.log10(np.maximum(np.abs(turns @ out[:, 0].astype(np.float64)), 1e-30))


def treble_of(out: Audio) -> float:
    """The loudest that is left above 6 kHz, in decibels: the click in a switched low tone."""
    sos = signal.butter(8, 6_000.0, "high", fs=RATE, output="sos")
    return float(20 * np.log10(np.abs(signal.sosfilt(sos, out.astype(np.float64), axis=0))[2_400:].max()))
