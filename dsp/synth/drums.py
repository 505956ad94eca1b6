"""A drum kit and a bag of percussion. Every drum is ``(velocity, rng) -> stereo``; no two strokes are quite alike."""

from collections.abc import Callable

import numpy as np

from dsp.grid import RATE
from dsp.synth.envelopes import strike
from dsp.synth.filters import bandpass, drive, highpass, lowpass
from dsp.synth.oscillators import Signal, noise, pulse, seconds, sine
from dsp.synth.space import panned

Rng = np.random.Generator
Drum = Callable[[float, Rng], Signal]

_METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
"""Six pulses that share no harmonics: the old machine's way to make brass."""


def _frames(seconds_: float) -> int:
    return int(seconds_ * RATE)


def _fall(frames: int, start_hz: float, end_hz: float, decay_s: float) -> Signal:
    return end_hz + (start_hz - end_hz) * np.exp(-seconds(frames) / decay_s)


def _metal(frames: int, tune: float, rng: Rng) -> Signal:
    return np.asarray(np.sum([pulse(np.full(frames, hz * tune), 0.5, rng.random()) for hz in _METAL_HZ], axis=0))


def kick(velocity: float, rng: Rng) -> Signal:
    """A sine that falls from a slap to 47 Hz, with a click of felt in front."""
    frames = _frames(0.56)
    body = sine(_fall(frames, 150.0 + 60.0 * velocity, 47.0, 0.028)) * strike(frames, 0.13)
    knock = sine(_fall(frames, 900.0, 120.0, 0.006)) * strike(frames, 0.012)
    click = bandpass(noise(frames, rng), 3200.0, 0.8) * strike(frames, 0.004, 0.0003)
    return panned(velocity * drive(1.5 * body + 0.35 * knock + 0.5 * velocity * click, 1.4), 0.0)


def snare(velocity: float, rng: Rng) -> Signal:
    """Two modes of the skin, wires that differ left and right, and a bright crack."""
    frames = _frames(0.40)
    skin = sine(_fall(frames, 250.0, 182.0, 0.02)) + 0.6 * sine(np.full(frames, 331.0))
    body = 0.55 * skin * strike(frames, 0.055)
    crack = highpass(noise(frames, rng), 5000.0) * strike(frames, 0.012)
    tail = strike(frames, 0.05 + 0.05 * velocity)
    wires = np.stack([bandpass(noise(frames, rng), 3400.0 + 1800.0 * velocity, 0.45) * tail for _ in range(2)])
    return velocity * drive(panned(body + 0.4 * crack, 0.0) + 0.8 * wires, 1.2)


def rim(velocity: float, rng: Rng) -> Signal:
    """Stick on the rim: a dry tock."""
    frames = _frames(0.09)
    tone = sine(np.full(frames, 1720.0)) + 0.7 * sine(np.full(frames, 512.0))
    tock = tone * strike(frames, 0.011, 0.0004) + 0.4 * bandpass(noise(frames, rng), 2600.0, 1.5) * strike(frames, 0.008)
    return panned(0.8 * velocity * tock, 0.18)


def _hat(velocity: float, rng: Rng, decay_s: float, length_s: float) -> Signal:
    frames = _frames(length_s)
    tune = 1.0 + 0.012 * float(rng.normal())
    brass = 0.3 * bandpass(_metal(frames, 1.9 * tune, rng), 9200.0, 0.9) + 0.8 * noise(frames, rng)
    bright = highpass(brass, 6200.0 + 1600.0 * velocity)
    return panned(0.5 * velocity * bright * strike(frames, decay_s * (0.7 + 0.6 * velocity)), 0.28)


def closed_hat(velocity: float, rng: Rng) -> Signal:
    """Pedal down."""
    return _hat(velocity, rng, 0.028, 0.16)


def open_hat(velocity: float, rng: Rng) -> Signal:
    """Pedal up, choked after an eighth by its own decay."""
    return _hat(velocity, rng, 0.12, 0.66)


def crash(velocity: float, rng: Rng) -> Signal:
    """A cymbal that opens after the stroke and rings for two seconds, wide."""
    frames = _frames(2.8)
    opening = 3500.0 + 6500.0 * np.exp(-seconds(frames) / 0.6)
    sides = []
    for _ in range(2):
        wash = noise(frames, rng) + 0.22 * _metal(frames, 2.4 + 0.1 * rng.random(), rng)
        sides.append(highpass(lowpass(wash, opening), 2400.0) * strike(frames, 0.62, 0.004))
    return 0.55 * velocity * np.stack(sides)


def _tom(velocity: float, rng: Rng, hz: float, pan: float) -> Signal:
    frames = _frames(0.72)
    body = sine(_fall(frames, 1.7 * hz, hz, 0.05)) * strike(frames, 0.16)
    skin = lowpass(noise(frames, rng), 1800.0) * strike(frames, 0.03)
    return panned(velocity * drive(1.2 * body + 0.4 * skin, 1.2), pan)


def high_tom(velocity: float, rng: Rng) -> Signal:
    """The rack tom, to the right."""
    return _tom(velocity, rng, 164.0, 0.4)


def mid_tom(velocity: float, rng: Rng) -> Signal:
    """The second tom."""
    return _tom(velocity, rng, 121.0, 0.0)


def low_tom(velocity: float, rng: Rng) -> Signal:
    """The floor tom, to the left."""
    return _tom(velocity, rng, 84.0, -0.45)


def clap(velocity: float, rng: Rng) -> Signal:
    """Four hands within thirty milliseconds, and the room."""
    frames = _frames(0.34)
    t = seconds(frames)
    burst = np.sum([np.where(t >= at, np.exp(-(t - at) / 0.006), 0.0) for at in (0.0, 0.011, 0.021)], axis=0)
    shape = burst + 0.8 * np.where(t >= 0.029, np.exp(-(t - 0.029) / 0.06), 0.0)
    return 0.9 * velocity * np.stack([bandpass(noise(frames, rng), 1350.0, 1.3) * shape for _ in range(2)])


def shaker(velocity: float, rng: Rng) -> Signal:
    """Seeds in a box: soft in, soft out."""
    frames = _frames(0.10)
    seeds = highpass(bandpass(noise(frames, rng), 7200.0, 0.7), 4000.0)
    return panned(0.9 * velocity * seeds * strike(frames, 0.022, 0.014), -0.35)


def tambourine(velocity: float, rng: Rng) -> Signal:
    """Small jingles that ring a little."""
    frames = _frames(0.24)
    jingles = sum(sine(np.full(frames, hz * (1.0 + 0.004 * rng.random()))) for hz in (6210.0, 7440.0, 9130.0, 10870.0))
    rattle = highpass(noise(frames, rng), 7000.0)
    return panned(velocity * (0.09 * jingles * strike(frames, 0.05, 0.002) + 0.35 * rattle * strike(frames, 0.03, 0.003)), 0.45)


def _conga(velocity: float, rng: Rng, hz: float, decay_s: float, pan: float) -> Signal:
    frames = _frames(0.36)
    tone = sine(_fall(frames, 1.12 * hz, hz, 0.018)) + 0.35 * sine(np.full(frames, 1.59 * hz)) * strike(frames, 0.03)
    skin = bandpass(noise(frames, rng), 6.0 * hz, 1.2) * strike(frames, 0.009)
    return panned(velocity * (0.8 * tone * strike(frames, decay_s) + 0.5 * velocity * skin), pan)


def conga(velocity: float, rng: Rng) -> Signal:
    """The open tone of the higher drum."""
    return _conga(velocity, rng, 231.0, 0.085, 0.5)


def low_conga(velocity: float, rng: Rng) -> Signal:
    """The open tone of the tumba."""
    return _conga(velocity, rng, 172.0, 0.10, 0.3)


def slap(velocity: float, rng: Rng) -> Signal:
    """A closed stroke on the higher drum."""
    return _conga(velocity, rng, 262.0, 0.022, 0.5)


KIT: dict[str, Drum] = {
    "kick": kick, "snare": snare, "hat": closed_hat, "open": open_hat, "crash": crash,
    "high tom": high_tom, "mid tom": mid_tom, "low tom": low_tom,
}  # fmt: skip

PERCUSSION: dict[str, Drum] = {
    "shaker": shaker, "tambourine": tambourine, "clap": clap, "rim": rim,
    "conga": conga, "low conga": low_conga, "slap": slap,
}  # fmt: skip
