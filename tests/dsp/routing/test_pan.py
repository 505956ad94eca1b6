"""Pan laws against their formulas."""

import numba
import numpy as np
import pytest

from dsp.desk.catalogue import PAN_LAWS
from dsp.routing import pan

PANS = np.linspace(-1.0, 1.0, 201)


@numba.njit
def right(law, place):
    """The right side's gain."""
    return pan.pan_gain(law, place)


def sides(law: float) -> tuple[np.ndarray, np.ndarray]:
    """Left and right gains along the way from side to side."""
    return np.array([right(law, -p) for p in PANS]), np.array([right(law, p) for p in PANS])


def test_the_power_law_keeps_the_power() -> None:
    """-3 dB: left squared plus right squared is 2 everywhere."""
    left, r = sides(pan.POWER)
    assert np.allclose(left**2 + r**2, 2.0, rtol=0, atol=1e-6)


def test_the_linear_law_keeps_the_sum() -> None:
    """-6 dB: left plus right is 2 everywhere, what is heard in mono."""
    left, r = sides(pan.LINEAR)
    assert np.allclose(left + r, 2.0, rtol=0, atol=1e-12)
    assert np.allclose(r, 1.0 + PANS, rtol=0, atol=1e-12)


def test_the_compromise_lies_in_the_middle() -> None:
    """-4.5 dB: in decibels half way between the two, up to +4.5 dB at the side."""
    (_, power), (_, linear), (_, middle) = sides(pan.POWER), sides(pan.LINEAR), sides(pan.COMPROMISE)
    assert np.allclose(middle**2, power * linear, rtol=0, atol=1e-12)
    assert 20 * np.log10(middle[-1]) == pytest.approx(4.515, abs=1e-3)


def test_a_balance_only_turns_down() -> None:
    """No side is ever louder than it came, and the near one is as it came."""
    left, r = sides(pan.BALANCE)
    assert np.allclose(left, np.minimum(1.0, 1.0 - PANS), rtol=0, atol=1e-12)
    assert np.allclose(r, np.minimum(1.0, 1.0 + PANS), rtol=0, atol=1e-12)


@pytest.mark.parametrize("law", range(4))
def test_every_law_is_unity_at_the_centre_and_silent_at_the_far_side(law: int) -> None:
    """As float32 exactly 1 and exactly 0; the catalogue lists the laws in this order."""
    assert np.float32(right(law, 0.0)) == 1.0
    assert right(law, -1.0) == 0.0
    assert PAN_LAWS[law] == ("power", "compromise", "linear", "balance")[law]


def test_between_two_laws_there_is_no_step() -> None:
    """While the law changes the gain moves evenly from one to the next."""
    laws = np.linspace(0.0, 3.0, 301)
    for place in (-1.0, -0.6, 0.3, 1.0):
        gains = np.array([right(law, place) for law in laws])
        assert np.abs(np.diff(gains)).max() < 0.011
        assert gains[50] == pytest.approx((gains[0] + gains[100]) / 2)
