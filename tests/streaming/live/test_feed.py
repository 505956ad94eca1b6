from helpers.feeds import Board

from streaming.live.feed import Epoch


def test_epochs():
    """Epochs are numbered as they are heard of, and a listener asks for those that it does not know."""
    feed = Board()
    feed.ready(Epoch(960, "edit"))
    feed.ready(Epoch(1_920, "edit"))
    assert [epoch.number for epoch in feed.after(1)] == [2, 3]
    assert feed.epoch.starts_at == 1_920


def test_cut():
    """A splice takes back what may be sent."""
    feed = Board(encoded=True)
    feed.end = 96_000
    feed.cut(9_632)
    assert (feed.ready_to, feed.packets_to, feed.end) == (9_632, 10, None)


def test_oldest():
    """What a worker writes takes the place of what is a ring's length older."""
    feed = Board()
    assert feed.oldest == 0
    feed.write(250_000)
    assert feed.oldest == 10_000


def test_packets_after_a_gap():
    """Packets that do not continue those before begin anew."""
    feed = Board(encoded=True)
    feed.encoded(50, 60)
    assert (feed.packets_from, feed.packets_to) == (0, 60)
    feed.encoded(80, 90)
    assert (feed.packets_from, feed.packets_to) == (80, 90)


def test_segments():
    """What is heard at a frame, and what changes after it."""
    feed = Board()
    feed.timeline.jump(9_600, 100)
    shown = [*feed.shown(4_800), *feed.turns(4_800, 19_200)]
    assert [(each.starts_at, each.position) for each in shown] == [(4_800, 4_800), (9_600, 100)]


def test_segments_of_the_run_before():
    """What is left of a run is shown as that run has it."""
    feed = Board()
    later = Board(start=50_000)
    feed.publish(Epoch(50_000, "start", is_start=True), later.timeline)
    assert feed.shown(49_000)[0].position == 49_000
    assert feed.shown(50_960)[0].position == 960
