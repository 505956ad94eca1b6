"""The reverb: decay, damping, size, pre-delay, density, width, return, and how it rests."""

import math
from itertools import product

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from dsp.grid import LATENCY, RATE, TILE
from dsp.render import ENDS_AFTER
from dsp.slot.columns import bus_meter
from dsp.slot.layout import DIFFUSER_AT, LINES, REVERB_LEFT, RING_AT

Desk = dict[str, float]
WET: Desk = {"0/send/1/level_db": 0.0, "0/fader_db": 0.0, "reverb/damping": 0.0, "reverb/predelay_ms": 0.0}


def burst(frames: int) -> Audio:
    """A short burst of noise, then silence."""
    stem = np.zeros((frames, 2), np.float32)
    stem[:480] = noise(480, level=0.3)
    return stem


def tail(frames: int, desk: Desk, stem: Audio | None = None, rows: list[tuple[int, str, float, int]] | None = None) -> Audio:
    """The reverb alone: with the send minus without it."""
    stem = burst(frames) if stem is None else stem
    return Console([stem], {**WET, **desk}, events=events(rows or [])).play(frames) - Console([stem]).play(frames)


def decay_of(heard: NDArray[np.float64]) -> float:
    """Seconds for 60 dB, by the slope of Schroeder's backward integral from -5 to -35 dB."""
    energy = (heard**2).sum(axis=1)[::-1].cumsum()[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-300)
    first, last = np.searchsorted(-level, 5), np.searchsorted(-level, 35)
    return float(-60 / np.polyfit(np.arange(first, last) / RATE, level[first:last], 1)[0])


@pytest.mark.parametrize(("seconds", "size"), list(product([0.3, 1.0, 3.0, 12.0], [0.5, 1.0, 1.5])))
def test_it_falls_sixty_decibels_in_its_decay(seconds: float, size: float) -> None:
    """Undamped, over all frequencies, the decay is the parameter within 3 %, whatever the size."""
    heard = tail(int((0.3 + seconds) * RATE), {"reverb/decay_s": seconds, "reverb/size": size}).astype(float)
    assert decay_of(heard) == pytest.approx(seconds, rel=0.03)


@pytest.mark.parametrize(("seconds", "size", "damping"), list(product([0.3, 1.0, 2.5, 8.0], [0.5, 1.0, 1.5], [0.2, 0.35, 0.7])))
def test_mids_decay_as_they_should_however_damped(seconds: float, size: float, damping: float) -> None:
    """In the octaves around 250 and 500 Hz it is the parameter within 10 %."""
    desk = {"reverb/decay_s": seconds, "reverb/size": size, "reverb/damping": damping}
    heard = tail(int((0.3 + seconds) * RATE), desk).astype(float)
    for hertz in (250.0, 500.0):
        band = butter(3, [hertz / math.sqrt(2), hertz * math.sqrt(2)], "band", fs=RATE, output="sos")
        assert decay_of(sosfiltfilt(band, heard, axis=0)) == pytest.approx(seconds, rel=0.1)


def test_damping_darkens_the_tail() -> None:
    """With damping the treble of the tail falls much faster than its bass."""

    def balance(damping: float) -> float:
        late = tail(RATE, {"reverb/damping": damping})[RATE // 2 :, 0]
        power = np.abs(np.fft.rfft(late)) ** 2
        return float(10 * np.log10(power[2000:5000].sum() / power[50:500].sum()))

    assert balance(0.5) < balance(0.0) - 20


@pytest.mark.parametrize(("size", "full"), [(0.5, 4_800), (1.0, 9_600), (1.5, 14_400)])
def test_echoes_become_dense(size: float, full: int) -> None:
    """Soon as many samples of a tail lie beyond its deviation as of noise (after Abel and Huang, AES 121, 2006)."""
    click = np.zeros((RATE, 2), np.float32)
    click[0] = 0.9
    heard = tail(RATE, {"reverb/size": size, "reverb/decay_s": 3.0}, click)[:, 0].astype(float)

    def density(at: int) -> float:
        window = heard[at - 480 : at + 480]
        return float((np.abs(window) > window.std()).mean() / math.erfc(1 / math.sqrt(2)))

    assert np.mean([density(at) for at in range(full, full + 4_800, 480)]) > 0.85
    assert np.mean([density(at) for at in range(3 * full, 3 * full + 4_800, 480)]) > 0.93


def test_no_mode_rings_alone() -> None:
    """Late in a tail no frequency stands out of its neighbours by much more than in noise, where the loudest does by 10 dB."""
    heard = tail(3 * RATE, {"reverb/decay_s": 2.0})[2 * RATE // 3 : 2 * RATE].astype(float).mean(axis=1)
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))[400:20_000] ** 2
    around = np.convolve(power, np.ones(201) / 201, "same")
    assert 10 * np.log10((power / around)[100:-100].max()) < 17.0


@pytest.mark.parametrize("tiles", [0, 1, 15, 250, 375])
def test_the_predelay_delays_and_does_nothing_else(tiles: int) -> None:
    """Whole tiles later the tail is the same bits."""
    heard, late = (tail(RATE, {"reverb/predelay_ms": ms}) for ms in (0.0, tiles * TILE / 48.0))
    assert not late[: tiles * TILE + min(LINES)].any()
    assert np.allclose(late[tiles * TILE :], heard[: RATE - tiles * TILE], rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "value", "glide"),
    [("size", 0.5, 75), ("size", 1.5, 75), ("predelay_ms", 250.0, 15), ("predelay_ms", 0.0, 15), ("decay_s", 0.2, 30),
     ("damping", 1.0, 30), ("width", 0.0, 15), ("return_db", -90.0, 15)],
)  # fmt: skip
def test_changes_do_not_click(name: str, value: float, glide: int) -> None:
    """When anything moves while a low tone reverberates, nothing sharp is heard."""
    tone = stereo(0.3 * np.sin(2 * np.pi * 110.0 * np.arange(RATE) / RATE))
    at = RATE // 2 + 5 * TILE
    desk = {"reverb/predelay_ms": 40.0}
    heard = tail(RATE, desk, tone, [(at + LATENCY, f"reverb/{name}", value, glide)])
    assert not np.array_equal(heard, tail(RATE, desk, tone))
    sharp = np.abs(np.diff(heard.astype(float), 3, axis=0)).max(axis=1)
    assert sharp[at - 100 : at + 9_600].max() < 0.001  # setting in, the tone itself is sharper


def test_another_size_is_there_for_good() -> None:
    """After a change of size a burst reverberates as in a room that always had it."""
    stem = np.concatenate([np.zeros((RATE, 2), np.float32), burst(RATE)])
    stem[:1] = 0.1
    moved = tail(2 * RATE, {"reverb/decay_s": 0.2, "reverb/size": 1.4}, stem, [(9_600, "reverb/size", 0.6, 75)])
    always = tail(2 * RATE, {"reverb/decay_s": 0.2, "reverb/size": 0.6}, stem)
    assert np.allclose(moved[RATE:], always[RATE:], rtol=0, atol=1e-6)


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
    assert max(LINES) * 1.5 < 4800
    assert np.gcd.reduce(LINES) == 1


@pytest.mark.parametrize(("seconds", "size"), list(product([0.2, 1.8, 12.0], [0.5, 1.0, 1.5])))
def test_the_level_is_about_that_of_the_send(seconds: float, size: float) -> None:
    """At 0 dB the reverb of steady noise is as loud as the noise within 3.5 dB, however long and large it is."""
    frames = int((1 + seconds) * RATE)
    stem = noise(frames)
    desk = {**WET, "reverb/damping": 0.35, "reverb/decay_s": seconds, "reverb/size": size}
    console = Console([stem], desk)
    wet = console.play(frames) - stem
    assert 20 * np.log10(wet[-RATE:].std() / stem.std()) == pytest.approx(0.0, abs=3.5)
    assert console.meters[-1, bus_meter("reverb/peak_l", 8)] > 0.1


def test_it_rests_when_it_has_rung_out() -> None:
    """After the tail the lines are emptied and the reverb no longer runs; the next burst sounds like the first."""
    stem = np.concatenate([burst(3 * RATE), burst(9600)])
    console = Console([stem], {**WET, "reverb/decay_s": 0.2, "reverb/predelay_ms": 250.0})
    first = console.render(3 * RATE)
    assert console.state64[REVERB_LEFT] == 0.0
    assert not console.state32[RING_AT[0] : DIFFUSER_AT[-1]].any()
    assert np.allclose(console.render(9600), first[:9600], rtol=0, atol=2e-7)


def test_a_song_does_not_end_in_the_predelay() -> None:
    """A sound that waits there while all is silent is heard before the song ends."""
    desk = {**WET, "reverb/decay_s": 0.2, "reverb/predelay_ms": 250.0}
    heard = Console([noise(1_000)], desk, ends_at=1_000).render(RATE)
    assert np.abs(heard[12_000 + min(LINES) :]).max() > 0.01
    last = np.flatnonzero((np.abs(heard) >= 1e-5).any(axis=1))[-1]
    assert ENDS_AFTER <= len(heard) - last <= ENDS_AFTER + 2 * TILE
