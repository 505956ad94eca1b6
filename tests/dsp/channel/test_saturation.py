"""The saturation of strips and master: its curve, its aliases, its delay, its switching."""

import itertools

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo

from dsp.channel.saturation import FLAT
from dsp.grid import LATENCY, LOOKAHEAD, MASTER_DELAY, RATE, STRIP_DELAY, TILE
from dsp.slot.layout import BUS_SIZE, MODE_SATURATION, SKIP

FRAMES = 9600
PLACES = ("0", "master")
RNG = np.random.default_rng(3)


def driven(place: str, drive: float, **more: float) -> dict[str, float]:
    """A desk with one saturation."""
    return {f"{place}/saturation/{name}": value for name, value in {"on": 1.0, "drive_db": drive, **more}.items()}


def sine(hertz: float, decibels: float, frames: int) -> Audio:
    """A steady tone."""
    return stereo(10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * np.arange(frames) / RATE + 0.1))


def curve(x: np.ndarray, drive: float) -> np.ndarray:
    """The docstring's law at full mix."""
    g = 10 ** (drive / 20)
    z = np.clip(g * x / FLAT, -1.0, 1.0)
    return FLAT * (z - z**3 + 0.6 * z**5 - z**7 / 7) / g


def loudest_alias(out: np.ndarray, hertz: int) -> float:
    """The largest line of a second's spectrum that is no harmonic, in dB of the fundamental."""
    lines = np.abs(np.fft.rfft(out.astype(float)))
    fundamental = lines[hertz]
    lines[::hertz] = 0.0
    return 20 * float(np.log10(lines.max() / fundamental))


@pytest.mark.parametrize("drive", [0.0, 6.0, 12.0, 15.0, 18.0, 20.0, 21.0, 22.0, 23.0, 24.0])
@pytest.mark.parametrize("place", PLACES)
def test_aliases_of_a_high_tone_are_far_below_it(place: str, drive: float) -> None:
    """5 kHz at -6 dBFS: up to 24 kHz nothing but harmonics stands above -80 dB of the fundamental (so of full scale too)."""
    out = Console([sine(5000, -6.0, 60_000)], driven(place, drive)).play(60_000)[-RATE:, 0]
    assert loudest_alias(out, 5000) < -80


@pytest.mark.parametrize("hertz", [997, 1999, 3001])
def test_aliases_of_lower_tones_are_lower_still(hertz: int) -> None:
    """Full drive on -6 dBFS, below -90 dB up to 3 kHz."""
    out = Console([sine(hertz, -6.0, 60_000)], driven("0", 24.0)).play(60_000)[-RATE:, 0]
    assert loudest_alias(out, hertz) < -90


@pytest.mark.parametrize("drive", [0.0, 6.0, 24.0])
@pytest.mark.parametrize("place", PLACES)
def test_slow_waves_follow_the_curve(place: str, drive: float) -> None:
    """A tone of 40 Hz at full scale comes out as the curve says, within 0.01 % of full scale."""
    tone = sine(40.0, 0.0, FRAMES)
    out = Console([tone], driven(place, drive)).play(FRAMES)
    assert np.abs(out - curve(tone.astype(float), drive))[100:-100].max() < 1e-4


@pytest.mark.parametrize("place", PLACES)
def test_small_signals_keep_their_level(place: str) -> None:
    """At any drive a signal at -60 dBFS changes by less than 0.5 % of itself at most, at -100 dBFS by 0.0001 %."""
    for decibels, most in ((-60, 5e-3), (-100, 1e-6)):
        stem = (10 ** (decibels / 20) * RNG.uniform(-1, 1, (FRAMES, 2))).astype(np.float32)
        for drive in (0.0, 12.0, 24.0):
            out = Console([stem], driven(place, drive)).play(FRAMES)
            assert np.abs(out - stem).max() < most * np.abs(stem).max()


def test_it_is_odd() -> None:
    """Upside down in is upside down out, bit for bit."""
    stem, desk = noise(FRAMES, level=0.5), driven("0", 20.0)
    assert np.array_equal(Console([-stem], desk).play(FRAMES), -Console([stem], desk).play(FRAMES))


def test_strip_and_master_saturate_alike() -> None:
    """One track through either is the same bits."""
    stem = noise(FRAMES, level=0.5)
    assert np.array_equal(*(Console([stem], driven(place, 15.0)).play(FRAMES) for place in PLACES))


def test_half_mixed_is_half_of_each() -> None:
    """Mix is linear between untouched and saturated."""
    stem = noise(FRAMES, level=0.5)
    full, half, none = (Console([stem], driven("0", 18.0, mix=mix)).play(FRAMES) for mix in (1.0, 0.5, 0.0))
    assert np.array_equal(none, stem)
    assert np.allclose(half, (full + stem) / 2, rtol=0, atol=1e-6)


@pytest.mark.parametrize("desk", [{}, driven("0", 0.0), driven("master", 0.0), driven("0", 0.0) | driven("master", 0.0)])
def test_its_delay_is_the_declared_one(desk: dict[str, float]) -> None:
    """An impulse through the whole console peaks at LATENCY, on or off, and what little surrounds it is symmetrical."""
    impulse = np.zeros(FRAMES)
    impulse[100] = 0.5
    out = Console([stereo(impulse)], desk).render(FRAMES)[:, 0]
    peak = 100 + LATENCY
    assert np.abs(out).argmax() == peak
    assert np.allclose(out[peak + 1 : peak + 32], out[peak - 31 : peak][::-1], rtol=0, atol=1e-7)
    assert STRIP_DELAY + MASTER_DELAY + LOOKAHEAD == LATENCY
    assert LATENCY % TILE == 0


@pytest.mark.parametrize("place", PLACES)
def test_off_is_the_input_and_switching_makes_no_click(place: str) -> None:
    """On, driven and off again during a slow tone: no step is larger than the tone's own; off, the bits are the input's."""
    tone = sine(50.0, -3.0, FRAMES)
    rows = [(1920, f"{place}/saturation/on", 1.0, 15), (3840, f"{place}/saturation/drive_db", 24.0, 15),
            (5760, f"{place}/saturation/on", 0.0, 15)]  # fmt: skip
    out = Console([tone], driven(place, 12.0, on=0.0), events=events(rows)).play(FRAMES)
    assert np.abs(np.diff(out, axis=0)).max() < 2.2 * np.abs(np.diff(tone, axis=0)).max()
    assert np.array_equal(out[:1700], tone[:1700])
    assert np.array_equal(out[6500:], tone[6500:])
    assert not np.array_equal(out[4500:5500], tone[4500:5500])


def test_switched_on_it_starts_as_if_it_had_always_run() -> None:
    """Long after switching on, the samples are the bits of a track that was saturated from the first."""
    stem = noise(FRAMES, level=0.5)
    late = Console([stem], driven("0", 15.0, on=0.0), events=events([(1920, "0/saturation/on", 1.0, 1)])).play(FRAMES)
    assert np.array_equal(late[2100:], Console([stem], driven("0", 15.0)).play(FRAMES)[2100:])


@pytest.mark.parametrize("place", PLACES)
def test_any_cut_gives_the_same_bits_while_it_glides(place: str) -> None:
    """Cut at every tile and in one piece: audio and slot are the same through switching and a sweep of the drive."""
    rows = [(960, f"{place}/saturation/on", 1.0, 15), (1920, f"{place}/saturation/drive_db", 24.0, 40),
            (3200, f"{place}/saturation/mix", 0.3, 3), (4800, f"{place}/saturation/on", 0.0, 15)]  # fmt: skip
    desk = {"settings": driven(place, 6.0, on=0.0), "events": events(rows)}
    whole, pieces = Console([noise(FRAMES, level=0.5)], **desk), Console([noise(FRAMES, level=0.5)], **desk)
    assert np.array_equal(whole.render(FRAMES), pieces.render_in(itertools.repeat(TILE, FRAMES // TILE)))
    assert np.array_equal(whole.state32, pieces.state32)


def test_a_group_without_it_only_delays() -> None:
    """Switched off, the shaper is left out from the tile on in which the last of it has left."""
    console = Console([noise(FRAMES)], driven("0", 6.0), events=events([(0, "0/saturation/on", 0.0, 5)]))
    seen = []
    for _ in range(10):
        console.render(TILE)
        seen.append(console.state32[BUS_SIZE + MODE_SATURATION] != SKIP)
    assert seen == [True] * 6 + [False] * 4


def test_no_level_escapes_its_ceiling() -> None:
    """At 24 dB even +24 dBFS of a slow square comes out at 6 f(1) / g once it has settled: -15.2 dBFS."""
    loud = stereo(16.0 * np.sign(np.sin(2 * np.pi * 50 * (np.arange(FRAMES) + 0.5) / RATE)))
    out = np.abs(Console([loud], driven("0", 24.0)).play(FRAMES)[240:720:1])
    assert np.median(out) == pytest.approx(curve(np.array([16.0]), 24.0)[0], rel=1e-3)
    assert 20 * np.log10(np.median(out)) == pytest.approx(-15.24, abs=0.02)
