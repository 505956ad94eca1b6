"""The master's width."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo

FRAMES = 4800


@pytest.mark.parametrize("width", [0.0, 0.5, 1.7, 2.0])
def test_it_scales_the_side_and_leaves_the_middle_alone(width: float) -> None:
    """Left plus right stays, left minus right is that much louder."""
    stem = noise(FRAMES)
    out = Console([stem], {"master/width": width}).play(FRAMES)
    assert np.allclose(out.sum(axis=1), stem.sum(axis=1), rtol=0, atol=1e-7)
    assert np.allclose(out[:, 0] - out[:, 1], width * (stem[:, 0] - stem[:, 1]), rtol=0, atol=1e-7)


def test_at_one_not_a_bit_changes() -> None:
    """Back at 1 after a move, what goes in comes out."""
    stem = noise(FRAMES)
    there_and_back = events([(0, "master/width", 0.3, 5), (960, "master/width", 1.0, 15)])
    assert np.array_equal(Console([stem], events=there_and_back).play(FRAMES)[2400:], stem[2400:])


def test_it_glides() -> None:
    """From 2 to 0 within 10 ms, a steady side goes without a step."""
    side = stereo(np.full(FRAMES, 0.25)) * np.array([1.0, -1.0], np.float32)
    out = Console([side], {"master/width": 2.0}, events=events([(960, "master/width", 0.0, 15)])).play(FRAMES)
    assert np.abs(np.diff(out, axis=0)).max() < 0.0011
    assert not out[-960:].any()
