import os

import numpy as np
import pytest
from helpers.descriptors import open_descriptors
from hypothesis import given
from hypothesis import strategies as st

from streaming.arena import INVALID, PREROLL_PACKETS, Arena
from streaming.lead import Limits

RING = 960 * 10


@pytest.fixture
def arena():
    """A small arena."""
    arena = Arena(8, 4, RING)
    yield arena
    arena.close()


def ramp(start, frames):
    """Audio whose every sample says where it belongs."""
    return np.arange(2 * start, 2 * (start + frames), dtype=np.float32).reshape(-1, 2)


def test_a_stream_of_eight_tracks_fits_in_eight_megabytes():
    """With the lead at rest, all of its memory is less than that: slots, audio, and 2.9 MB for lines longer than 100 ms."""
    limits = Limits()
    arena = Arena(8, limits.slots, limits.ring_frames, ahead=limits.ahead_frames)
    assert arena.nbytes < 8_000_000
    arena.close()


@given(start=st.integers(0, 10 * RING), frames=st.integers(0, RING))
def test_audio_is_found_by_its_stream_time(start, frames):
    """What was written at a frame is read there, across the ring's end too."""
    arena = Arena(8, 1, RING)
    arena.write_pcm(start, ramp(start, frames))
    assert arena.pcm(start, frames) == ramp(start, frames).tobytes()
    arena.close()


def test_more_than_the_ring_cannot_be_read(arena):
    """A span longer than the ring is an error, not repeated audio."""
    with pytest.raises(ValueError, match="the ring holds 9600 frames"):
        arena.pcm(0, RING + 1)


@pytest.mark.parametrize("frames", [0, -960, 100])
def test_the_ring_is_whole_quanta(frames):
    """A ring that a quantum could straddle is refused."""
    with pytest.raises(ValueError, match="whole number of quanta"):
        Arena(8, 1, frames)


def test_a_packet_is_there_until_it_is_overwritten(arena):
    """A packet is read back under its own number only."""
    arena.write_packet(3, b"three")
    assert (arena.packet(3), arena.packet(13), arena.packet(4)) == (b"three", None, None)
    arena.write_packet(13, b"thirteen")
    assert (arena.packet(3), arena.packet(13)) == (None, b"thirteen")


def test_preroll_is_replaced_as_a_whole(arena):
    """Of a longer pre-roll before nothing is left."""
    arena.write_preroll(5, [b"a", b"b", b"c"])
    assert arena.preroll() == (5, [b"a", b"b", b"c"])
    arena.write_preroll(6, [b"x"])
    assert arena.preroll() == (6, [b"x"])


def test_a_full_preroll_is_read_back(arena):
    """As many packets as fit come back."""
    packets = [bytes([i]) for i in range(PREROLL_PACKETS)]
    arena.write_preroll(100, packets)
    assert arena.preroll() == (100, packets)


def test_meters_are_found_by_their_quantum(arena):
    """A meter row stays until the ring comes round."""
    row = np.arange(len(arena.meters(0)), dtype=np.float32)
    arena.write_meters(17, row)
    assert np.array_equal(arena.meters(7), row)


def test_new_slots_hold_nothing(arena):
    """No slot of a new arena can be taken for a state at frame 0."""
    assert [slot.frame for slot in arena.slots] == [INVALID] * 4


def test_a_slot_takes_over_the_state_of_another(arena):
    """Copying touches neither heads nor encoders."""
    first, second = arena.slots[:2]
    first.state64[:], first.state32[:] = 1.5, 2.5
    first.mark(320)
    second.copy_state(first)
    assert (second.state64 == 1.5).all()
    assert (second.state32 == 2.5).all()
    assert second.frame == INVALID


def test_an_encoder_is_given_back_only_to_whom_it_suits(arena):
    """The packet it comes to, its zygote and its size must be the ones asked for."""
    slot, state = arena.slots[0], np.arange(100, dtype=np.uint8)
    slot.save_encoder(state, 7, boot=99)
    out = np.zeros(100, np.uint8)
    assert not slot.load_encoder(out, 8, 99)
    assert not slot.load_encoder(out, 7, 98)
    assert not slot.load_encoder(np.zeros(99, np.uint8), 7, 99)
    assert not out.any()
    assert slot.load_encoder(out, 7, 99)
    assert np.array_equal(out, state)


def test_an_invalidated_slot_gives_no_encoder(arena):
    """A slot about to be overwritten is not read any more."""
    slot = arena.slots[0]
    slot.save_encoder(np.zeros(10, np.uint8), 7, boot=99)
    slot.invalidate()
    assert not slot.load_encoder(np.zeros(10, np.uint8), 7, 99)


def test_slots_do_not_overlap(arena):
    """Filling one slot to the brim changes no other."""
    for number, slot in enumerate(arena.slots):
        slot.state64[:], slot.state32[:], slot.encoder[:] = number, number, number
        slot.mark(32 * number)
    parts = [(slot.state64, slot.state32, slot.encoder) for slot in arena.slots]
    assert all((part == number).all() for number, slot in enumerate(parts) for part in slot)
    assert [slot.frame for slot in arena.slots] == [0, 32, 64, 96]


def test_another_mapping_sees_the_same_memory(arena):
    """What one process writes, the other that was handed the descriptor reads."""
    other = Arena(8, 4, RING, fd=os.dup(arena.fd))
    arena.write_pcm(0, ramp(0, 960))
    assert arena.bump_generation() == other.generation == 1
    assert other.pcm(0, 960) == arena.pcm(0, 960)
    other.close()


def test_closing_leaves_nothing():
    """Neither the descriptor nor the mapping outlives the arena."""
    before = open_descriptors()
    arena = Arena(8, 4, RING)
    arena.close()
    assert open_descriptors() <= before
