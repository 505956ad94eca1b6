"""Matching: a known difference between two mixes is found again, and the bells that come of it undo it."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from dsp.analysis.match import MOST_DB, WIDTHS, Match, bells_db, difference, fitted, match
from dsp.analysis.profile import THIRDS, profile
from dsp.desk.catalogue import MATCH_HZ
from dsp.desk.params import find

RATE = 48_000


def pink(seed: int, seconds: int = 20, width: float = 0.3) -> np.ndarray:
    """Stereo noise that falls by 3 dB an octave, its sides ``width`` apart; float32 ``(frames, 2)``."""
    rng = np.random.default_rng(seed)
    frames = seconds * RATE
    shape = 1 / np.sqrt(np.maximum(np.fft.rfftfreq(frames), 20 / RATE))
    mid, side = (np.fft.irfft(np.fft.rfft(rng.standard_normal(frames)) * shape) for _ in range(2))
    audio = np.stack((mid + width * side, mid - width * side), axis=1)
    return (0.1 * audio / audio.std()).astype(np.float32)


def bell(audio: np.ndarray, hz: float, gain_db: float, q: float = 0.7) -> np.ndarray:
    """Audio through a peaking filter."""
    w, a = 2 * np.pi * hz / RATE, 10 ** (gain_db / 40)
    alpha = np.sin(w) / (2 * q)
    b0, b2, a0, a2, mid = 1 + alpha * a, 1 - alpha * a, 1 + alpha / a, 1 - alpha / a, -2 * np.cos(w)
    return sosfilt([[b0 / a0, mid / a0, b2 / a0, 1, mid / a0, a2 / a0]], audio.astype(float), axis=0).astype(np.float32)


def found(mix: np.ndarray, reference: np.ndarray, louder_db: float = 0.0) -> Match:
    """The match of two pieces of audio."""
    return match(profile([mix]), profile([reference]), louder_db)


def test_the_same_sound_needs_nothing() -> None:
    """Two stretches of one kind of noise ask for less than a decibel anywhere (the lowest thirds hold little to average)."""
    same = found(pink(1), pink(2))
    assert max(map(abs, same.curve_db)) < 0.9
    assert same.width == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("hz", "gain_db"), [(100.0, 6.0), (1_000.0, -6.0), (6_300.0, 5.0)])
def test_a_known_difference_is_found(hz: float, gain_db: float) -> None:
    """A broad bell in the reference appears in the curve at its place, a bit flatter (it is smoothed and turns around 0)."""
    curve = np.array(found(pink(1), bell(pink(2), hz, gain_db)).curve_db)
    best = int(np.argmax(curve * np.sign(gain_db)))
    assert abs(np.log2(THIRDS[best] / hz)) < 0.5
    assert abs(gain_db) - 1.5 < curve[best] * np.sign(gain_db) < abs(gain_db) + 0.5


@pytest.mark.parametrize(("hz", "gain_db"), [(100.0, 6.0), (1_000.0, -6.0), (5_000.0, 8.0)])
def test_the_bells_follow_the_curve(hz: float, gain_db: float) -> None:
    """All twelve together lie within 1 dB of the curve (30 Hz to 16 kHz), and 0.5 dB on average."""
    target = difference(profile([pink(1)]), profile([bell(pink(2), hz, gain_db)]))
    error = (bells_db(fitted(target)).sum(axis=0) - target)[3:-1]
    assert np.abs(error).max() < 1.0
    assert np.abs(error).mean() < 0.5


def test_the_match_makes_the_difference_smaller() -> None:
    """Through the bells that were found, the mix comes at least three times as near to the reference."""
    mix, reference = pink(1), bell(bell(pink(2), 90.0, 6.0), 4_000.0, -5.0)
    changed = mix
    for hz, gain in zip(MATCH_HZ, found(mix, reference).gains_db, strict=True):
        changed = bell(changed, hz, gain, q=1.2)
    before, after = (np.array(found(audio, reference).curve_db) for audio in (mix, changed))
    assert np.sqrt((after**2).mean()) < np.sqrt((before**2).mean()) / 3


def test_loudness_is_no_colour() -> None:
    """A reference that is only louder gives no curve, but a level."""
    louder = found(pink(1), 2 * pink(2), 6.02)
    assert max(map(abs, louder.curve_db)) < 0.9
    assert louder.level_db == 6.02


def test_width_is_matched() -> None:
    """Twice as much side asks for a factor of two; a mono mix stays mono; factors have bounds."""
    assert found(pink(1, width=0.2), pink(2, width=0.3)).width == pytest.approx(1.5, rel=0.05)
    assert found(pink(1, width=0.0), pink(2, width=0.5)).width == 1.0
    assert found(pink(1, width=0.02), pink(2, width=0.8)).width == WIDTHS[1]


def test_everything_has_bounds() -> None:
    """However different the reference is, nothing exceeds what the master's parameters take."""
    wild = found(bell(pink(1), 300.0, 24.0), bell(pink(2), 8_000.0, 24.0), 40.0)
    assert max(map(abs, (*wild.gains_db, *wild.curve_db))) <= MOST_DB
    for place, gain in enumerate(wild.gains_db, 1):
        row = find("master", f"match/gain/{place}")
        assert row is not None
        assert row.low <= gain <= row.high
    level, width = find("master", "match/level_db"), find("master", "match/width")
    assert level is not None
    assert width is not None
    assert wild.level_db == level.high
    assert (width.low, width.high) == WIDTHS


def test_where_there_is_nothing_nothing_is_lifted() -> None:
    """A reference or a mix that ends at 8 kHz is not matched above; silence is matched nowhere."""
    frames = 10 * RATE
    spectrum = np.fft.rfft(pink(1, 10), axis=0)
    spectrum[np.fft.rfftfreq(frames, 1 / RATE) > 8_000] = 0
    dull = np.fft.irfft(spectrum, frames, axis=0).astype(np.float32)
    assert abs(found(dull, pink(2)).curve_db[-1]) < 1.5
    assert abs(found(pink(2), dull).curve_db[-1]) < 1.5
    silence = np.zeros((frames, 2), np.float32)
    assert not any(found(silence, pink(2)).gains_db)
