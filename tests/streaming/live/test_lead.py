from dsp.grid import QUANTUM, RATE, TILE
from streaming.live.lead import FIRST, HOLD_US, REFILL_US, STEADY, Lead, Limits

MARGIN = 1_920


def test_start():
    """After a start chunks grow from 40 to 80 to 160 to 200 ms, up to the whole lead."""
    lead = Lead(Limits())
    lead.start()
    sizes, ahead = [], 0
    while lead.due_us(0, ahead, MARGIN) <= 0:
        sizes.append(lead.chunk(0, ahead, MARGIN))
        ahead += sizes[-1]
        lead.rendered()
    assert sizes[:5] == [FIRST, 2 * FIRST, 4 * FIRST, STEADY, STEADY]
    assert 2 * RATE - STEADY < ahead <= 2 * RATE


def test_steady():
    """At rest a chunk is due when the playhead has made room for it."""
    lead = Lead(Limits())
    for _ in range(4):
        lead.rendered()
    assert lead.due_us(1_000_000, 2 * RATE, MARGIN) == 1_200_000


def test_splice_waits_and_holds():
    """After a splice the refill waits, and until the hand rests it goes no further than the margin and 100 ms."""
    lead = Lead(Limits())
    lead.splice(0)
    lead.rendered()
    assert lead.due_us(0, MARGIN, MARGIN) == REFILL_US
    assert lead.due_us(REFILL_US, MARGIN + 40 * 48, MARGIN) == REFILL_US
    assert lead.chunk(REFILL_US, MARGIN + 40 * 48, MARGIN) == 3 * QUANTUM
    assert lead.due_us(REFILL_US, MARGIN + 100 * 48, MARGIN) > REFILL_US
    assert lead.due_us(HOLD_US, MARGIN + 100 * 48, MARGIN) == HOLD_US


def test_hold_ends():
    """What is not wanted during the hold is due at its end."""
    lead = Lead(Limits())
    lead.splice(0)
    assert lead.due_us(10_000, RATE, MARGIN) == HOLD_US


def test_the_arena_grows_with_the_lead():
    """Slots every 200 ms, a second of past, and long lines that reach behind the last slot before the playhead."""
    short, long = Limits(), Limits(lead_frames=4 * RATE)
    assert (short.slots, long.slots) == (15, 25)
    assert (short.ring_frames, long.ring_frames) == (3 * RATE, 5 * RATE)
    assert long.ahead_frames - short.ahead_frames == 2 * RATE
    assert short.lead_frames < short.reach_frames < short.ahead_frames
    assert short.ahead_frames % TILE == 0


def test_a_hand_makes_chunks_short():
    """While somebody drags no chunk is longer than 100 ms, however long they had grown before."""
    lead = Lead(Limits(lead_frames=4 * RATE))
    lead.splice(0)
    for _ in range(5):
        lead.rendered()
    assert lead.chunk(REFILL_US, 0, 10 * RATE) == 5 * QUANTUM
    assert lead.chunk(HOLD_US, 0, 10 * RATE) == STEADY
