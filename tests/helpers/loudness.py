"""Loudness by ITU-R BS.1770-5 and true peak, written from the recommendation: an oracle that shares no code with the console."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import bilinear, lfilter, resample_poly

RATE = 48_000


def _k_weighting() -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The head's shelf and the RLB high-pass, from their analogue prototypes (BS.1770-5, Annex 1 gives their digital values)."""
    k, q, gain = np.tan(np.pi * 1681.974450955533 / RATE), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    norm = 1 + k / q + k * k
    shelf = (
        np.array([gain + band * k / q + k * k, 2 * (k * k - gain), gain - band * k / q + k * k]) / norm,
        np.array([1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]),
    )
    w, q = 2 * RATE * np.tan(np.pi * 38.13547087602444 / RATE), 0.5003270373238773
    b, a = bilinear([1.0, 0.0, 0.0], [1.0, w / q, w * w], RATE)
    return [shelf, (b / b[0], a)]


def integrated_lufs(audio: NDArray[np.float32]) -> float:
    """Integrated loudness of stereo audio of shape ``(frames, 2)``: blocks of 400 ms every 100 ms, gated at -70 and at -10 LU."""
    weighted = audio.astype(np.float64)
    for b, a in _k_weighting():
        weighted = lfilter(b, a, weighted, axis=0)
    power = np.concatenate(([0.0], np.cumsum((weighted**2).sum(axis=1))))
    starts = np.arange(0, len(audio) - 19_200 + 1, 4_800)
    blocks = (power[starts + 19_200] - power[starts]) / 19_200
    loud = blocks[_lufs(blocks) > -70.0]
    kept = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
    return float(_lufs(kept.mean()))


def true_peak_db(audio: NDArray[np.float32]) -> float:
    """True peak: eight times oversampled around every place that could hold it."""
    peaks = [0.0]
    for start in range(0, len(audio), RATE):
        piece = audio[max(0, start - 256) : start + RATE + 256].astype(np.float64)
        peaks.append(float(np.abs(resample_poly(piece, 8, 1, axis=0)).max()))
    return 20.0 * float(np.log10(max(peaks)))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-12)))
