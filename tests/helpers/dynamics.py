"""Compressor and gate once more, in plain float64 from their definitions: the oracles of the dynamics' tests."""

import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE

Plane = NDArray[np.float64]


def share(ms: float) -> float:
    """Part of the way that is gone in a step of two frames."""
    return float(1 - np.exp(-2000 / (RATE * ms)))


def peak_levels(stem: NDArray[np.floating]) -> Plane:
    """The level of every step in dB: the largest magnitude of two frames and both sides."""
    level = np.abs(stem.astype(float)).max(axis=1).reshape(-1, 2).max(axis=1)
    return 20 * np.log10(np.maximum(level, 1e-9))


def power_levels(stem: NDArray[np.floating]) -> Plane:
    """The level of every step in dB: the louder side's mean square of two frames, smoothed over 10 ms."""
    steps = (stem.astype(float) ** 2).reshape(-1, 2, 2).mean(axis=1).max(axis=1)
    power, follow, levels = 0.0, share(10.0), np.empty(len(steps))
    for k, new in enumerate(steps):
        power += follow * (new - power)
        levels[k] = 10 * np.log10(max(power, 1e-18))
    return levels


def followed(wanted: Plane, grow: float, shrink: float) -> Plane:
    """A reduction in dB of every frame that follows what is wanted, by one share growing, by another shrinking."""
    held, less = np.empty(len(wanted)), 0.0
    for k, goal in enumerate(wanted):
        less += (grow if goal > less else shrink) * (goal - less)
        held[k] = less
    return np.repeat(held, 2)


def compression(levels: Plane, threshold: float, ratio: float, knee: float, attack_ms: float, release_ms: float) -> Plane:
    """The compressor's reduction in dB of every frame."""
    over, knee = levels - threshold, max(knee, 1e-3)
    bend = np.clip(over + knee / 2, 0.0, knee)
    wanted = (1 - 1 / ratio) * (bend**2 / (2 * knee) + np.maximum(over - knee / 2, 0.0))
    return followed(wanted, share(attack_ms), share(release_ms))


def gating(
    levels: Plane, threshold: float, ratio: float, most: float, attack_ms: float, hold_ms: float, release_ms: float
) -> Plane:
    """The gate's reduction in dB of every frame."""
    missing = threshold - levels
    wanted = np.clip((ratio - 1) * missing, 0.0, most)
    hold, left = hold_ms * RATE / 2000, -1.0
    for k, below in enumerate(missing > 0):
        left = max(left - 1, -1.0) if below else hold
        if left >= 0:
            wanted[k] = 0.0
    return followed(wanted, share(release_ms), share(attack_ms))
