from helpers.feeds import Board

from dsp.grid import RATE
from streaming.listening.listeners import Listeners
from streaming.live.shared_clock import LEAD_IN_US, Anchor
from streaming.render.job import NEVER


def room(*names, now_us=0):
    """Listeners that were all sent what there is."""
    listeners = Listeners(Board())
    for name in names:
        listeners.join(name, "pcm-f32", 4 * RATE, now_us)
        while listeners[name].next(now_us, 0, True):
            pass
    return listeners


def test_nobody():
    """Without listeners the playhead stands where it was put, and a splice may lie there."""
    listeners = room()
    listeners.place(960, 0)
    assert (listeners.playhead(9_000_000), listeners.horizon(9_000_000), listeners.margin_frames()) == (960, 960, 0)
    assert listeners.stalls_at() == NEVER


def test_the_furthest_counts():
    """A splice lies ahead of the listener that is furthest."""
    listeners = room("ann", "bob")
    listeners["bob"].ack(1, 9_600, 100_000)
    assert listeners.playhead(100_000) == 9_600
    assert listeners.horizon(100_000) == 9_600 + 1_920


def test_leave():
    """When the last one goes, the playhead stays."""
    listeners = room("ann")
    listeners.leave("ann", 100_000)
    assert len(listeners) == 0
    assert listeners.playhead(900_000) == 4_800


def test_hold_and_resume():
    """Everybody stops at a frame and goes on: alone at once, together a moment later, and never behind that frame."""
    for names, waits_us in ((("ann",), 0), (("ann", "bob"), LEAD_IN_US)):
        listeners = room(*names)
        listeners.hold(4_800)
        assert listeners.playhead(900_000) == 4_800
        listeners.resume(900_000)
        assert listeners.playhead(900_000 + waits_us // 2) == 4_800
        assert listeners.playhead(1_000_000 + waits_us) == 9_600


def test_two_share_a_clock():
    """It is pinned to what the first reported to be heard when the second comes, and there is none when one is left."""
    listeners = room("ann")
    listeners.place(0, 0)
    listeners["ann"].ack(1, 4_800, 100_000)
    listeners.heard("ann", 4_800, 150_000)
    assert listeners.clock.anchor is None
    listeners.join("bob", "pcm-f32", 4 * RATE, 120_000)
    assert listeners.clock.anchor == Anchor(4_800, 150_000)
    listeners.leave("ann", 200_000)
    assert listeners.clock.anchor is None


def test_stalled():
    """Those that say nothing are named."""
    listeners = room("ann", "bob")
    listeners["bob"].ack(1, 0, 5_000_000)
    assert listeners.stalled(listeners.stalls_at()) == ["ann"]


def test_opus():
    """Whether anybody wants packets."""
    listeners = room("ann")
    assert not listeners.has_opus
    listeners.join("eve", "opus", 4 * RATE, 0)
    assert listeners.has_opus
