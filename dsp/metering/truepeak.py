"""True peak: the largest magnitude between the samples, eight points a frame through 24 taps (BS.1770-5, Annex 2, asks for four).

How far samples, then points half-way between them, bend bounds what lies beside them. Only where that could exceed what has been
found already, by more than 0.03 dB, are all points computed.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numpy.typing import NDArray

from dsp.cache import inlined, outlined
from dsp.grid import TILE
from dsp.simd.lanes import any_above, fma, larger, magnitude, splat16
from dsp.simd.memory import load16, store
from dsp.simd.scans import back_2, back_4, back_8
from dsp.slot.layout import HEARD, TRUE_PEAK

HALF = 12
"""Taps on each side of a point."""
_ROUGH = 6
LAG = TILE + TILE // 2
"""By how many frames what is found is late."""


def _taps(place: float, half: int, beta: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return even and odd part of a Kaiser-windowed sinc at ``place`` (0 to 1) between two samples, nearest taps first."""
    left, right = place + np.arange(half), 1.0 - place + np.arange(half)
    a, b = (np.sinc(t) * np.i0(beta * np.sqrt(1.0 - (t / half) ** 2)) / np.i0(beta) for t in (left, right))
    return np.round((a + b) / 2.0, 8).astype(np.float32), np.round((a - b) / 2.0, 8).astype(np.float32)


_ROUGH_HALF = _taps(0.5, _ROUGH, 3.0)[0]
_EIGHTHS = np.array([part for k in (1, 2, 3) for part in _taps(k / 8.0, HALF, 5.0)] + [_taps(0.5, HALF, 5.0)[0]])
"""Even and odd parts at 1/8, 2/8 and 3/8 (and mirrored 7/8, 6/8 and 5/8), then the even part at 4/8."""
_BEND_OF_SAMPLES, _BEND = np.float32(0.35), np.float32(0.3)
"""No peak below 20 kHz rises above the points around it by more than this part of their second difference."""
_SLACK = np.float32(1.0 / 1.0035)


@inlined
def bound_by_samples(state32, at):
    """Return a bound of what lies from eight frames (sixteen lanes at ``at``) on, up to the frame after each."""
    here, there = load16(state32, at), load16(state32, at + 2)
    bend = (here - load16(state32, at - 2)) + (there - load16(state32, at + 4))
    return fma(magnitude(bend), splat16(_BEND_OF_SAMPLES), larger(magnitude(here), magnitude(there)))


@inlined
def bound_by_halves(state32, at):
    """Return a closer bound."""
    half = (load16(state32, at) + load16(state32, at + 2)) * splat16(_ROUGH_HALF[0])
    for tap in range(1, _ROUGH):
        half = fma(load16(state32, at - 2 * tap) + load16(state32, at + 2 + 2 * tap), splat16(_ROUGH_HALF[tap]), half)
    here, there = load16(state32, at), load16(state32, at + 2)
    bend = magnitude((here - half) + (there - half))
    return fma(bend, splat16(_BEND), larger(magnitude(half), larger(magnitude(here), magnitude(there))))


@outlined
def look_closely(state32, at):
    """Take all points from eight frames on into the true peak."""
    left, right = load16(state32, at), load16(state32, at + 2)
    even, odd = left + right, left - right
    a, b = even * splat16(_EIGHTHS[0, 0]), odd * splat16(_EIGHTHS[1, 0])
    c, d = even * splat16(_EIGHTHS[2, 0]), odd * splat16(_EIGHTHS[3, 0])
    e, f, g = even * splat16(_EIGHTHS[4, 0]), odd * splat16(_EIGHTHS[5, 0]), even * splat16(_EIGHTHS[6, 0])
    peak = larger(magnitude(left), magnitude(right))
    for tap in range(1, HALF):
        left, right = load16(state32, at - 2 * tap), load16(state32, at + 2 + 2 * tap)
        even, odd = left + right, left - right
        a, b = fma(even, splat16(_EIGHTHS[0, tap]), a), fma(odd, splat16(_EIGHTHS[1, tap]), b)
        c, d = fma(even, splat16(_EIGHTHS[2, tap]), c), fma(odd, splat16(_EIGHTHS[3, tap]), d)
        e, f = fma(even, splat16(_EIGHTHS[4, tap]), e), fma(odd, splat16(_EIGHTHS[5, tap]), f)
        g = fma(even, splat16(_EIGHTHS[6, tap]), g)
    # Of two mirrored points the larger magnitude is the sum of the parts' magnitudes.
    a, c = magnitude(a) + magnitude(b), magnitude(c) + magnitude(d)
    peak = larger(larger(peak, magnitude(g)), larger(larger(a, c), magnitude(e) + magnitude(f)))
    peak = larger(peak, back_8(peak, peak))
    peak = larger(peak, back_4(peak, peak))
    peak = larger(larger(peak, back_2(peak, peak)), load16(state32, TRUE_PEAK))
    store(state32, TRUE_PEAK, peak)


@outlined
def look(state32):
    """Take the tile in the middle of HEARD into the true peak."""
    for i in range(HEARD + TILE, HEARD + 3 * TILE, 16):
        if any_above(bound_by_halves(state32, i) * splat16(_SLACK), load16(state32, TRUE_PEAK)):
            look_closely(state32, i)


@inlined
def find_true_peak(state32, audio, at):
    """Look between the samples of the two tiles in HEARD, then put the one at ``audio[at:]`` in place of the older."""
    bound = bound_by_samples(state32, HEARD + TILE)
    for i in range(HEARD + TILE + 16, HEARD + 3 * TILE, 16):
        bound = larger(bound, bound_by_samples(state32, i))
    if any_above(bound, load16(state32, TRUE_PEAK)):
        look(state32)
    for i in range(0, 2 * TILE, 16):
        store(state32, HEARD + i, load16(state32, HEARD + 2 * TILE + i))
        store(state32, HEARD + 2 * TILE + i, load16(audio, at + i))
