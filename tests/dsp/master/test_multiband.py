"""The multiband compressor against a plain float64 one: scipy's crossovers, and each band's gain step by step."""

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dsp.grid import LATENCY, QUANTUM, RATE
from dsp.slot.columns import bus_meter

FRAMES = 9600
ON = {"master/multiband/on": 1.0}
PLACES = (120.0, 800.0, 5000.0)
"""The catalogue's crossovers."""
BAND = st.tuples(
    st.floats(-60.0, 0.0), st.floats(1.0, 20.0), st.floats(0.1, 200.0), st.floats(5.0, 2000.0), st.floats(-12.0, 12.0)
)
NAMES = ("threshold_db", "ratio", "attack_ms", "release_ms", "makeup_db")


def twice(kind: str, hertz: float, x: np.ndarray) -> np.ndarray:
    """A Linkwitz-Riley filter: a Butterworth of second order, two times."""
    sections = signal.butter(2, hertz, kind, fs=RATE, output="sos")
    return signal.sosfilt(np.concatenate([sections, sections]), x, axis=0)


def turned(hertz: float, x: np.ndarray) -> np.ndarray:
    """The all-pass that a crossover's two branches add up to."""
    a = signal.butter(2, hertz, fs=RATE)[1]
    return signal.lfilter(a[::-1], a, x, axis=0)


def bands(x: np.ndarray) -> list[np.ndarray]:
    """The four bands, in float64."""
    low, high = turned(PLACES[2], twice("lowpass", PLACES[1], x)), turned(PLACES[0], twice("highpass", PLACES[1], x))
    return [twice(kind, hertz, half) for half, hertz in ((low, PLACES[0]), (high, PLACES[2])) for kind in ("lowpass", "highpass")]


def compressed(x: np.ndarray, threshold: float, ratio: float, attack: float, release: float, makeup: float) -> np.ndarray:
    """One band, turned down: a step is two frames, their level the larger one of both channels."""
    over = 20 * np.log10(np.maximum(np.abs(x).max(axis=1).reshape(-1, 2).max(axis=1), 1e-9)) - threshold
    wanted = (1 - 1 / ratio) * (np.clip(over + 3, 0, 6) ** 2 / 12 + np.maximum(over - 3, 0))
    grow, shrink = (1 - np.exp(-2000 / (RATE * ms)) for ms in (attack, release))
    held, less = np.empty(len(wanted)), 0.0
    for k, goal in enumerate(wanted):
        less += (grow if goal > less else shrink) * (goal - less)
        held[k] = less
    return x * 10 ** ((makeup - np.repeat(held, 2)[:, None]) / 20)


def beat(level: float) -> Audio:
    """Noise that comes in bursts."""
    return (noise(FRAMES, level=level) * np.exp(-(np.arange(FRAMES) % 2400) / 800)[:, None]).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(BAND, min_size=4, max_size=4))
def test_it_follows_its_definition(rows: list[tuple[float, float, float, float, float]]) -> None:
    """Whatever the four bands are set to, the sum is within 0.01 dB of float64's loudest."""
    stem = beat(0.3)
    desk = {f"master/multiband/{k}/{name}": v for k, row in enumerate(rows, 1) for name, v in zip(NAMES, row, strict=True)}
    parts = [compressed(band, *row) for band, row in zip(bands(stem.astype(float)), rows, strict=True)]
    out = Console([stem], {**ON, **desk}).play(FRAMES)
    assert np.abs(out - np.sum(parts, axis=0)).max() < 1e-3 * max(np.abs(part).max() for part in parts)


@pytest.mark.parametrize(("band", "hertz"), [(1, 50.0), (2, 310.0), (3, 2000.0), (4, 11_000.0)])
def test_a_tone_is_turned_down_by_its_own_band_and_shown_there(band: int, hertz: float) -> None:
    """12 dB over the threshold at 4:1 one band's meter reads about 9 dB less; the others, far away, next to nothing."""
    tone = stereo(10 ** (-18 / 20) * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE))
    desk = {f"master/multiband/{k}/{name}": value for k in range(1, 5) for name, value in (
        ("threshold_db", -30.0), ("ratio", 4.0), ("attack_ms", 1.0), ("release_ms", 2000.0))}  # fmt: skip
    console = Console([tone], {**ON, **desk})
    out = console.play(RATE)
    shown = [console.meters[-2, bus_meter(f"master/multiband/{k}/gain_reduction_db", 8)] for k in range(1, 5)]
    assert shown[band - 1] == pytest.approx(9.0, abs=0.35)
    assert 20 * np.log10(np.abs(out[RATE // 2 :]).max()) == pytest.approx(-27.0, abs=1.0)
    assert max(shown[: band - 1] + shown[band:]) < 1.0


def test_left_and_right_are_turned_down_together() -> None:
    """What is loud left turns the right down by the same factor."""
    tone = np.sin(2 * np.pi * 2000 * np.arange(FRAMES) / RATE)
    stem = np.stack([0.8 * tone, 0.01 * tone], axis=1).astype(np.float32)
    out = Console([stem], {**ON, "master/multiband/3/threshold_db": -40.0}).play(FRAMES)
    assert np.allclose(out[-1000:, 0], 80 * out[-1000:, 1], rtol=0, atol=1e-5)


def test_off_not_a_bit_changes_and_nothing_is_kept() -> None:
    """Off it passes all bits; switched on again it plays as if it were the first time."""
    stem, hard = beat(0.5), {f"master/multiband/{k}/threshold_db": -50.0 for k in range(1, 5)}
    rows = [(0, "master/multiband/on", 1.0, 15), (1920, "master/multiband/on", 0.0, 15), (4800, "master/multiband/on", 1.0, 15)]
    again, once = Console([stem], hard, events=events(rows)), Console([stem], hard, events=events(rows[2:]))
    first, second = again.render(FRAMES), once.render(FRAMES)
    assert np.array_equal(first[2880:], second[2880:])
    assert np.array_equal(second[LATENCY:4800], stem[: 4800 - LATENCY])
    bands = [bus_meter(f"master/multiband/{band}/gain_reduction_db", 8) for band in range(1, 5)]
    assert (again.meters[2 : 4800 // QUANTUM - 1, bands] > 0).any()
    assert not once.meters[: 4800 // QUANTUM - 1, bands].any()


def test_moving_a_crossover_makes_no_click() -> None:
    """While all three glide across a steady tone the second difference stays below 1.5 times the steady one."""
    tone = stereo(0.5 * np.sin(2 * np.pi * 440 * np.arange(4 * FRAMES) / RATE))
    rows = [(9600, f"master/multiband/crossover/{k}_hz", hz, 30) for k, hz in ((1, 400.0), (2, 1500.0), (3, 2500.0))]
    desk = {**ON, **{f"master/multiband/{k}/ratio": 1.0 for k in range(1, 5)}}
    out = Console([tone], desk, events=events(rows)).play(4 * FRAMES)[4800:, 0]
    bend = np.abs(np.diff(out, 2))
    assert bend.max() < 1.5 * bend[:2000].max()
