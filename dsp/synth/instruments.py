"""The pitched instruments. Each turns one note into a stereo sound: ``(hz, gate, velocity, rng) -> (2, frames)``.

``gate`` is how long the key is held, in frames; the sound rings on after it. ``brightness`` (0 to 1) opens filters with the song.
"""

import numpy as np

from dsp.grid import RATE
from dsp.synth.envelopes import held, strike
from dsp.synth.filters import bandpass, drive, highpass, lowpass
from dsp.synth.oscillators import Signal, ensemble, noise, pulse, saw, seconds, sine
from dsp.synth.space import panned

Rng = np.random.Generator


def bass(hz: float, gate: int, velocity: float, slide_from: float, rng: Rng) -> Signal:
    """Saw and pulse through a filter that snaps shut, over a clean sine; it slides in from another frequency in 30 ms."""
    level = held(gate, 0.003, 0.35, 0.72, 0.035)
    t = seconds(level.size)
    pitch = hz + (slide_from - hz) * np.exp(-t / 0.03)
    growl = 0.6 * saw(pitch, rng.random()) + 0.5 * pulse(1.003 * pitch, 0.34, rng.random())
    snap = np.exp(-t / (0.09 + 0.08 * velocity))
    filtered = lowpass(growl, 130.0 + hz * 1.5 + (500.0 + 1500.0 * velocity) * velocity * snap, 1.1)
    tone = drive(1.6 * filtered, 1.3) * 0.7 + 0.75 * sine(pitch)
    return panned(velocity * tone * level, 0.0)


def electric_piano(hz: float, gate: int, velocity: float, pan: float) -> Signal:
    """A tine and a bell by frequency modulation; harder strokes bark."""
    level = held(gate, 0.002, 1.4, 0.12, 0.09)
    t = seconds(level.size)
    phase = 2.0 * np.pi * hz * t
    bark = (0.35 + 1.9 * velocity**2) * np.exp(-t / 0.35) + 0.18
    body = np.sin(phase + bark * np.sin(phase))
    chime = np.sin(7.0 * phase) * np.exp(-t / 0.11)
    tone = (0.85 * body + 0.14 * velocity * chime) * level
    return panned(velocity * tone, pan)


def pad(hz: float, gate: int, brightness: float, rng: Rng) -> Signal:
    """Two choirs of detuned saws, one for each side, behind a filter that breathes."""
    level = held(gate, 0.45, 1.2, 0.85, 0.30)
    t = seconds(level.size)
    pitch = np.full(level.size, hz)
    cutoff = (350.0 + 3600.0 * brightness**1.6) * (1.0 + 0.25 * np.sin(2.0 * np.pi * 0.21 * t + 6.28 * rng.random()))
    sides = [ensemble(pitch, cents, rng) for cents in ((-11.0, -3.0, 6.0), (-7.0, 2.0, 12.0))]
    return np.stack([highpass(lowpass(side, cutoff, 0.9), 140.0) * level for side in sides])


def pluck(hz: float, gate: int, velocity: float, brightness: float, pan: float, rng: Rng) -> Signal:
    """A short saw and an octave above it; the filter falls faster than the level."""
    level = held(gate, 0.002, 0.16, 0.15, 0.06)
    t = seconds(level.size)
    pitch = np.full(level.size, hz)
    source = 0.6 * ensemble(pitch, (-5.0, 5.0), rng) + 0.35 * pulse(2.0 * pitch, 0.3, rng.random())
    cutoff = 300.0 + hz + (900.0 + 6500.0 * brightness) * velocity * np.exp(-t / 0.07)
    return panned(velocity * lowpass(source, cutoff, 1.6) * level, pan)


def lead(hz: float, gate: int, velocity: float, slide_from: float, rng: Rng) -> Signal:
    """A singing mono synth: it slides from the note before, and its vibrato wakes up when a note is held."""
    level = held(gate, 0.012, 0.5, 0.75, 0.06)
    t = seconds(level.size)
    vibrato = 0.0035 * np.clip((t - 0.25) / 0.4, 0.0, 1.0) * np.sin(2.0 * np.pi * 5.4 * t)
    pitch = (hz + (slide_from - hz) * np.exp(-t / 0.028)) * (1.0 + vibrato)
    cutoff = 700.0 + 1.5 * hz + (1200.0 + 2800.0 * velocity) * (0.35 + 0.65 * np.exp(-t / 0.30))
    centre = 0.55 * pulse(pitch, 0.42, rng.random()) + 0.2 * sine(0.5 * pitch)
    sides = [ensemble(pitch, cents, rng) for cents in ((-6.0, 3.0), (-2.0, 7.0))]
    return np.stack([velocity * drive(lowpass(0.5 * side + centre, cutoff, 1.2), 1.1) * level for side in sides])


_AH = ((730.0, 5.0, 1.0), (1150.0, 7.0, 0.62), (2700.0, 10.0, 0.30), (3500.0, 12.0, 0.17))
_OOH = ((340.0, 4.0, 1.0), (780.0, 7.0, 0.32), (2300.0, 10.0, 0.05), (3300.0, 12.0, 0.02))
"""Resonances of the mouth: frequency, Q and level."""


def voices(hz: float, gate: int, openness: float, rng: Rng) -> Signal:
    """Four singers on one note, two to a side, each with a pitch and a vibrato of their own; from "ooh" (0) to "aah" (1)."""
    level = held(gate, 0.16, 0.8, 0.85, 0.16)
    sides = []
    for _ in range(2):
        breath = 0.05 * noise(level.size, rng)
        throat = lowpass(_singer(hz, level.size, rng) + _singer(hz, level.size, rng) + breath, 1600.0)
        sides.append(_mouth(throat, openness, rng) * level)
    return np.stack(sides)


def _singer(hz: float, frames: int, rng: Rng) -> Signal:
    t = seconds(frames)
    vibrato = np.minimum(1.0, t / 0.6) * np.sin(2.0 * np.pi * (4.7 + 0.9 * rng.random()) * t + 6.28 * rng.random())
    return saw(hz * (1.0 + 0.0035 * float(rng.normal()) + 0.009 * vibrato - 0.01 * np.exp(-t / 0.09)), rng.random())


def _mouth(throat: Signal, openness: float, rng: Rng) -> Signal:
    size = 1.0 + 0.05 * float(rng.normal())
    out = np.zeros(throat.size)
    for (ah_hz, q, ah_level), (ooh_hz, _, ooh_level) in zip(_AH, _OOH, strict=True):
        level = ooh_level + openness * (ah_level - ooh_level)
        out += level * bandpass(throat, size * (ooh_hz + openness * (ah_hz - ooh_hz)), q)
    return out


def riser(frames: int, rng: Rng) -> Signal:
    """Noise that climbs and swells until the next section takes over."""
    climb = np.linspace(0.0, 1.0, frames)
    sides = [bandpass(noise(frames, rng), 300.0 * 24.0**climb, 1.6) * climb**2 for _ in range(2)]
    return np.stack(sides) * np.minimum(1.0, (frames - np.arange(frames)) / (0.02 * RATE))


def sub_drop(frames: int) -> Signal:
    """A low sine that sinks under a downbeat."""
    return panned(sine(np.linspace(70.0, 32.0, frames)) * strike(frames, 0.5, 0.01), 0.0)
