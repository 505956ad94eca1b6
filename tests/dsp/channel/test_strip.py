"""Trim, fader, pan and send: gains, laws and glides."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo

from dsp.grid import STRIP_DELAY, TILE

FRAMES = 2400
ONE = stereo(np.full(FRAMES, 0.5))


@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.0, 0.25, 1.0])
def test_pan_keeps_the_power(pan: float) -> None:
    """Equal power with unity at the centre: left squared plus right squared is 2, the far side is silent at the end."""
    left, right = Console([ONE], {"0/pan": pan}).play(FRAMES)[-1].astype(float) / 0.5
    assert left**2 + right**2 == pytest.approx(2.0, abs=1e-6)
    assert (left, right) == pytest.approx(
        (2**0.5 * np.cos((pan + 1) * np.pi / 4), 2**0.5 * np.sin((pan + 1) * np.pi / 4)), abs=1e-6
    )


def test_the_ends_of_the_pan_and_of_the_fader_are_silence() -> None:
    """Not a bit is left of a side panned away, of a fader at -90 dB, of a track that is not audible."""
    out = Console([ONE], {"0/pan": 1.0}).play(FRAMES)
    assert not out[:, 0].any()
    assert out[:, 1].all()
    for path, value in (("0/fader_db", -90.0), ("0/audible", 0.0), ("master/fader_db", -90.0)):
        assert not Console([ONE], {path: value}).play(FRAMES).any()


@pytest.mark.parametrize("path", ["0/trim_db", "0/fader_db", "master/fader_db"])
@pytest.mark.parametrize("decibels", [-24.0, -6.0, 3.0])
def test_gains_are_decibels(path: str, decibels: float) -> None:
    """Each of the three gains multiplies by 10^(dB / 20)."""
    assert Console([ONE], {path: decibels}).play(FRAMES)[-1, 0] == pytest.approx(0.5 * 10 ** (decibels / 20), rel=1e-6)


def test_polarity_turns_the_stem_over_without_a_step() -> None:
    """Switched, it passes through silence in equal steps and stands at minus the stem, bit for bit; back again it is the stem."""
    switch = events([(10 * TILE, "0/polarity", 1.0, 15), (40 * TILE, "0/polarity", 0.0, 15)])
    out = Console([ONE], events=switch).play(FRAMES)[:, 0]
    assert np.array_equal(out[25 * TILE : 40 * TILE], -ONE[: 15 * TILE, 0])
    assert np.array_equal(out[55 * TILE :], ONE[55 * TILE :, 0])
    assert np.abs(np.diff(out)).max() < 1.1 / (15 * TILE)


def test_a_glide_is_linear_and_lands_exactly() -> None:
    """Over ten tiles a fader, behind a strip's delay, moves in equal steps; then it stands where a fresh desk would have it."""
    glide = events([(10 * TILE, "0/fader_db", -6.0, 10)])
    out = Console([ONE], events=glide).play(FRAMES)[:, 0]
    begin, end = 10 * TILE - STRIP_DELAY, 20 * TILE - STRIP_DELAY
    steps = np.diff(out[begin:end].astype(float))
    assert np.allclose(steps, steps.mean(), rtol=0.01, atol=0)
    assert np.array_equal(out[:begin], ONE[:begin, 0])
    assert np.array_equal(out[end:], Console([ONE], {"0/fader_db": -6.0}).play(FRAMES)[end:, 0])


def test_a_new_event_bends_a_glide() -> None:
    """A glide that is overtaken goes on from where it is, without a step."""
    rows = [(10 * TILE, "0/fader_db", -40.0, 15), (15 * TILE, "0/fader_db", 0.0, 15)]
    out = Console([ONE], events=events(rows)).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 0.002
    assert np.array_equal(out[30 * TILE :], ONE[30 * TILE :, 0])


def test_muting_ramps_within_its_glide() -> None:
    """Audible 1 to 0 fades a tone out without a step and ends in silence."""
    out = Console([ONE], events=events([(960, "0/audible", 0.0, 15)])).play(FRAMES)[:, 0]
    assert np.abs(np.diff(out)).max() < 0.002
    assert not out[960 + 15 * TILE :].any()


def test_eight_groups_of_stems_add_up() -> None:
    """64 tracks with gains of their own are summed as numpy sums them."""
    stems = [noise(960, seed, 0.02) for seed in range(64)]
    levels = {f"{lane}/fader_db": -float(lane % 13) for lane in range(64)}
    out = Console(stems, levels, tracks=64).play(960)
    want = sum(stem.astype(float) * 10 ** (levels[f"{lane}/fader_db"] / 20) for lane, stem in enumerate(stems))
    assert np.allclose(out, want, rtol=0, atol=1e-6)
