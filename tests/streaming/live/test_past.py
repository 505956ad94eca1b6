import json

import pytest
from helpers.mixes import ASSET, OTHER, desk

from dsp.grid import LATENCY, RATE
from streaming.live.bookmark import Bookmark
from streaming.live.log import Entry, Log
from streaming.live.past import EPOCHS, FORWARD, Standing, recall
from streaming.live.transport import Transport


def standing(state="playing", playhead=20 * RATE, ready_to=22 * RATE, **transport):
    """Numbers of a stream."""
    return Standing(Transport(state, **transport), playhead, ready_to, 7, 3)


def log_of(*entries):
    """A log of a run from frame 0 and these entries."""
    log = Log(1_000)
    log.append_document(Entry("start", 0, position=0, tracks=8), desk())
    for entry in entries:
        log.append(entry)
    return log


def bookmark(frame, tracks=8):
    """A state of which only the frame matters."""
    return Bookmark(tracks, frame, None, None, None)


def past_of(log, told=None, state=None, elapsed=RATE):
    """What is recalled."""
    return recall(log, told or standing(), state, {ASSET: 0, OTHER: 1}, elapsed)


def test_numbers_go_through_json():
    """What was written is read back."""
    told = standing("paused", frame=960, position=17, loop=(0, 96_000))
    assert Standing.from_json(json.loads(json.dumps(told.to_json()))) == told


@pytest.mark.parametrize(
    ("entries", "state", "frame"),
    [
        ((), "playing", 0),
        ((Entry("pause", 9_600),), "paused", 9_600),
        ((Entry("pause", 9_600), Entry("resume", 9_600)), "playing", 0),
        ((Entry("stop", 9_600),), "stopped", 9_600),
        ((Entry("end", 9_600),), "ended", 9_600),
    ],
)
def test_the_log_knows_the_transport_best(entries, state, frame):
    """It is written before the numbers, so it may be newer than they are."""
    transport = past_of(log_of(*entries)).standing.transport
    assert (transport.state, transport.frame) == (state, frame)


def test_a_stream_that_rests_is_as_it_stood():
    """Where no run goes on the numbers have the place."""
    told = standing("stopped", frame=9_600, position=17)
    for log in (Log(10), log_of(Entry("stop", 9_600))):
        past = past_of(log, told)
        assert (past.standing.transport, past.timeline, past.first) == (told.transport, None, 9_600)


def test_where_a_listener_goes_on():
    """Where it says it is, but neither before what can be rendered again nor beyond what anybody was sent."""
    past = past_of(log_of(), state=bookmark(10 * RATE + LATENCY))
    assert past.first == 10 * RATE
    assert [past.playhead(at) for at in (None, 21 * RATE, 0, 1 << 50)] == [21 * RATE, 21 * RATE, 10 * RATE, past.furthest]
    assert past.furthest < 60 * RATE


def test_who_says_nothing_has_played_what_it_had():
    """The playhead has gone on since, up to the end of what was rendered."""
    assert past_of(log_of(), elapsed=60 * RATE).playhead(None) == 22 * RATE


def test_a_paused_stream_stays_where_it_is():
    """Whatever a listener says."""
    assert past_of(log_of(Entry("pause", 21 * RATE))).playhead(5 * RATE) == 21 * RATE


def test_epochs_and_splices_rise():
    """No listener and no entry of the log has a higher number."""
    past = past_of(log_of(Entry("edit", 9_600, 12, path="master/fader_db", value=-3.0)))
    assert (past.epoch, past.splices, past.committed) == (7 + EPOCHS, 12, 9_600)


def test_a_long_run_needs_a_bookmark():
    """From its beginning only a short run is rendered again; a bookmark that cannot be of it is none."""
    long_ago = standing(playhead=FORWARD + 1)
    assert past_of(log_of(), long_ago) is None
    assert past_of(log_of(), long_ago, bookmark(0)) is None
    assert past_of(log_of(), long_ago, bookmark(FORWARD))
    assert past_of(log_of(), standing(playhead=FORWARD)).first == 0


def test_a_wider_bookmark_widens_its_run():
    """The state is of the class that the engine had grown to, by a desk that the log no longer names."""
    assert past_of(log_of(), state=bookmark(RATE, tracks=16)).timeline.tracks == 16


def test_a_log_that_was_full_tells_no_future():
    """The stream played on, but what it played is not known."""
    log = Log(2)
    log.append_document(Entry("start", 0, position=0, tracks=8), desk())
    for frame in (960, 1_920):
        log.append(Entry("jump", frame, position=0))
    assert log.is_full
    assert past_of(Log.taken_up(log.entries, log.documents, 0, 2)) is None
