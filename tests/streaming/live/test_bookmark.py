import numpy as np
import pytest

from dsp.grid import QUANTUM
from streaming.live.bookmark import Bookmark
from streaming.render.arena import INVALID, Arena

STAMP = bytes(range(32))


@pytest.fixture
def arena():
    """An arena with some state in its second slot."""
    made = Arena(8, 3, 4 * QUANTUM)
    slot = made.slots[1]
    slot.state64[:], slot.state32[:] = np.arange(len(slot.state64)), np.arange(len(slot.state32))
    slot.mark(960)
    del slot
    yield made
    made.close()


def read(bookmark, arena, stamp=STAMP):
    """To bytes and back."""
    return Bookmark.unpack(bookmark.pack(STAMP), stamp, len(arena.rings))


def test_a_state_moves_from_one_arena_to_another(arena):
    """Packed, unpacked and put into another arena, the slot and the long lines are what they were."""
    arena.rings[5:9] = 0.25
    bookmark = read(Bookmark.of(arena, arena.slots[1]), arena)
    other = Arena(8, 3, 4 * QUANTUM)
    bookmark.put(other, 2)
    assert (other.slots[2].frame, other.slots[2].head["next_packet"]) == (960, INVALID)
    assert np.array_equal(other.slots[2].state64, arena.slots[1].state64)
    assert np.array_equal(other.slots[2].state32, arena.slots[1].state32)
    assert np.array_equal(other.rings, arena.rings)
    other.close()


def test_silent_lines_take_no_room(arena):
    """Only the slot is written where no long line was ever used."""
    silent = Bookmark.of(arena, arena.slots[1])
    arena.rings[0] = 1.0
    assert len(silent.pack(STAMP)) + arena.rings.nbytes == len(Bookmark.of(arena, arena.slots[1]).pack(STAMP))
    assert not len(read(silent, arena).rings)


def test_it_is_a_copy(arena):
    """What becomes of the slot afterwards does not change it."""
    bookmark = Bookmark.of(arena, arena.slots[1])
    arena.slots[1].state64[:] = 0.0
    assert bookmark.state64[3] == 3.0


def test_what_does_not_fit_is_none(arena):
    """Other kernels, another lead, another file, half of one: none of them is a state of ours."""
    arena.rings[0] = 1.0
    content = Bookmark.of(arena, arena.slots[1]).pack(STAMP)
    longest = len(arena.rings)
    assert Bookmark.unpack(content, STAMP, longest)
    assert Bookmark.unpack(content, bytes(32), longest) is None
    assert Bookmark.unpack(content, STAMP, longest + 4) is None
    for part in (b"", content[:20], content[:-4], content + b"1234", b"none" + content[4:]):
        assert Bookmark.unpack(part, STAMP, longest) is None
