"""The waveform pyramid against a plain reading of its definition, whatever the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.peaks import FRAMES_PER_BIN, Pyramid, bins


def pyramid_of(samples: np.ndarray, cuts: list[int]) -> tuple[bytes, ...]:
    """The bytes of a pyramid that took the samples in blocks cut at ``cuts``."""
    pyramid = Pyramid()
    for block in np.split(samples, sorted(cut % (samples.shape[1] + 1) for cut in cuts), axis=1):
        pyramid.add(block)
    return pyramid.finish()


def rows_of(level: bytes) -> np.ndarray:
    """The bins of one level, ``[bin, channel, (min, max, rms)]``."""
    return np.frombuffer(level, "<i2").reshape(-1, 2, 3)


def noise(frames: int) -> np.ndarray:
    """Stereo noise, the same every time."""
    return np.random.default_rng(7).uniform(-1, 1, (2, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 2_048, 16_384, 40_001])
@pytest.mark.parametrize("level", range(3))
def test_every_bin_is_what_its_frames_say(frames: int, level: int) -> None:
    """A bin holds the minimum rounded down, the maximum rounded up and the RMS of just its frames."""
    samples = noise(frames)
    rows = rows_of(pyramid_of(samples, [])[level])
    assert len(rows) == bins(frames, level)
    for number, row in enumerate(rows):
        cut = samples[:, number * FRAMES_PER_BIN[level] :][:, : FRAMES_PER_BIN[level]].astype(np.float64)
        assert (row[:, 0] == np.floor(cut.min(axis=1) * 32_767)).all()
        assert (row[:, 1] == np.ceil(cut.max(axis=1) * 32_767)).all()
        np.testing.assert_allclose(row[:, 2], np.sqrt((cut**2).mean(axis=1)) * 32_767, atol=0.51)


@settings(deadline=None, max_examples=30)
@given(frames=st.integers(1, 40_000), cuts=st.lists(st.integers(0, 40_000), max_size=12))
def test_blocks_do_not_matter(frames: int, cuts: list[int]) -> None:
    """However a stem is cut into blocks, its pyramid is the same bytes."""
    samples = noise(frames)
    assert pyramid_of(samples, cuts) == pyramid_of(samples, [])


def test_samples_over_full_scale_are_clipped() -> None:
    """A float stem above full scale is drawn at full scale."""
    rows = rows_of(pyramid_of(np.full((2, 300), 4.0, np.float32), [])[0])
    assert (rows == 32_767).all()
