"""Mastering: the file has the loudness that was asked for and no peak above the ceiling, in every format, or says it has not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.music import music
from scipy.signal import resample_poly

from streaming.formats import FORMS, Delivery, settled
from streaming.mastering import TOLERANCE_LU, Master
from streaming.measuring import decoded, loudness
from streaming.plan import Measured, Target

RATE = 48_000
CASES = [(form, rate) for form, known in FORMS.items() for rate in known.rates]


def mastered(folder: Path, audio: np.ndarray, form: str, rate: int, target: Target | None, **more: Any) -> Measured:
    """Master audio ``(frames, 2)`` at 48 kHz into ``folder/out``."""
    raw = folder / "raw"
    raw.write_bytes(np.ascontiguousarray(audio, "<f4").tobytes())
    bits, kbps = settled(form, rate, more.pop("bits", None), more.pop("kbps", None))  # type: ignore[arg-type]
    delivery = Delivery(form, rate, bits, kbps, **more)  # type: ignore[arg-type]
    return Master(raw, len(audio), folder, delivery, lambda _: None).make(folder / "out", target)


def read(folder: Path) -> np.ndarray:
    """What libav reads from the file."""
    return np.concatenate(list(decoded(folder / "out")[1]))


def true_peak_db(audio: np.ndarray) -> float:
    """The reference: sixteen times oversampled by scipy's polyphase filter."""
    return 20 * np.log10(np.abs(resample_poly(audio.astype(float), 16, 1, axis=0)).max())


def song(seconds: int = 5) -> np.ndarray:
    """Music with drums in it: peaks far above its loudness."""
    rng = np.random.default_rng(5)
    audio = 0.5 * music(3, seconds * RATE)
    for at in range(0, len(audio) - 4_000, 24_000):
        audio[at : at + 4_000] += (np.exp(-np.arange(4_000) / 500) * rng.uniform(-0.8, 0.8, 4_000))[:, None]
    return audio.astype(np.float32)


@pytest.mark.parametrize(("form", "rate"), CASES)
def test_loudness_and_ceiling_are_met(form: str, rate: int, tmp_path: Path) -> None:
    """Decoded, the file is within 0.1 LU of -14 LUFS, and its true peak at most -1 dB by the reference: after resampling, dither
    and whatever the encoder does.
    """
    found = mastered(tmp_path, song(), form, rate, Target(-14.0, -1.0))
    audio = read(tmp_path)
    assert found.reached is True
    assert abs(loudness([audio], rate).integrated_lufs + 14) <= TOLERANCE_LU + 0.005
    assert true_peak_db(audio) <= -1.0
    assert found.loudness_lufs == pytest.approx(-14, abs=0.1)
    assert found.frames == len(audio)


@pytest.mark.parametrize(("wanted", "ceiling"), [(-24.0, -2.0), (-16.0, -0.1), (-9.0, -1.0), (-6.5, -0.5)])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_loud_and_quiet_targets_are_met(wanted: float, ceiling: float, rate: int, tmp_path: Path) -> None:
    """From broadcast to the loudest masters, with as much limiting as that takes."""
    found = mastered(tmp_path, song(), "wav", rate, Target(wanted, ceiling), bits=16, dither="shaped")
    audio = read(tmp_path)
    assert found.reached is True
    assert abs(loudness([audio], rate).integrated_lufs - wanted) <= TOLERANCE_LU
    assert true_peak_db(audio) <= ceiling


def adversaries() -> dict[str, np.ndarray]:
    """What makes limiters fail: peaks between samples, impulses, squares, clipping, sines at a quarter of the rate."""
    n = np.arange(4 * RATE)
    quarter = np.sin(np.pi / 2 * n + np.pi / 4)
    impulses = np.zeros(len(n))
    impulses[5_000::9_973] = 1.0
    return {
        "quarter": quarter,
        "impulses": impulses,
        "square": np.sign(np.sin(2 * np.pi * 997 * n / RATE)),
        "clipped": np.clip(4 * music(9, len(n))[:, 0], -1, 1),
        "noise": np.clip(np.random.default_rng(1).standard_normal(len(n)), -1, 1),
    }


@pytest.mark.parametrize("name", adversaries())
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_ceiling_holds_whatever_comes(name: str, rate: int, tmp_path: Path) -> None:
    """No true peak is above -1 dB by the reference, on the worst material, driven far into the limiter."""
    audio = np.repeat(4 * adversaries()[name][:, None], 2, axis=1)
    found = mastered(tmp_path, audio, "wav", rate, Target(None, -1.0), bits=24)
    assert true_peak_db(read(tmp_path)) <= -1.0
    assert found.true_peak_dbtp is not None
    assert -1.1 <= found.true_peak_dbtp <= -1.0
    assert found.reached is True


def test_what_stays_below_is_only_scaled(tmp_path: Path) -> None:
    """A quiet target needs no limiter: the file is the render times one gain."""
    audio = song(4)
    found = mastered(tmp_path, audio, "wav", RATE, Target(-30.0, -1.0), bits=32)
    heard = read(tmp_path)
    gain = np.float32(heard[1_000, 0] / audio[1_000, 0])
    assert np.abs(heard - gain * audio).max() < 1e-6
    assert found.gain_db == pytest.approx(20 * np.log10(gain), abs=0.01)


def test_a_target_out_of_reach_is_said(tmp_path: Path) -> None:
    """Short bursts in silence never are as loud as that: the file is as loud as it gets, below the ceiling, and says so."""
    clicks = np.zeros((6 * RATE, 2), np.float32)
    for at in range(0, len(clicks), RATE):
        clicks[at : at + 200] = 0.1 * np.sin(np.arange(200))[:, None]
    found = mastered(tmp_path, clicks, "wav", RATE, Target(-8.0, -1.0))
    assert found.reached is False
    assert found.loudness_lufs is not None
    assert found.loudness_lufs < -8.1
    assert true_peak_db(read(tmp_path)) <= -1.0


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    """Silence stays silent, and has not reached anything."""
    found = mastered(tmp_path, np.zeros((RATE, 2), np.float32), "wav", RATE, Target(-14.0, -1.0), dither="none")
    assert (found.loudness_lufs, found.true_peak_dbtp, found.reached) == (None, None, False)
    assert not read(tmp_path).any()


def test_without_a_target_the_samples_are_the_render(tmp_path: Path) -> None:
    """Nothing is touched, but everything is measured."""
    audio = song(4)
    found = mastered(tmp_path, audio, "wav", RATE, None, bits=32)
    assert (read(tmp_path) == audio).all()
    assert found.reached is None
    assert found.true_peak_dbtp is not None
    assert 0 <= found.true_peak_dbtp - true_peak_db(audio) + 0.005 < 0.6  # a sharp interpolator sees more of a hard attack


def test_mastering_is_repeatable(tmp_path: Path) -> None:
    """The same render gives the same bytes."""
    files = []
    for _ in range(2):
        mastered(tmp_path, song(4), "flac", 44_100, Target(-12.0, -1.0))
        files.append((tmp_path / "out").read_bytes())
    assert files[0] == files[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]
