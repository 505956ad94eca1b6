"""Silence: the first and the last frame that are heard, exactly."""

import numpy as np
import pytest

from dsp.analysis.silence import sounding


@pytest.mark.parametrize(("first", "last"), [(0, 9), (123_456, 900_000), (262_143, 262_144), (5, 999_999)])
def test_edges_are_exact(first: int, last: int) -> None:
    """The frame of the first sample above the threshold, and the one behind the last, on either side, wherever blocks end."""
    audio = np.full((1_000_000, 2), 0.0009, np.float32)
    audio[first, 1], audio[last, 0] = -0.5, 0.002
    assert sounding(audio, -60.0) == (first, last + 1)


def test_all_silent() -> None:
    """Below the threshold there is nothing."""
    assert sounding(np.full((300_000, 2), 0.0009, np.float32), -60.0) is None
    assert sounding(np.zeros((0, 2), np.float32), -60.0) is None
