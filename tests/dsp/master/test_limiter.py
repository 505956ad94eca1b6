"""The limiter: never above the ceiling, true peaks too, and nothing where nothing is needed."""

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from dsp.grid import LATENCY, RATE
from dsp.slot.columns import bus_meter

FRAMES = 9600
ON = {"master/limiter/on": 1.0, "master/limiter/ceiling_db": -1.0}
OVER_DB = 0.05
CEILING = np.float32(10 ** (-1 / 20))


def spikes(seed: int, level: float) -> Audio:
    """Noise with sudden peaks and steps."""
    random = np.random.default_rng(seed)
    stem = noise(FRAMES, seed, 0.2)
    stem[random.integers(0, FRAMES, 30)] *= level
    start = int(random.integers(0, FRAMES - 500))
    stem[start : start + 400] = level * random.choice([-1.0, 1.0], (400, 2))
    return np.clip(stem, -60, 60)


def true_peak_over(out: Audio, ceiling_db: float) -> float:
    """Decibels by which the true peak (sixteen times oversampled, but where the excerpt is cut off) lies above the ceiling."""
    over = signal.resample_poly(out.astype(float), 16, 1, axis=0)[: -16 * 11]
    return float(20 * np.log10(max(np.abs(over).max(), 1e-9))) - ceiling_db


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.floats(0.1, 60.0), ceiling=st.floats(-12.0, 0.0), release=st.floats(10.0, 1000.0))
def test_no_sample_is_above_the_ceiling(seed: int, level: float, ceiling: float, release: float) -> None:
    """Whatever comes in, no sample leaves above the ceiling, and no peak between the samples is 0.05 dB above it."""
    desk = {**ON, "master/limiter/ceiling_db": ceiling, "master/limiter/release_ms": release}
    out = Console([spikes(seed, level)], desk).render(FRAMES)
    assert np.abs(out).max() <= np.float32(10 ** (ceiling / 20)) * (1 + 2e-7)
    assert true_peak_over(out, ceiling) < OVER_DB


def wave(hertz: float, phase: float) -> NDArray[np.float64]:
    """A sine."""
    return np.sin(2 * np.pi * hertz / RATE * np.arange(FRAMES) + phase)


def adversaries() -> dict[str, NDArray[np.float64]]:
    """What makes peaks between samples, by name; about full scale or beyond."""
    random, n = np.random.default_rng(7), np.arange(FRAMES)
    hits = np.zeros(FRAMES)
    hits[random.integers(100, FRAMES, 40)] = random.choice([-8.0, 8.0], 40)
    swell = random.standard_normal(FRAMES)
    for k in range(1, FRAMES):
        swell[k] += 0.95 * swell[k - 1]
    bits, steps = random.choice([-1.0, 1.0], FRAMES), np.repeat(random.choice([-1.0, 1.0], FRAMES // 2), 2)
    squares = {
        f"square {hz} Hz": np.sign(wave(hz, 0.1)) for hz in (50, 100, 997, 3000, 4000, 5000.3, 7777, 9600, 12_000, 15_000, 19_000)
    }
    sines = {f"sine {hz} Hz": 2 * wave(hz, 0.3) for hz in (11_999, 15_000.3, 18_000.1, 19_000.7, 19_950, 20_000, 21_000, 23_500)}
    return {
        "a quarter of the rate at 45 degrees": 1.5 * np.sin(np.pi / 2 * n + np.pi / 4), "plus and minus one": (-1.0) ** n,
        "impulses": hits, "loud noise": 4 * random.standard_normal(FRAMES), "random bits": bits, "random steps": steps,
        "a clipped master": np.clip(swell, -1.0, 1.0), "a master clipped between": np.clip(swell, -0.9, 1.0) + 0.1 * wave(50, 0),
        "a burst of bits in quiet noise": np.where((n > 4000) & (n < 4100), 30 * bits, 0.9 * bits * np.sin(n / 50)),
        **squares, **sines,
    }  # fmt: skip


@pytest.mark.parametrize("name", adversaries())
def test_it_keeps_its_word_whatever_comes(name: str) -> None:
    """At any ceiling and release, on one channel or on both, the true peak stays within 0.05 dB of the ceiling or below it."""
    one = adversaries()[name]
    for ceiling, release, gain in ((0.0, 10.0, 1.0), (-1.0, 80.0, 3.0), (-6.3, 1000.0, 1.0), (-12.0, 25.0, 8.0)):
        desk = {**ON, "master/limiter/ceiling_db": ceiling, "master/limiter/release_ms": release}
        stem = (gain * np.stack([one, np.roll(one, 7) * np.sign(np.sin(np.arange(FRAMES) / 777))], axis=1)).astype(np.float32)
        out = Console([stem], desk).render(FRAMES)
        assert true_peak_over(out, ceiling) < OVER_DB
        assert np.abs(out).max() <= np.float32(10 ** (ceiling / 20)) * (1 + 2e-7)


BURST = st.tuples(st.integers(200, 4000), st.integers(1, 80), st.floats(0.05, 60.0), st.integers(0, 10**6), st.integers(1, 12))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(BURST, min_size=1, max_size=12), ceiling=st.floats(-12.0, 0.0), release=st.floats(10.0, 1000.0),
    hertz=st.floats(20.0, 20_000.0), level=st.floats(0.0, 2.0),
)  # fmt: skip
def test_it_keeps_its_word_on_bursts(rows: list[tuple[int, int, float, int, int]], ceiling: float, release: float,
                                     hertz: float, level: float) -> None:  # fmt: skip
    """Bursts of random signs, held for up to twelve samples, on top of a sine: the true peak keeps to the ceiling."""
    plane = level * wave(hertz, 0.5)
    for at, length, size, seed, hold in rows:
        signs = np.repeat(np.random.default_rng(seed).choice([-1.0, 1.0], length), hold)[:length]
        plane[at : at + length] = np.clip(plane[at : at + length] + size * signs, -60, 60)
    desk = {**ON, "master/limiter/ceiling_db": ceiling, "master/limiter/release_ms": release}
    assert true_peak_over(Console([stereo(plane)], desk).render(FRAMES), ceiling) < OVER_DB


SHARP = signal.firwin(2 * 64 * 16 + 1, 1 / 16, window=("kaiser", 8.0))
"""A reference that is flat to 23 kHz."""


@pytest.mark.parametrize("seed", range(4))
def test_below_20_khz_any_reference_agrees(seed: int) -> None:
    """Of loud noise without anything above 20 kHz a much sharper reference, too, shows no peak 0.05 dB above the ceiling."""
    low = signal.cheby2(12, 80, 20_500, fs=RATE, output="sos")
    stem = 4 * signal.sosfilt(low, noise(FRAMES, seed, 1.0).astype(float), axis=0)
    out = Console([np.ascontiguousarray(stem, np.float32)], ON).render(FRAMES).astype(float)
    over = signal.resample_poly(out, 16, 1, axis=0, window=SHARP)[: -16 * 65]
    assert 20 * np.log10(np.abs(over).max()) < -1.0 + OVER_DB


@pytest.mark.parametrize(("hertz", "most"), [(50, 0.001), (100, 0.001), (1000, 0.001), (30, 0.02)])
def test_bass_that_is_too_loud_is_not_bent(hertz: float, most: float) -> None:
    """A sine 6 dB above the ceiling comes out with next to no overtones: the gain stands still between its peaks."""
    tone = stereo(10 ** (5 / 20) * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE))
    out = Console([tone], ON).play(2 * RATE)[RATE:, 0].astype(float)
    lines = np.abs(np.fft.rfft(out))
    overtones = lines[2 * int(hertz) :: int(hertz)]
    assert np.sqrt(np.sum(overtones**2)) / lines[int(hertz)] < most


@pytest.mark.parametrize("hertz", [1000.0, 15_000.0])
def test_a_ceiling_that_moves_is_kept_once_it_has_arrived(hertz: float) -> None:
    """Moved down during a loud tone, the new ceiling holds for true peaks as soon as its glide and the delay are over."""
    out = Console([stereo(2 * wave(hertz, 0.2))], ON, events=events([(4800, "master/limiter/ceiling_db", -9.0, 15)])).render(
        FRAMES
    )
    out *= np.minimum(1.0, np.maximum(0.0, np.arange(FRAMES) - 4800 - 480 - LATENCY) / 100)[:, None]
    assert true_peak_over(out, -9.0) < OVER_DB


def test_the_gain_comes_down_before_the_peak_not_at_it() -> None:
    """The final clamp does no work: what leaves a lone peak is its neighbourhood turned down smoothly."""
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(FRAMES) / RATE)
    tone[5000] = 3.0
    out = Console([stereo(tone)], ON).play(FRAMES)[:, 0]
    near = np.r_[4900:5000, 5001:5100]
    gain = out[near] / tone[near]
    assert out[5000] == pytest.approx(CEILING, abs=0.03)
    assert gain[95:105].max() < 0.33
    assert np.abs(np.diff(gain[np.abs(tone[near]) > 0.05])).max() < 0.1


def test_below_the_ceiling_nothing_happens() -> None:
    """Audio that never comes near the ceiling passes bit by bit, and so does audio long after a peak."""
    stem = noise(4 * FRAMES, level=0.05)
    assert np.array_equal(Console([stem], ON).play(4 * FRAMES), stem)
    stem[1000] = 2.0
    out = Console([stem], {**ON, "master/limiter/release_ms": 10.0}).play(4 * FRAMES)
    assert np.array_equal(out[-FRAMES:], stem[-FRAMES:])


def test_it_lets_go_with_its_release() -> None:
    """A release time after the hold and the average, the reduction has fallen to 1/e."""
    level = np.full(FRAMES, 0.1)
    level[1000] = 4.0
    out = Console([stereo(level)], {**ON, "master/limiter/release_ms": 40.0}).play(FRAMES)[:, 0]
    less = 1 - out / level
    at = 1700
    assert less[at + 1920] / less[at] == pytest.approx(np.exp(-1), rel=0.02)


def test_its_meter_shows_the_reduction() -> None:
    """A steady level 6 dB above the ceiling reads 6 dB."""
    console = Console([stereo(np.full(FRAMES, 2 * CEILING))], {**ON, "master/limiter/release_ms": 10.0})
    console.play(FRAMES)
    assert console.meters[6, bus_meter("master/gain_reduction_db", 8)] == pytest.approx(6.02, abs=0.15)


def test_switching_and_moving_the_ceiling_make_no_click() -> None:
    """Switched off, on and to another ceiling in a loud tone, the level glides."""
    rows = [
        (1920, "master/limiter/on", 0.0, 15),
        (3840, "master/limiter/on", 1.0, 15),
        (6400, "master/limiter/ceiling_db", -6.0, 15),
    ]
    out = Console([stereo(np.full(FRAMES, 1.5))], ON, events=events(rows)).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out[200:])).max() < 0.02
    assert np.array_equal(out[2500:3600], np.full(1100, 1.5, np.float32))
    assert out[8000:].max() <= np.float32(10 ** (-6 / 20)) * (1 + 2e-7)


def test_the_trim_lies_behind_the_limiter() -> None:
    """Turned down behind it, what leaves is the limited signal times a factor: it does not reach into the limiter."""
    loud = noise(FRAMES, 1, 2.0)
    plain = Console([loud], ON).render(FRAMES)
    trimmed = Console([loud], {**ON, "master/trim_db": -6.0}).render(FRAMES)
    assert np.allclose(trimmed, plain * 10 ** (-6 / 20), rtol=1e-6, atol=0)
    assert np.abs(plain).max() > 0.8
