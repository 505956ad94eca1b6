"""The compressor against a plain float64 one that follows its definition step by step."""

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import RATE
from dsp.layout import track_meter

FRAMES = 9600
ON = {"0/compressor/on": 1.0}


def gain_db(stem: Audio, threshold: float, ratio: float, knee: float, attack_ms: float, release_ms: float) -> np.ndarray:
    """The smoothed reduction in dB of every frame; a step is two frames, their level the larger one."""
    level = np.abs(stem.astype(float)).max(axis=1).reshape(-1, 2).max(axis=1)
    over = 20 * np.log10(np.maximum(level, 1e-9)) - threshold
    knee = max(knee, 1e-3)
    bend = np.clip(over + knee / 2, 0.0, knee)
    wanted = (1 - 1 / ratio) * (bend**2 / (2 * knee) + np.maximum(over - knee / 2, 0.0))
    attack, release = (1 - np.exp(-2000 / (RATE * ms)) for ms in (attack_ms, release_ms))
    held, less = np.empty(len(wanted)), 0.0
    for k, goal in enumerate(wanted):
        less += (attack if goal > less else release) * (goal - less)
        held[k] = less
    return np.repeat(held, 2)


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
    less = gain_db(stem, threshold, ratio, knee, attack, release)
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
