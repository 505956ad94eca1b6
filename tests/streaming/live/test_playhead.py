from streaming.live.playhead import EXTRAPOLATED_US, Margin, Playhead, frames_in, us_of


def test_units():
    """Frames and microseconds: the first rounded down, the second up."""
    assert frames_in(20_000) == 960
    assert us_of(1) == 21
    assert frames_in(us_of(12_345)) == 12_345


def test_runs():
    """Between acknowledgements it moves on with the clock."""
    playhead = Playhead()
    playhead.run(960, 1_000_000)
    assert playhead.at(1_020_000) == 1_920
    playhead.ack(2_000, 1_020_000)
    assert playhead.at(1_040_000) == 2_960


def test_extrapolates_not_for_ever():
    """After 1.5 s without an acknowledgement it is taken to stand."""
    playhead = Playhead()
    playhead.run(0, 0)
    assert playhead.at(EXTRAPOLATED_US) == playhead.at(10 * EXTRAPOLATED_US) == 72_000


def test_late_acknowledgement():
    """An acknowledgement that was held up does not set it back, one that tells of a stall does."""
    playhead = Playhead()
    playhead.run(0, 0)
    playhead.ack(24_000, 500_000)
    playhead.ack(43_200, 1_000_000)
    assert playhead.at(1_000_000) == 48_000
    playhead.ack(43_200, 1_500_000)
    assert playhead.at(1_500_000) == 43_200


def test_hold_and_resume():
    """It stops at an announced frame and goes on from there, or from where it is if it has not got there yet."""
    playhead = Playhead()
    playhead.run(0, 0)
    playhead.hold(4_800)
    assert playhead.at(50_000) == 2_400
    assert playhead.at(500_000) == 4_800
    playhead.resume(500_000)
    assert playhead.at(600_000) == 9_600


def test_stand():
    """One that joins a pause stands where it is."""
    playhead = Playhead()
    playhead.stand(480)
    playhead.ack(480, 9_000_000)
    assert playhead.at(9_900_000) == 480


def test_margin():
    """It begins careful, then follows the 95th percentile of what is measured, between bounds."""
    margin = Margin(25_000, 40_000)
    assert margin.frames == 1_920
    margin.ready(1_000)
    assert margin.us == 40_000
    for _ in range(40):
        margin.ready(28_000)
    assert margin.us == 33_000
    for _ in range(64):
        margin.ready(1)
    assert margin.us == 25_000
    for _ in range(64):
        margin.ready(10_000_000)
    assert margin.us == 250_000


def test_late_splice_raises_the_margin():
    """A late splice is not repeated: the margin grows by as much as it was late."""
    margin = Margin(25_000, 40_000)
    for _ in range(40):
        margin.ready(20_000)
    margin.late(480)
    assert margin.us == 25_000 + 10_000 + 5_000
