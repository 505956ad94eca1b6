import pytest
from helpers.feeds import Board

from dsp.grid import QUANTUM, RATE
from streaming.errors import OutOfRange
from streaming.listening.pacer import MEDIA, PREROLL, STALLED_US, Announce, Pacer, Send, Show
from streaming.live.feed import Epoch
from streaming.render.job import NEVER

BUFFER = 4 * RATE


def everything(pacer, now_us=0, room=0, is_playing=True):
    """All that is sent at one time."""
    sent = []
    while outgoing := pacer.next(now_us, room, is_playing):
        sent.append(outgoing)
    return sent


def media(sent):
    """The ranges of audio among it."""
    return [(each.start, each.start + each.frames) for each in sent if isinstance(each, Send) and each.kind == MEDIA]


def test_before_anything_plays():
    """There is nothing to send before the first chunk."""
    feed = Board()
    feed._epochs.clear()
    assert everything(Pacer(feed, "pcm-f32", BUFFER)) == []


def test_start():
    """A listener is told of the epoch, then of the place of the song, then gets audio: packets of 20 ms, then of 100 ms."""
    sent = everything(Pacer(Board(), "pcm-f32", BUFFER))
    assert sent[0] == Announce(1, 0, 0, "start")
    assert isinstance(sent[1], Show)
    assert sent[1].segment.position == 0
    pieces = media(sent)
    assert pieces[:10] == [(n * 960, n * 960 + 960) for n in range(10)]
    assert pieces[10:] == [(9_600 + n * 4_800, 14_400 + n * 4_800) for n in range(18)]


def test_credit():
    """Nothing is sent beyond what was acknowledged and the buffer."""
    pacer = Pacer(Board(), "pcm-f32", RATE)
    assert media(everything(pacer))[-1][1] == RATE
    pacer.ack(1, 5_000, 100_000)
    assert media(everything(pacer, 100_000))[-1][1] == RATE + 4_800
    pacer.ack(1, 4_000, 100_000)
    assert pacer.credit_to == RATE + 5_000


@pytest.mark.parametrize(("epoch", "played_to"), [(2, 0), (1, 96_001), (1, -1)])
def test_acknowledgement_of_what_was_not_sent(epoch, played_to):
    """Nobody can have played what he was not sent."""
    pacer = Pacer(Board(), "pcm-f32", BUFFER)
    everything(pacer)
    with pytest.raises(OutOfRange, match="beyond what was sent"):
        pacer.ack(epoch, played_to, 0)


def test_splice():
    """A splice is announced before its audio, which begins there."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", BUFFER)
    everything(pacer)
    feed.ready(Epoch(9_632, "edit"), 11_520)
    sent = everything(pacer)
    assert sent[0] == Announce(2, 9_632, 0, "edit")
    assert media(sent) == [(9_632, 10_560), (10_560, 11_520)]


def test_while_a_splice_is_rendered():
    """What is being superseded is not sent any more."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", RATE)
    everything(pacer)
    feed.cut(50_016)
    pacer.ack(1, 20_000, 0)
    assert media(everything(pacer, 400_000, room=20_000)) == [(48_000, 50_016)]


def test_splice_ahead_of_what_was_sent():
    """A listener that has not got to a splice is sent what lies before it, in the old epoch, first."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", RATE)
    everything(pacer)
    feed.ready(Epoch(50_016, "edit"), 96_000)
    pacer.ack(1, 9_600, 0)
    sent = everything(pacer, room=9_600)
    assert [type(each) for each in sent[:2]] == [Send, Announce]
    assert media(sent)[:2] == [(48_000, 50_016), (50_016, 50_880)]
    assert sent[0].epoch == 1


def test_splices_that_were_missed():
    """Of several splices only the last is announced, from where the first began: all before it is final."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", BUFFER)
    everything(pacer)
    feed.ready(Epoch(9_600, "edit"), 11_520)
    feed.ready(Epoch(10_560, "edit"), 12_480)
    sent = everything(pacer)
    assert [each for each in sent if isinstance(each, Announce)] == [Announce(3, 9_600, 0, "edit")]
    assert media(sent)[0][0] == 9_600


def test_join():
    """Who comes later begins at the room's playhead."""
    sent = everything(Pacer(Board(), "pcm-f32", BUFFER), 0, 30_001)
    assert sent[0] == Announce(1, 30_016, 0, "resume")
    assert sent[1].segment.position == 30_016
    assert media(sent)[0][0] == 30_016


def test_skip():
    """Who cannot follow the room begins anew at its playhead, with an epoch of its own."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", RATE)
    everything(pacer)
    sent = everything(pacer, 0, 60_000)
    assert sent[0] == Announce(2, 60_000, 0, "resume")
    feed.ready(Epoch(70_400, "edit"), 96_000)
    assert everything(pacer, 0, 60_000)[0] == Announce(3, 70_400, 0, "edit")


def test_end():
    """The last message of a song says so, once."""
    feed = Board()
    feed.end = 96_000
    pacer = Pacer(feed, "pcm-f32", BUFFER)
    assert [each.is_last for each in everything(pacer) if isinstance(each, Send)].count(True) == 1
    assert everything(pacer) == []


def test_end_after_all_was_sent():
    """Where the end is known only after its last frame was sent, an empty message says so."""
    feed = Board()
    pacer = Pacer(feed, "pcm-f32", BUFFER)
    everything(pacer)
    feed.end = 96_000
    assert everything(pacer) == [Send(MEDIA, 1, 96_000, 0, is_last=True)]


def test_opus_end():
    """In Opus the last message holds the padded packet and the flush packet."""
    feed = Board(encoded=True)
    feed.ready_to, feed.end, feed.packets_to = 96_100, 96_100, 102
    last = everything(Pacer(feed, "opus", BUFFER))[-1]
    assert (last.start, last.frames, last.packets, last.is_last) == (96_000, 100, 2, True)


def test_opus_waits_for_packets():
    """Without packets there is nothing to send in Opus."""
    assert everything(Pacer(Board(), "opus", BUFFER)) == []


def test_opus_splice():
    """In Opus whole packets are sent, after the splice's own pre-roll, and the fade lies before the splice."""
    feed = Board(encoded=True)
    pacer = Pacer(feed, "opus", BUFFER)
    everything(pacer)
    feed.ready(Epoch(9_632, "edit", preroll=7), 11_520, encoded=True)
    sent = everything(pacer)
    assert sent[0] == Announce(2, 9_632, 240, "edit")
    assert sent[2] == Send(PREROLL, 2, 7 * QUANTUM, 3 * QUANTUM, 3, from_preroll=True)
    assert sent[3] == Send(MEDIA, 2, 9_600, QUANTUM, 1)


def test_opus_join_behind_a_splice():
    """Who joins a packet or two behind a splice warms up on the splice's own pre-roll, and on what lies between."""
    feed = Board(encoded=True)
    feed.ready(Epoch(9_632, "edit", preroll=7), 19_200, encoded=True)
    sent = everything(Pacer(feed, "opus", BUFFER), 0, 11_520)
    assert sent[0].starts_at == 11_520
    assert sent[2] == Send(PREROLL, 2, 7 * QUANTUM, 3 * QUANTUM, 3, from_preroll=True)
    assert sent[3] == Send(PREROLL, 2, 10 * QUANTUM, 2 * QUANTUM, 2)
    assert sent[4].start == 12 * QUANTUM


def test_opus_join():
    """A decoder that joins warms up on the packets before."""
    sent = everything(Pacer(Board(encoded=True), "opus", BUFFER), 0, 30_016)
    assert sent[0] == Announce(1, 30_016, 0, "resume")
    assert sent[2] == Send(PREROLL, 1, 27 * QUANTUM, 4 * QUANTUM, 4)
    assert sent[3].start == 31 * QUANTUM


@pytest.mark.parametrize(("codec", "frames"), [("pcm-f32", 4_800), ("pcm-s16", 4_800), ("opus", 9_600)])
def test_steady_messages(codec, frames):
    """At rest a message holds 100 ms of PCM or 200 ms of packets, and what is ready is never held back."""
    feed = Board(ready_to=48_000, encoded=codec == "opus")
    pacer = Pacer(feed, codec, BUFFER)
    everything(pacer)
    feed.ready(ready_to=48_000 + 3 * frames + 1_920, encoded=codec == "opus")
    stops = [stop for _, stop in media(everything(pacer))]
    assert stops == [48_000 + frames, 48_000 + 2 * frames, 48_000 + 3 * frames, 48_000 + 3 * frames + 1_920]


def test_audio_is_not_queued():
    """Between two messages a splice may come: what was planned before it is not sent."""
    feed = Board()
    feed.timeline.jump(9_600, 0)
    pacer = Pacer(feed, "pcm-f32", BUFFER)
    while not (isinstance(outgoing := pacer.next(0, 0, True), Show) and outgoing.segment.starts_at == 9_600):
        pass
    feed.ready(Epoch(4_800, "seek"), 6_720)
    assert everything(pacer)[0] == Announce(2, 4_800, 0, "seek")


def test_playhead():
    """The playhead runs from the first audio on, never beyond what was sent."""
    pacer = Pacer(Board(ready_to=1_920), "pcm-f32", BUFFER)
    everything(pacer, 1_000_000)
    assert pacer.at(1_020_000) == 960
    assert pacer.at(2_000_000) == 1_920
    assert pacer.horizon(1_020_000) == 960 + 1_920


def test_stalled():
    """Who plays and says nothing for ten seconds is stalled; who is held is not."""
    pacer = Pacer(Board(), "pcm-f32", BUFFER)
    assert pacer.stalls_at == NEVER
    everything(pacer, 1_000)
    assert pacer.stalls_at == 1_000 + STALLED_US
    pacer.ack(1, 0, 5_000)
    assert pacer.stalls_at == 5_000 + STALLED_US
    pacer.hold(4_800)
    pacer.ack(1, 0, 6_000)
    assert pacer.stalls_at == NEVER
    pacer.resume(7_000)
    assert pacer.stalls_at == 7_000 + STALLED_US


def test_skipping_ahead_is_no_sign_of_life():
    """Who is taken along because the stream fell behind, and says nothing, is stalled all the same."""
    pacer = Pacer(Board(), "pcm-f32", BUFFER)
    everything(pacer, 1_000)
    sent = everything(pacer, 9_000_000, room=96_000)
    assert sent == []
    pacer._feed.ready(ready_to=144_000)
    sent = everything(pacer, 9_000_000, room=100_800)
    assert sent[0] == Announce(2, 100_800, 0, "resume")
    assert pacer.stalls_at == 1_000 + STALLED_US


@pytest.mark.parametrize(("codec", "first"), [("pcm-f32", 9_632), ("opus", 9_632 - 240)])
def test_late(codec, first):
    """Who joined a splice late heard something else from where it begins until its fade is over, and gets a wider margin."""
    feed = Board(encoded=True)
    pacer = Pacer(feed, codec, BUFFER)
    everything(pacer)
    margin = pacer.margin.us
    feed.ready(Epoch(9_632, "edit", preroll=7), 11_520, encoded=True)
    everything(pacer)
    assert pacer.late(2, 480) == (first, first + 480 + 240)
    assert pacer.margin.us > margin
    assert pacer.late(2, 10**9) == (first, 96_000)
    assert pacer.late(99, 480) is None
