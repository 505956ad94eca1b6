"""Our elementary functions against numpy's."""

import numba
import numpy as np

from dsp.simd import approximations
from dsp.simd.memory import load16, store


@numba.njit
def scalars(x):
    """Every scalar function of one positive value."""
    return (
        approximations.exp2(x), approximations.exp2(-x), approximations.log2(x), approximations.sine(min(x, np.pi / 2)),
        approximations.cosine(min(x, np.pi / 2)), approximations.decibels_to_gain(x), approximations.decibels_to_gain(-x),
    )  # fmt: skip


@numba.njit
def both(x, logarithms, powers):
    """Apply the two lane functions to sixteen values at a time."""
    for i in range(0, len(x), 16):
        store(logarithms, i, approximations.log2_16(load16(x, i)))
        store(powers, i, approximations.exp2_16(load16(logarithms, i)))


def test_scalars_are_good_to_float64() -> None:
    """Powers and logarithms to base 2 and the two trigonometric functions err by a few units in the last place."""
    for x in np.geomspace(1e-6, 80.0, 1000):
        power, inverse, logarithm, sine, cosine, *_ = scalars(x)
        assert abs(power / 2.0**x - 1) < 2e-15
        assert abs(inverse * 2.0**x - 1) < 2e-15
        assert abs(logarithm - np.log2(x)) < 8e-15
        assert abs(sine - np.sin(min(x, np.pi / 2))) < 4e-15
        assert abs(cosine - np.cos(min(x, np.pi / 2))) < 4e-15


def test_whole_decibels_and_the_foot_of_a_fader_are_exact() -> None:
    """0 dB is 1, -90 dB and below is 0, 20 dB is 10."""
    assert scalars(0.0)[5:] == (1.0, 1.0)
    assert scalars(90.0)[6] == scalars(200.0)[6] == 0.0
    assert abs(scalars(20.0)[5] - 10.0) < 1e-13


def test_lanes_are_good_enough_for_levels() -> None:
    """The lanes' logarithm errs below 2e-5, their exponential inverts it within that, powers of two are exact."""
    x = np.geomspace(1e-9, 1e3, 1600).astype(np.float32)
    x[:16] = 2.0 ** np.arange(-8, 8)
    logarithms, powers = np.empty_like(x), np.empty_like(x)
    both(x, logarithms, powers)
    assert np.abs(logarithms - np.log2(x.astype(float))).max() < 2e-5
    assert np.allclose(powers, x, rtol=2e-5, atol=0)
    assert np.array_equal(logarithms[:16], np.arange(-8, 8))
