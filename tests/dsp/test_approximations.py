"""Our elementary functions against numpy's."""

import numba
import numpy as np

from dsp import approximations
from dsp.lanes import load16, store


@numba.njit
def both(x, logarithms, powers):
    """Apply the two lane functions to sixteen values at a time."""
    for i in range(0, len(x), 16):
        store(logarithms, i, approximations.log2_16(load16(x, i)))
        store(powers, i, approximations.exp2_16(load16(logarithms, i)))


def test_scalars_are_good_to_float64() -> None:
    """Powers and logarithms to base 2 and the two trigonometric functions err by a few units in the last place."""
    for x in np.linspace(-40.0, 40.0, 501):
        assert abs(approximations.exp2(x) / 2.0**x - 1) < 1e-15
    for x in np.geomspace(1e-6, 1e6, 501):
        assert abs(approximations.log2(x) - np.log2(x)) < 4e-15
    for x in np.linspace(0.0, np.pi / 2, 501):
        assert abs(approximations.sine(x) - np.sin(x)) < 4e-15
        assert abs(approximations.cosine(x) - np.cos(x)) < 4e-15


def test_whole_decibels_and_the_foot_of_a_fader_are_exact() -> None:
    """0 dB is 1, -90 dB and below is 0."""
    assert approximations.decibels_to_gain(0.0) == 1.0
    assert approximations.decibels_to_gain(-90.0) == 0.0
    assert abs(approximations.decibels_to_gain(20.0) - 10.0) < 1e-13


def test_lanes_are_good_enough_for_levels() -> None:
    """The lanes' logarithm errs below 2e-5, their exponential inverts it within that, powers of two are exact."""
    x = np.geomspace(1e-9, 1e3, 1600).astype(np.float32)
    x[:16] = 2.0 ** np.arange(-8, 8)
    logarithms, powers = np.empty_like(x), np.empty_like(x)
    both(x, logarithms, powers)
    assert np.abs(logarithms - np.log2(x.astype(float))).max() < 2e-5
    assert np.allclose(powers, x, rtol=2e-5, atol=0)
    assert np.array_equal(logarithms[:16], np.arange(-8, 8))
