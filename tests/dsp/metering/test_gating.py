"""Gates and windows against their definitions, step by step."""

import numpy as np
import pytest
from numba import float32, float64, int64, njit, void

from dsp.desk.units import LUFS_OF_ONE
from dsp.metering.gating import end_step, forget_loudness
from dsp.slot.layout import BUS_SIZE, HEAD, INTEGRATED, LOUDNESS_RANGE, MAX_MOMENTARY, MAX_SHORT, SHORT, STEP_FRAMES, STEP_POWER

FRAMES = 480


@njit(void(float64[::1], float64[::1]))
def run(state64, steps):
    """Close whole steps of these powers."""
    for power in steps:
        state64[STEP_POWER + 4] = power
        state64[STEP_FRAMES] = 480
        end_step(state64, 480, 1.0)


@njit(void(float64[::1], float32[::1]))
def forget(state64, state32):
    """Begin anew."""
    forget_loudness(state64, state32)


@njit(void(float64[::1], int64))
def end(state64, frames):
    """Close a step of so many frames."""
    end_step(state64, frames, 1.0)


def power(lufs):
    """The power of a loudness."""
    return 10.0 ** ((np.asarray(lufs) - LUFS_OF_ONE) / 10.0)


def lufs(power):
    """The loudness of a power."""
    return LUFS_OF_ONE + 10.0 * np.log10(np.maximum(power, 1e-30))


def windows(steps, length):
    """Means over windows of so many steps, every ten."""
    sums = np.concatenate(([0.0], np.cumsum(steps)))
    starts = np.arange(0, len(steps) - length + 1, 10)
    return (sums[starts + length] - sums[starts]) / length


def integrated(steps):
    """BS.1770-5, Annex 1, equations 3 to 7."""
    blocks = windows(steps, 40)
    loud = blocks[lufs(blocks) > -70.0]
    return lufs(loud[lufs(loud) > lufs(loud.mean()) - 10.0].mean())


def loudness_range(steps):
    """Tech 3342, section 3.2."""
    short = windows(steps, 300)
    loud = short[lufs(short) > -70.0]
    kept = np.sort(lufs(loud[lufs(loud) > lufs(loud.mean()) - 20.0]))
    low, high = (kept[int(np.floor((len(kept) - 1) * part + 0.5))] for part in (0.10, 0.95))
    return high - low


def programme(seed):
    """The steps of a minute or two with all kinds of levels, silence included."""
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.uniform(-90.0, -5.0, 30), rng.integers(50, 900, 30)) + rng.normal(0.0, 3.0)
    return power(levels + rng.normal(0.0, 2.0, len(levels)))


@pytest.mark.parametrize("seed", range(15))
def test_it_is_the_definition(seed: int) -> None:
    """Integrated loudness within 0.05 LU, range within 0.11 LU of the plain ones, maxima to the digit, on any material."""
    steps, state64 = programme(seed), np.zeros(HEAD)
    run(state64, steps)
    assert lufs(state64[INTEGRATED]) == pytest.approx(integrated(steps), abs=0.05)
    assert state64[LOUDNESS_RANGE] == pytest.approx(loudness_range(steps), abs=0.11)
    for name, length in ((MAX_MOMENTARY, 40), (MAX_SHORT, 300)):
        means = np.convolve(steps, np.ones(length) / length, "valid")
        assert state64[name] == pytest.approx(means.max(), rel=1e-9)
    assert state64[SHORT] == pytest.approx(steps[-300:].mean(), rel=1e-9)


def test_hours_are_held() -> None:
    """Ten hours of changing levels still read what their definition says."""
    steps, state64 = np.tile(programme(3), 40)[:3_600_000], np.zeros(HEAD)
    run(state64, steps)
    assert lufs(state64[INTEGRATED]) == pytest.approx(integrated(steps), abs=0.02)
    assert state64[LOUDNESS_RANGE] == pytest.approx(loudness_range(steps), abs=0.11)


@pytest.mark.parametrize("level", [-71.0, -69.9, 0.0, 9.9, 30.0])
def test_the_ends_of_the_histogram(level: float) -> None:
    """Below the gate nothing counts, far above the scale all does."""
    state64 = np.zeros(HEAD)
    run(state64, np.full(600, power(level)))
    assert (lufs(state64[INTEGRATED]) if level > -70.0 else state64[INTEGRATED]) == pytest.approx(
        max(level, 0.0) if level < -70 else level
    )
    assert state64[LOUDNESS_RANGE] == 0.0


def test_nothing_counts_before_a_window_is_full() -> None:
    """The first block comes with the 40th step, the first window with the 300th."""
    state64 = np.zeros(HEAD)
    run(state64, np.full(39, 0.1))
    assert (state64[INTEGRATED], state64[MAX_MOMENTARY]) == (0.0, 0.0)
    run(state64, np.full(1, 0.1))
    assert state64[INTEGRATED] == pytest.approx(0.1)
    assert state64[MAX_SHORT] == 0.0
    run(state64, np.full(260, 0.1))
    assert state64[MAX_SHORT] == pytest.approx(0.1)


def test_a_reset_forgets_all_but_the_windows() -> None:
    """Afterwards only whole windows that began after it count; short-term loudness goes on."""
    state64, fresh = np.zeros(HEAD), np.zeros(HEAD)
    run(state64, np.full(1_000, 1.0))
    forget(state64, np.zeros(BUS_SIZE, np.float32))
    assert state64[SHORT] == pytest.approx(1.0)
    steps = programme(4)
    run(state64, steps)
    run(fresh, steps)
    for name in (INTEGRATED, LOUDNESS_RANGE, MAX_MOMENTARY, MAX_SHORT):
        assert state64[name] == pytest.approx(fresh[name], rel=1e-9)


def test_a_step_that_is_not_whole_does_not_count() -> None:
    """A run that begins between two steps drops what lies before the first."""
    state64 = np.zeros(HEAD)
    state64[STEP_POWER + 4], state64[STEP_FRAMES] = 1.0, 128
    end(state64, FRAMES)
    assert state64[SHORT] == 0.0
    run(state64, np.full(40, 0.1))
    assert state64[INTEGRATED] == pytest.approx(0.1)
