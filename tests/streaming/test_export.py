"""From 48 kHz to a file's own rate: the length, the pass band, what lies beyond it, and no trace of blocks."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsp.grid import RATE
from streaming.export import BLOCK, at_rate, blocks, export, frames_at
from streaming.formats import RATES, Delivery

OTHERS = [rate for rate in RATES if rate != RATE]


def brought(audio: np.ndarray, rate: int) -> np.ndarray:
    """Audio ``(frames, 2)`` at another rate."""
    cut = (audio[at : at + BLOCK] for at in range(0, len(audio), BLOCK))
    return np.concatenate(list(at_rate(cut, rate, len(audio))))


def tone(hz: float, rate: int, frames: int) -> np.ndarray:
    """A sine of half scale."""
    return np.repeat(0.5 * np.sin(2 * np.pi * hz * np.arange(frames) / rate)[:, None], 2, axis=1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frames", [1, 100, 48_000, 48_001, 3 * BLOCK + 7])
def test_the_length_is_exact(rate: int, frames: int) -> None:
    """As many frames come out as the time takes at the rate, rounded up."""
    assert len(brought(np.zeros((frames, 2), np.float32), rate)) == frames_at(rate, frames)


@pytest.mark.parametrize("rate", OTHERS)
@pytest.mark.parametrize("hz", [30.0, 997.0, 10_000.0, 18_000.0, 20_000.0])
def test_the_pass_band_is_flat_and_in_place(rate: int, hz: float) -> None:
    """Up to 20 kHz a tone keeps its level within 0.001 dB and its place in time, and nothing above -115 dB joins it."""
    found = brought(tone(hz, RATE, RATE).astype(np.float32), rate)[:, 0].astype(float)
    inner = slice(rate // 8, -rate // 8)
    expected = tone(hz, rate, len(found))[:, 0]
    level = (found[inner] @ expected[inner]) / (expected[inner] @ expected[inner])
    assert abs(20 * np.log10(level)) < 0.001
    error = found[inner] - expected[inner]
    assert 10 * np.log10((error**2).mean() / (expected[inner] ** 2).mean()) < -78  # the level within 0.001 dB
    rest = found[inner] - level * expected[inner]
    assert 10 * np.log10((rest**2).mean() / (expected[inner] ** 2).mean()) < -115


@pytest.mark.parametrize("hz", [22_300.0, 23_000.0, 23_900.0])
def test_what_a_lower_rate_cannot_hold_does_not_fold_back(hz: float) -> None:
    """At 44.1 kHz, tones above 22.05 kHz leave less than -115 dB."""
    found = brought(tone(hz, RATE, RATE).astype(np.float32), 44_100)[5_000:-5_000]
    assert 20 * np.log10(np.sqrt((found**2).mean()) / np.sqrt(0.125)) < -115


def test_raw_files_are_read_to_their_end(tmp_path: Path) -> None:
    """A file that is shorter than it should be is noticed."""
    (tmp_path / "raw").write_bytes(bytes(8 * 100))
    with (tmp_path / "raw").open("rb") as raw, pytest.raises(EOFError):
        list(blocks(raw, 101))


def test_blocks_do_not_show(tmp_path: Path) -> None:
    """A WAV of several blocks is what one block would be, and progress is told after each."""
    audio = np.random.default_rng(3).uniform(-1, 1, (2 * BLOCK + 5, 2)).astype("<f4")
    (tmp_path / "raw").write_bytes(audio.tobytes())
    with (tmp_path / "raw").open("rb") as raw:
        done = list(export(raw, tmp_path / "a.wav", len(audio), Delivery(bits=32)))
    assert done == [BLOCK / len(audio), 2 * BLOCK / len(audio), 1.0]
    assert (soundfile.read(tmp_path / "a.wav", dtype="float32")[0] == audio).all()
