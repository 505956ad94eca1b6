"""Shapes in time: how a note starts, holds and dies."""

import numpy as np

from dsp.grid import RATE
from dsp.synth.oscillators import Signal, seconds

_DECLICK = 240
"""Frames of the fade that ends every note at exactly zero."""


def strike(frames: int, decay_s: float, attack_s: float = 0.001) -> Signal:
    """A struck sound: up within ``attack_s``, down by a factor of e every ``decay_s``."""
    t = seconds(frames)
    return np.minimum(1.0, t / attack_s) * np.exp(-t / decay_s) * _end(frames)


def held(gate: int, attack_s: float, decay_s: float, sustain: float, release_s: float) -> Signal:
    """A held note: up, down to ``sustain``, and after ``gate`` frames away; its length is the gate and five releases."""
    frames = gate + int(5.0 * release_s * RATE)
    t = seconds(frames)
    rise = np.minimum(1.0, t / attack_s)
    fall = sustain + (1.0 - sustain) * np.exp(-np.maximum(0.0, t - attack_s) / decay_s)
    away = np.exp(-np.maximum(0.0, t - gate / RATE) / release_s)
    return rise * fall * away * _end(frames)


def _end(frames: int) -> Signal:
    fade = np.ones(frames)
    length = min(_DECLICK, frames)
    fade[frames - length :] = np.linspace(1.0, 0.0, length)
    return fade
