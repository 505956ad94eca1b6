"""Measuring: files as they are heard, in figures that JSON has."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.loudness import integrated_lufs
from helpers.music import music

from streaming.measuring import decibels, decoded, finite, first, levels, loudness


def test_levels_are_those_of_the_oracle() -> None:
    """Loudness agrees with one written from the recommendation, whatever the blocks."""
    audio = music(1, 300_000)
    blocks = [audio[at : at + 7_001] for at in range(0, len(audio), 7_001)]
    found = levels(blocks, 48_000)
    assert found.frames == 300_000
    assert found.loudness.integrated_lufs == pytest.approx(integrated_lufs(audio), abs=0.05)
    assert loudness(blocks, 48_000) == found.loudness
    assert found.true_peak_dbtp >= decibels(float(np.abs(audio).max())) - 1e-6


def test_a_file_is_read_at_its_own_rate(tmp_path: Path) -> None:
    """Decoding changes nothing of a float file."""
    audio = music(2, 50_000)
    soundfile.write(tmp_path / "a.wav", audio, 88_200, "FLOAT")
    source, blocks = decoded(tmp_path / "a.wav")
    assert (np.concatenate(list(blocks)) == audio).all()
    assert source.rate == 88_200


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    """A file of ours that nobody could read would be noticed."""
    (tmp_path / "x").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a file"):
        decoded(tmp_path / "x")


def test_figures_are_finite() -> None:
    """Silence has no level, and JSON no infinity."""
    assert finite(-math.inf) is None
    assert finite(math.nan) is None
    assert finite(-14.00499) == -14.0
    assert decibels(0.0) == -math.inf


def test_no_more_than_so_many_frames() -> None:
    """Blocks are cut where they are enough."""
    assert [len(block) for block in first([np.zeros((5, 2), np.float32)] * 3, 7)] == [5, 2, 0]
