"""Profiles: levels and widths of thirds of octaves, against signals of which they are known."""

import numpy as np
import pytest

from dsp.analysis.profile import SIZE, THIRDS, profile

RATE = 48_000


def test_the_centres_are_those_of_the_standard() -> None:
    """31 thirds of octaves from 20 Hz to 20 kHz."""
    assert len(THIRDS) == 31
    assert THIRDS[0] == pytest.approx(19.7, abs=0.1)
    assert THIRDS[17] == 1_000.0
    assert THIRDS[-1] == pytest.approx(20_159, abs=1)


@pytest.mark.parametrize("third", [4, 10, 17, 24, 29])
def test_a_tone_lies_in_its_third(third: int) -> None:
    """A sine's whole power (half its amplitude squared) is found in one third, and -40 dB of it at most beyond the next."""
    t = np.arange(5 * RATE) / RATE
    tone = np.repeat(0.5 * np.sin(2 * np.pi * THIRDS[third] * t)[:, None], 2, axis=1).astype(np.float32)
    found = profile([tone])
    assert 10 * np.log10(found.mid[third]) == pytest.approx(10 * np.log10(0.125), abs=0.1)
    far = [n for n in range(31) if abs(n - third) > 1]
    assert 10 * np.log10(found.mid[far].max() / found.mid[third]) < -40


def test_white_noise_rises_by_a_decibel_a_third() -> None:
    """Each third holds 2**(1/3) times the power of the one below, and all together nearly all of it."""
    noise = np.random.default_rng(1).standard_normal((60 * RATE, 2)).astype(np.float32)
    noise[:, 1] = noise[:, 0]
    found = profile([noise])
    assert np.diff(found.level_db[12:]) == pytest.approx(10 * np.log10(2) / 3, abs=0.2)
    assert found.mid.sum() == pytest.approx(22_627 / 24_000, abs=0.01)


def test_width_is_side_against_mid() -> None:
    """Two strangers have as much side as mid; mono has none; an inverted side leaves nothing but side."""
    noise = np.random.default_rng(2).standard_normal((20 * RATE, 2)).astype(np.float32)
    assert profile([noise]).overall_width == pytest.approx(1.0, abs=0.03)
    assert profile([noise]).width[15:] == pytest.approx(1.0, abs=0.15)
    assert profile([noise[:, :1].repeat(2, axis=1)]).overall_width < 1e-3
    assert profile([noise[:, :1] * np.float32([1, -1])]).overall_width > 1e3


def test_cuts_do_not_show() -> None:
    """Blocks of any size give the same profile."""
    noise = np.random.default_rng(3).standard_normal((5 * RATE, 2)).astype(np.float32)
    cut = profile(noise[at : at + 7_777] for at in range(0, len(noise), 7_777))
    assert (cut.mid == profile([noise]).mid).all()


def test_pauses_do_not_count() -> None:
    """Silence between the notes changes no level."""
    noise = np.random.default_rng(4).standard_normal((10 * RATE, 2)).astype(np.float32)
    pauses = np.concatenate((noise, np.zeros((30 * RATE, 2), np.float32)))
    assert profile([pauses]).level_db == pytest.approx(profile([noise]).level_db, abs=0.3)


def test_less_than_a_window_is_nothing() -> None:
    """There is no profile of a moment."""
    assert not profile([np.ones((SIZE - 1, 2), np.float32)]).mid.any()
