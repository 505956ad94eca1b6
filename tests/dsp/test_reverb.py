"""The reverb: decay, damping, width, return, and how it rests."""

import numpy as np
import pytest
from helpers.console import Audio, Console, noise

from dsp.grid import RATE
from dsp.layout import LINES, REVERB_LEFT, RING_AT, bus_meter

WET = {"0/send/1/level_db": 0.0, "0/fader_db": 0.0, "reverb/damping": 0.0}


def burst(frames: int) -> Audio:
    """A short burst of noise, then silence."""
    stem = np.zeros((frames, 2), np.float32)
    stem[:480] = noise(480, level=0.3)
    return stem


def tail(frames: int, desk: dict[str, float]) -> Audio:
    """The reverb alone: with the send minus without it."""
    stem = burst(frames)
    return Console([stem], {**WET, **desk}).play(frames) - Console([stem]).play(frames)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.0])
def test_it_falls_sixty_decibels_in_its_decay(seconds: float) -> None:
    """Undamped, the energy's slope over half the decay is the parameter within 6 %."""
    heard = tail(int((0.2 + seconds) * RATE), {"reverb/decay_s": seconds}).astype(float)
    energy = (heard**2).sum(axis=1).reshape(-1, 480).sum(axis=1)
    span = 10 * np.log10(energy[10 : 10 + int(50 * seconds)])
    slope = np.polyfit(np.arange(len(span)) / 100, span, 1)[0]
    assert -60.0 / slope == pytest.approx(seconds, rel=0.06)


def test_damping_darkens_the_tail() -> None:
    """With damping the treble of the tail falls much faster than its bass."""

    def balance(damping: float) -> float:
        late = tail(RATE, {"reverb/damping": damping})[RATE // 2 :, 0]
        power = np.abs(np.fft.rfft(late)) ** 2
        return float(10 * np.log10(power[2000:5000].sum() / power[50:500].sum()))

    assert balance(0.5) < balance(0.0) - 20


def test_no_width_is_mono_and_full_width_is_not() -> None:
    """At width 0 both sides carry the same; at 1 they are nearly unrelated."""
    narrow, wide = tail(RATE, {"reverb/width": 0.0}), tail(RATE, {"reverb/width": 1.0})
    assert np.allclose(narrow[2000:, 0], narrow[2000:, 1], rtol=0, atol=1e-6)
    assert abs(np.corrcoef(wide[5000:].T)[0, 1]) < 0.2


def test_the_return_is_a_gain_and_its_foot_is_silence() -> None:
    """-6 dB halves the tail, -90 dB removes it."""
    whole, half = tail(9600, {}), tail(9600, {"reverb/return_db": -6.0})
    assert np.allclose(half, whole * 10 ** (-6 / 20), rtol=0, atol=1e-6)
    assert not tail(9600, {"reverb/return_db": -90.0}).any()


def test_nothing_returns_before_the_shortest_line() -> None:
    """The first reflection comes after the shortest delay, and lines are shorter than 100 ms and relatively prime."""
    heard = tail(9600, {})
    assert not heard[: min(LINES)].any()
    assert heard[min(LINES) : min(LINES) + 500].any()
    assert max(LINES) < 4800
    assert np.gcd.reduce(LINES) == 1


def test_the_level_is_about_that_of_the_send() -> None:
    """At 0 dB the reverb of steady noise is as loud as the noise within 3 dB, for the default decay."""
    stem = noise(2 * RATE)
    console = Console([stem], {**WET, "reverb/damping": 0.35})
    wet = console.play(2 * RATE) - stem
    assert 20 * np.log10(wet[RATE:].std() / stem.std()) == pytest.approx(0.0, abs=3.0)
    assert console.meters[-1, bus_meter("reverb/peak_l", 8)] > 0.1


def test_it_rests_when_it_has_rung_out() -> None:
    """After the tail the lines are emptied and the reverb no longer runs; the next burst sounds like the first."""
    stem = np.concatenate([burst(3 * RATE), burst(9600)])
    console = Console([stem], {**WET, "reverb/decay_s": 0.2})
    first = console.render(3 * RATE)
    assert console.state64[REVERB_LEFT] == 0.0
    assert not console.state32[RING_AT[0] : RING_AT[-1]].any()
    assert np.allclose(console.render(9600), first[:9600], rtol=0, atol=2e-7)
