"""The compressor against a plain float64 one that follows its definition step by step."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from helpers.dynamics import compression, peak_levels, power_levels
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dsp.grid import RATE
from dsp.slot.columns import track_meter

FRAMES = 9600
ON = {"0/compressor/on": 1.0}


@settings(max_examples=25, deadline=None)
@given(
    threshold=st.floats(-60.0, 0.0), ratio=st.floats(1.0, 20.0), knee=st.floats(0.0, 24.0), attack=st.floats(0.1, 200.0),
    release=st.floats(5.0, 2000.0), makeup=st.floats(-12.0, 24.0), mix=st.floats(0.0, 1.0),
)  # fmt: skip
def test_it_follows_its_definition(**values: float) -> None:
    """Over the whole range of its parameters the gain is within 0.01 dB of float64 (its logarithm is good to 1e-4 dB)."""
    threshold, ratio, knee, attack, release, makeup, mix = values.values()
    beat = np.exp(-(np.arange(FRAMES) % 2400) / 800)[:, None]
    stem = (noise(FRAMES, level=0.3) * beat).astype(np.float32)
    names = ("threshold_db", "ratio", "knee_db", "attack_ms", "release_ms", "makeup_db", "mix")
    desk = {**ON, **{f"0/compressor/{name}": value for name, value in zip(names, values.values(), strict=True)}}
    less = compression(peak_levels(stem), threshold, ratio, knee, attack, release)
    gain = 1 - mix + mix * 10 ** ((makeup - less) / 20)
    out = Console([stem], desk).play(FRAMES)
    assert np.allclose(out, stem * gain[:, None], rtol=1.2e-3, atol=1e-7)


def test_left_and_right_are_turned_down_together() -> None:
    """A loud left channel turns the right one down by the same factor."""
    stem = np.stack([np.full(FRAMES, 0.8), np.full(FRAMES, 0.01)], axis=1).astype(np.float32)
    out = Console([stem], {**ON, "0/compressor/threshold_db": -40.0}).play(FRAMES)
    assert np.allclose(out[:, 0] / stem[:, 0], out[:, 1] / stem[:, 1], rtol=1e-6)
    assert out[-1, 1] < 0.005


def test_a_steady_tone_ends_at_the_static_curve() -> None:
    """12 dB over the threshold at 4:1 comes out 9 dB lower, and the meter says so."""
    console = Console([stereo(np.full(FRAMES, 10 ** (-18 / 20)))], {
        **ON, "0/compressor/threshold_db": -30.0, "0/compressor/ratio": 4.0, "0/compressor/attack_ms": 1.0})  # fmt: skip
    out = console.play(FRAMES)
    assert 20 * np.log10(out[-1, 0]) == pytest.approx(-27.0, abs=0.01)
    assert console.meters[-1, track_meter("gain_reduction_db", 0, 8)] == pytest.approx(9.0, abs=0.01)


def test_no_mix_and_no_ratio_leave_the_samples_alone() -> None:
    """At mix 0 not a bit changes, at 1:1 nothing but rounding."""
    stem = noise(FRAMES)
    assert np.array_equal(Console([stem], {**ON, "0/compressor/mix": 0.0}).play(FRAMES), stem)
    assert np.allclose(Console([stem], {**ON, "0/compressor/ratio": 1.0}).play(FRAMES), stem, rtol=1e-6, atol=0)


def test_switching_makes_no_click() -> None:
    """Switched on and off during a tone, the level glides."""
    level = stereo(np.full(FRAMES, 0.5))
    switch = events([(2400, "0/compressor/on", 1.0, 15), (6400, "0/compressor/on", 0.0, 15)])
    out = Console([level], {"0/compressor/threshold_db": -40.0}, events=switch).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 0.005
    assert np.array_equal(out[7200:], level[7200:, 0])


def highpassed(stem: np.ndarray, hertz: float) -> np.ndarray:
    """A Butterworth of the second order in float64."""
    return signal.sosfilt(signal.butter(2, hertz, "highpass", fs=RATE, output="sos"), stem.astype(float), axis=0)


DESK = {**ON, "0/compressor/threshold_db": -30.0, "0/compressor/ratio": 6.0, "0/compressor/attack_ms": 3.0,
        "0/compressor/release_ms": 60.0, "0/compressor/knee_db": 6.0}  # fmt: skip
SETTINGS = (-30.0, 6.0, 6.0, 3.0, 60.0)


def beating() -> np.ndarray:
    """Noise with a beat, over a low tone."""
    beat = np.exp(-(np.arange(FRAMES) % 2400) / 800)[:, None]
    low = 0.2 * np.sin(2 * np.pi * 50 * np.arange(FRAMES) / RATE)[:, None]
    return (noise(FRAMES, level=0.1) * beat + low).astype(np.float32)


@pytest.mark.parametrize("hertz", [20.0, 100.0, 1000.0])
@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
def test_every_detector_follows_its_definition(blend: float, hertz: float) -> None:
    """Peaks, power and half of each, with all that is there or without the bass: the error lies below -90 dB of the input."""
    stem = beating()
    heard = stem if hertz == 20.0 else highpassed(stem, hertz)
    levels = (1 - blend) * peak_levels(heard) + blend * power_levels(heard)
    want = stem * 10 ** (-compression(levels, *SETTINGS)[:, None] / 20)
    detector = {"0/compressor/detector": blend, "0/compressor/sidechain_hz": hertz}
    assert np.abs(Console([stem], {**DESK, **detector}).play(FRAMES) - want).max() < 3.2e-5 * np.abs(stem).max()


def test_power_reads_a_sine_three_decibels_lower() -> None:
    """A tone of 1 kHz at -18 dBFS is turned down as a steady level of -21.01 dBFS."""
    tone = stereo(10 ** (-18 / 20) * np.sin(2 * np.pi * 1000 * np.arange(48_000) / RATE))
    desk = {**ON, "0/compressor/threshold_db": -40.0, "0/compressor/ratio": 4.0, "0/compressor/release_ms": 200.0,
            "0/compressor/attack_ms": 200.0, "0/compressor/detector": 1.0}  # fmt: skip
    console = Console([tone], desk)
    console.play(48_000)
    assert console.meters[-1, track_meter("gain_reduction_db", 0, 8)] == pytest.approx(0.75 * (40 - 21.01), abs=0.15)


@pytest.mark.parametrize(("hertz", "decibels"), [(2000.0, -0.01), (200.0, -3.01), (100.0, -12.3), (50.0, -24.1)])
def test_the_detector_hears_less_bass_at_twelve_decibels_per_octave(hertz: float, decibels: float) -> None:
    """With the corner at 200 Hz a tone is turned down as one that is lower by the filter's response: here by as many dB."""
    tone = stereo(0.5 * np.sin(2 * np.pi * hertz * np.arange(96_000) / RATE))
    desk = {**ON, "0/compressor/threshold_db": -60.0, "0/compressor/ratio": 20.0, "0/compressor/knee_db": 0.0,
            "0/compressor/attack_ms": 0.1, "0/compressor/release_ms": 200.0}  # fmt: skip
    less = []
    for corner in (20.0, 200.0):
        console = Console([tone], {**desk, "0/compressor/sidechain_hz": corner})
        console.play(96_000)  # The last rows have heard the tone break off.
        less.append(console.meters[-4, track_meter("gain_reduction_db", 0, 8)])
    assert (less[1] - less[0]) / 0.95 == pytest.approx(decibels, abs=0.2)


def test_another_detector_is_taken_without_a_click() -> None:
    """From peaks to power and back, and from all to no bass and back, the steps stay those of a steady compressed tone."""
    tone = stereo(0.5 * np.sin(2 * np.pi * 60 * np.arange(FRAMES * 2) / RATE))
    rows = [(3200, "0/compressor/detector", 1.0, 30), (8000, "0/compressor/detector", 0.0, 30),
            (11_200, "0/compressor/sidechain_hz", 300.0, 30), (16_000, "0/compressor/sidechain_hz", 20.0, 30)]  # fmt: skip
    out = Console([tone], DESK, events=events(rows)).play(FRAMES * 2)[1600:, 0]
    assert np.abs(np.diff(out)).max() < 1.2 * np.abs(np.diff(tone[:, 0])).max()
    assert np.abs(np.diff(out, 2)).max() < 0.003


def test_a_track_does_not_hear_its_neighbours_detectors() -> None:
    """A track with a plain detector is the same bits whether or not others of its group have another one."""
    stems, other = [beating(), np.zeros((FRAMES, 2), np.float32)], {}
    for name, value in (("on", 1.0), ("detector", 1.0), ("sidechain_hz", 150.0)):
        other[f"1/compressor/{name}"] = value
    assert np.array_equal(Console(stems, DESK).play(FRAMES), Console(stems, {**DESK, **other}).play(FRAMES))
