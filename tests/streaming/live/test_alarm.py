from types import SimpleNamespace

from helpers.mixes import ASSET, clip, desk

from streaming.live.alarm import AGAIN_US, Alarm
from streaming.live.clock import ManualClock
from streaming.protocol.troubles import DISK_FULL, HUNG, NOT_FINITE, audio_missing
from streaming.render.job import DONE, NOTHING, Reply


def alarm():
    """An alarm, what it has told, and its clock."""
    told, clock = [], ManualClock()
    return Alarm(told.append, clock), told, clock


def reply(nonfinite=0, overruns=0, lost=NOTHING):
    """A rendered chunk."""
    return Reply(1, DONE, 960, False, 0, nonfinite, 1, 1, lost, overruns)


def test_a_trouble_is_told_once_and_later_again():
    """Not again before half a minute is over; another is told at once."""
    one, told, clock = alarm()
    one.sound(DISK_FULL)
    clock.advance_us(AGAIN_US - 1)
    one.sound(DISK_FULL)
    one.sound(HUNG)
    assert [message.code for message in told] == ["storage_full", "renderer_hung"]
    clock.advance_us(1)
    one.sound(DISK_FULL)
    assert [(message.code, message.fatal) for message in told[2:]] == [("storage_full", False)]


def test_what_went_wrong_with_a_chunk():
    """Nothing, audio that is no number, a worker that hung."""
    one, told, _ = alarm()
    one.check(reply(), None, desk())
    assert told == []
    one.check(reply(nonfinite=3), None, desk())
    one.check(reply(overruns=1), None, desk())
    assert [message.message for message in told] == [NOT_FINITE.sentence, HUNG.sentence]


def test_lost_audio_is_told_by_the_names_of_its_tracks():
    """Those whose clips play it."""
    one, told, _ = alarm()
    mix = desk().set("tracks/t0/name", "Bass").set("tracks/t0/clips", [clip("c", asset=ASSET)])
    one.check(reply(lost=4), SimpleNamespace(lose=lambda number: ASSET if number == 4 else ""), mix)
    assert told[0].code == "audio_missing"
    assert "Bass" in told[0].message


def test_many_names_are_cut():
    """A sentence stays one."""
    assert audio_missing([str(n) for n in range(9)]).sentence.count(",") == 3
    assert "a stem" in audio_missing([]).sentence
