import numpy as np
import pytest

from dsp.desk.params import CLASSES, engine_size
from dsp.slot.layout import BUS_SIZE, GROUP_SIZE, RING_AT, RINGS, StateLayout, fresh, new_state


def test_a_slot_of_eight_tracks_is_small() -> None:
    """M8 stays below 256 KiB, M64 below half a megabyte."""
    assert StateLayout(8).nbytes < 256 * 1024
    assert StateLayout(64).nbytes < 512 * 1024


@pytest.mark.parametrize("tracks", CLASSES)
def test_parts_are_whole_cache_lines(tracks: int) -> None:
    """Both parts of a slot are multiples of 64 bytes, so slots laid end to end keep their alignment."""
    layout = StateLayout(tracks)
    assert (8 * layout.n64 % 64, 4 * layout.n32 % 64, BUS_SIZE % 16, GROUP_SIZE % 16) == (0, 0, 0, 0)


@pytest.mark.parametrize("tracks", CLASSES)
def test_a_new_slot_begins_cache_lines(tracks: int) -> None:
    """Both of its arrays, wherever the memory comes from, and they are as long as the layout says."""
    slots = [new_state(tracks) for _ in range(5)]
    assert {array.ctypes.data % 64 for slot in slots for array in slot} == {0}
    assert {(len(state64), len(state32)) for state64, state32 in slots} == {(StateLayout(tracks).n64, StateLayout(tracks).n32)}


def test_rings_do_not_overlap() -> None:
    """Each ring and its repeated first tile end before the next begins."""
    ends = [at + ring + 32 for at, ring in zip(RING_AT, RINGS, strict=True)]
    assert all(end <= start for end, start in zip(ends, [*RING_AT[1:], BUS_SIZE], strict=True))


def test_only_classes_have_a_layout() -> None:
    """Any other number of tracks is refused by name."""
    with pytest.raises(ValueError, match="got 9 tracks"):
        StateLayout(9)


def test_fresh_refuses_arrays_of_another_class() -> None:
    """A slot of the wrong size says what was expected."""
    layout = StateLayout(8)
    with pytest.raises(ValueError, match="expected lengths"):
        fresh(16, np.zeros(layout.n64), np.zeros(layout.n32, np.float32), np.zeros(engine_size(16)))
