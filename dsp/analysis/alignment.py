"""How two recordings of one thing lie in time to each other: offset to a fraction of a sample, polarity, and how sure that is.

Generalised cross-correlation with phase transform (Knapp and Carter 1976), each frequency weighted by its coherence over many
windows. Offsets beyond a window are first guessed from the first minutes of both, thinned out; so memory does not grow with the
length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.analysis.windows import Audio, Block, framed, loud_starts, powers

SIZE = 1 << 16
"""Frames of a window: 1.4 s at 48 kHz."""

MOST_WINDOWS = 96
CANDIDATES = 3
THINNING = 16
MOST_THINNED = 1 << 21
"""Offsets are guessed from every sixteenth frame of the first eleven minutes."""
_PIECE = 1 << 20

_FLOOR = 1e-7
"""Frequencies whose power lies below this share (-70 dB) of the strongest say nothing."""

_REACH = SIZE // 4

Spectrum = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Alignment:
    """``offset``: frames by which the second recording is later than the first; ``inverted``: it has the opposite polarity.

    ``confidence``: 0 for what has nothing in common, 1 for copies. ``ambiguity``: how high the best match of the other polarity
    is against this one; near 1 (for tones) polarity and offset are a guess.
    """

    offset: float
    inverted: bool
    confidence: float
    ambiguity: float


def align(first: Audio, second: Audio, reach: int) -> Alignment:
    """Align two recordings whose offset is at most ``reach`` frames; of silence the confidence is 0."""
    power = powers(first)
    starts = loud_starts(power, SIZE, SIZE // 2, MOST_WINDOWS)
    if not power.any() or not powers(second).any():
        return Alignment(0.0, False, 0.0, 1.0)
    found = [_finely(first, second, starts, lag, reach) for lag in _guesses(first, second, reach)]
    return max(found, key=lambda one: (round(one.confidence, 3), -abs(one.offset)))


def _guesses(first: Audio, second: Audio, reach: int) -> list[int]:
    """Offsets, in frames, at which the low end of both (below 1.5 kHz) fits best; no offset is always among them."""
    one, other = (_thinned(audio) for audio in (first, second))
    size = 1 << (one.shape[1] + other.shape[1] - 1).bit_length()
    cross = np.zeros(size // 2 + 1, np.complex64)
    for x, y in zip(one, other, strict=True):
        cross += np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size)
    found = np.abs(np.fft.irfft(cross / (np.abs(cross) + 1e-6 * np.abs(cross).max() + 1e-30), size))
    furthest = min(reach // THINNING + 1, size // 2 - 1)
    found[furthest + 1 : size - furthest] = 0.0
    guesses = [0]
    while len(guesses) <= CANDIDATES and found.any():
        best = int(np.argmax(found))
        lag = best if best <= size // 2 else best - size
        if abs(lag) * THINNING > _REACH // 2:
            guesses.append(lag * THINNING)
        found[np.arange(best - _REACH // THINNING, best + _REACH // THINNING + 1) % size] = 0.0
    return guesses


def _thinned(audio: Audio) -> Block:
    """Means of every few frames, shape ``(2, n)``, of no more than the first minutes."""
    whole = min(len(audio) // THINNING, MOST_THINNED) * THINNING
    if not whole:
        return np.zeros((2, 1), np.float32)
    pieces = (audio[at : min(at + _PIECE, whole)] for at in range(0, whole, _PIECE))
    return np.concatenate([piece.reshape(-1, THINNING, 2).mean(axis=1).T for piece in pieces], axis=1)


def _finely(first: Audio, second: Audio, starts: NDArray[np.int64], lag: int, reach: int) -> Alignment:
    """Align near a guess."""
    weighted = _coherent(first, second, starts, lag)
    correlation = np.fft.irfft(weighted, SIZE)
    lags = np.concatenate((np.arange(_REACH + 1), np.arange(-_REACH, 0)))
    lags = lags[np.abs(lags + lag) <= reach]
    if not len(lags) or not weighted.any():
        return Alignment(0.0, False, 0.0, 1.0)
    heights = correlation[lags]
    best = int(np.argmax(np.abs(heights)))
    sign = -1.0 if heights[best] < 0 else 1.0
    rival = float(np.max(-sign * heights))
    exact, height = _between(sign * weighted, int(lags[best]))
    confidence = min(1.0, height / int(np.count_nonzero(weighted)))
    return Alignment(lag + exact, sign < 0, confidence, min(1.0, max(0.0, rival * SIZE / 2 / height)))


def _coherent(first: Audio, second: Audio, starts: NDArray[np.int64], lag: int) -> Spectrum:
    """The phase of the cross spectrum times the coherence (less what chance gives) at each frequency; 0 where nothing is."""
    taper = np.hanning(SIZE)
    cross = np.zeros(SIZE // 2 + 1, np.complex128)
    here, there = np.zeros(SIZE // 2 + 1), np.zeros(SIZE // 2 + 1)
    count = 0
    for one, other in zip(framed(first, starts, SIZE), framed(second, starts + lag, SIZE), strict=True):
        x, y = np.fft.rfft(one * taper), np.fft.rfft(other * taper)
        cross += (np.conj(x) * y).sum(axis=0)
        here += (np.abs(x) ** 2).sum(axis=0)
        there += (np.abs(y) ** 2).sum(axis=0)
        count += 1
    both = np.sqrt(here * there)
    heard = (both > both.max(initial=0.0) * _FLOOR) & (np.abs(cross) > 0)
    coherence = np.zeros(len(both))
    coherence[heard] = np.abs(cross[heard]) / both[heard]
    chance = 1 / np.sqrt(2 * max(2, count))
    weight = np.maximum(coherence - chance, 0.0) / (1 - chance)
    weighted = np.zeros(len(both), np.complex128)
    weighted[heard] = weight[heard] * cross[heard] / np.abs(cross[heard]) + 1e-12
    return weighted


def _between(weighted: Spectrum, lag: int) -> tuple[float, float]:
    """Where, to a fraction of a frame, the correlation is highest near ``lag``, and how high: by Newton's method on its sum."""
    omega = 2 * np.pi * np.arange(len(weighted)) / SIZE
    exact = float(lag)
    for _ in range(8):
        turned = weighted * np.exp(1j * omega * exact)
        slope, bend = -(omega * turned.imag).sum(), -(omega**2 * turned.real).sum()
        if bend >= 0:
            break
        exact -= float(np.clip(slope / bend, -0.25, 0.25))
    exact = exact if abs(exact - lag) <= 1 else float(lag)
    return exact, float((weighted * np.exp(1j * omega * exact)).real.sum())
