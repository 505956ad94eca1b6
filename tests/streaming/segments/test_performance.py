"""Segments are the bounce, cut into pieces, wherever one begins."""

from pathlib import Path

import numpy as np
import pytest
from helpers.scores import order, plan, score

from streaming.offline.takes import Recording
from streaming.segments.performance import Performance, Slot
from streaming.segments.score import SEGMENT, Score


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """A mix of more than a segment."""
    return score(tmp_path_factory.mktemp("song"))


def test_segments_are_the_bounce(tmp_path: Path, song: Score) -> None:
    """From stored state to stored state, each by a new performance: together they are the bounce's bits, tails included."""
    recording = Recording(plan(song, tmp_path / "bounce"))
    frames = recording.render(lambda _: None)
    expected = np.fromfile(recording.raw, "<f4").reshape(-1, 2)
    slot, heard = Performance(order(song, tmp_path)).opening(), []
    while not slot.is_over:
        audio, behind = Performance(order(song, tmp_path)).segment(slot)
        heard.append(audio)
        assert behind.number == slot.number + 1
        slot = Slot.of(behind.to_bytes())
    assert len(heard) == -(-frames // SEGMENT) > 1
    np.testing.assert_array_equal(np.concatenate(heard), expected)
    np.testing.assert_array_equal(slot.lead_in, expected[-len(slot.lead_in) :])


def test_a_state_of_another_console_does_not_fit(tmp_path: Path, song: Score) -> None:
    """A state is recognised by its size."""
    performance = Performance(order(song, tmp_path))
    slot = performance.opening()
    assert performance.fits(slot)
    assert not performance.fits(Slot(0, slot.state64[1:], slot.state32, slot.rings, slot.lead_in))
