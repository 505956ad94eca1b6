"""Health: every fault that is put into a recording is found, and none that is not there."""

import numpy as np
import pytest
from helpers.music import music

from dsp.analysis.health import examine

FRAMES = 10 * 48_000


def test_music_is_healthy() -> None:
    """No DC, no clipping, positive correlation."""
    found = examine(music(1, FRAMES))
    assert found.clipped == 0
    assert max(map(abs, found.dc)) < 1e-3
    assert found.correlation > 0.3
    assert found.mono_db > -3


def test_dc_is_measured_on_each_side() -> None:
    """An offset of either side is found as it is."""
    found = examine(music(1, FRAMES) + np.float32([0.01, -0.02]))
    assert found.dc == pytest.approx((0.01, -0.02), abs=1e-3)


@pytest.mark.parametrize("at", [0, 479_998, 100_000])
def test_clipped_runs_are_counted(at: int) -> None:
    """Three frames in a row at full scale count, two do not, also across blocks of the work."""
    audio = 0.5 * music(2, 3 * 480_000)
    audio[at : at + 5, 0] = 1.0
    audio[700_000:700_002, 1] = -1.0
    assert examine(audio).clipped == 5


def test_phase_is_measured() -> None:
    """Mono correlates fully, an inverted side inversely and vanishes in mono, strangers not at all and lose 3 dB."""
    mono = music(3, FRAMES)[:, :1].repeat(2, axis=1)
    same, turned = examine(mono), examine(mono * np.float32([1, -1]))
    assert (same.correlation, same.negative) == (pytest.approx(1.0), 0.0)
    assert same.mono_db == pytest.approx(0.0, abs=0.01)
    assert (turned.correlation, turned.negative) == (pytest.approx(-1.0), 1.0)
    assert turned.mono_db < -100
    strangers = examine((0.1 * np.random.default_rng(1).standard_normal((FRAMES, 2))).astype(np.float32))
    assert abs(strangers.correlation) < 0.02
    assert strangers.mono_db == pytest.approx(-3.01, abs=0.1)


def test_a_dead_side_is_seen() -> None:
    """The power of each side is told."""
    left = music(4, FRAMES) * np.float32([1, 0])
    found = examine(left)
    assert found.powers[0] > 1e-3
    assert found.powers[1] == 0
    assert found.correlation == 0


def test_silence_is_nothing() -> None:
    """Silence, and no audio at all, have no faults."""
    for frames in (0, 1_000):
        found = examine(np.zeros((frames, 2), np.float32))
        assert (found.peak, found.clipped, found.correlation, found.mono_db, found.negative) == (0, 0, 0, 0, 0)
