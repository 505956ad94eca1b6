from helpers.mixes import ASSET, desk

from dsp.desk.params import reset_index
from dsp.grid import LATENCY
from streaming.live.log import Edit, Entry
from streaming.live.pending import Jump, Pending, SetLoop
from streaming.live.timeline import Timeline


def edit(path, value=0.0):
    """An edit by me."""
    return Edit(path, value, "me")


def test_nothing():
    """Without a reason there is nothing to splice."""
    assert not Pending()


def test_turning_on_and_on():
    """Of one knob only the last value counts, but not across another one, for their order may matter."""
    pending = Pending()
    pending.edit([edit("a", 1.0), edit("a", 2.0), edit("b", 1.0), edit("a", 3.0)], "edit")
    assert [(each.path, each.value) for each in pending.edits] == [("a", 2.0), ("b", 1.0), ("a", 3.0)]


def test_moves():
    """The last jump and the last loop count, in the order in which they came."""
    pending = Pending()
    pending.move(Jump(1), "seek")
    pending.move(SetLoop((0, 4_800)), "loop")
    pending.move(Jump(2), "seek")
    assert pending.moves == [SetLoop((0, 4_800)), Jump(2)]
    assert pending.reason == "seek"


def test_bound():
    """However many edits come, a bounded number waits."""
    pending = Pending()
    pending.edit([edit(f"p{n}") for n in range(10_000)], "edit")
    assert len(pending.edits) == 4_096
    assert pending.reason == "edit"


def test_commit():
    """Moves take effect in the timeline at their process frame and answer their lines of the log; a reset has none."""
    timeline, pending = Timeline(desk(), 8, {ASSET: 0}, 0, 0), Pending()
    pending.move(Jump(9_600), "seek")
    pending.move(SetLoop((0, 96_000)), "loop")
    pending.reset_loudness()
    entries = pending.commit(timeline, 960, 3)
    assert entries == [Entry("jump", 960, 3, position=9_600), Entry("loop", 960, 3, loop=(0, 96_000))]
    assert timeline.position(960 + LATENCY) == 9_600
    assert timeline.loop == (0, 96_000)
    assert timeline.window(960, 1_920)[0].tolist() == [(960 + LATENCY, reset_index(8), 0, 0.0)]


def test_a_reset_is_a_reason():
    """To measure anew something must be rendered anew."""
    pending = Pending()
    pending.reset_loudness()
    assert (bool(pending), pending.reason) == (True, "edit")
