"""A stream at a glance: the outlook, and rows of what was heard, each once and no earlier than it is final."""

import numpy as np
import pytest
from helpers.lines import RestingPool, player, seat
from helpers.mixes import desk

from dsp.grid import LATENCY, QUANTUM, RATE
from dsp.slot.columns import meter_columns
from streaming.desk.room import Person
from streaming.listening.scope import FRAMES
from streaming.listening.telemetry import MOST_SCOPES
from streaming.live import glance
from streaming.live.clock import ManualClock
from streaming.live.stream import Stream
from streaming.protocol.controls import Ack
from streaming.render.job import DONE, Reply

SECOND_US = 1_000_000


class Played:
    """A stream whose row of meters of quantum ``k`` reads ``k % 100`` dB below full scale, and a listener who plays it."""

    def __init__(self):
        self.clock, self.pool = ManualClock(SECOND_US), RestingPool()
        self.player = player("s", desk().set("tracks/t0/clips", []), self.clock, lambda: "r1", self.pool)
        self.seat, self.line = seat("l", Person("ada", "Ada", "controller"))
        self.player.sit(self.seat, 60 * RATE)

    def render(self):
        """Complete jobs until no more are wanted."""
        arena, done = self.player._engine.arena, -1
        while self.pool.jobs[-1].number != done:
            job = self.pool.jobs[-1]
            done = job.number
            for k in range(max(0, job.start // QUANTUM - 1), job.stop // QUANTUM):
                arena.write_meters(k, np.full(meter_columns(8), 10.0 ** (-(k % 100) / 20.0), np.float32))
            first = max(0, job.start - LATENCY)
            arena.write_pcm(first, np.full((job.stop - LATENCY - first, 2), 0.5, np.float32))
            self.player._rendered(job, Reply(job.number, DONE, job.stop, False, 0, 0, 0, 0))

    def play(self, seconds):
        """Let time pass, with acknowledgements."""
        for _ in range(round(seconds * 20)):
            self.clock.advance_us(50_000)
            pacer = self.player.stream.listeners["l"]
            frame = pacer.at(self.clock.now_us())
            self.player.ack(self.seat, Ack(type="ack", epoch=pacer.epoch, played_to=frame, buffered=0, client_us=0))
            self.player.pump()
            self.render()


@pytest.fixture
async def played():
    """One that has begun to play a song that loops, so that it has no end."""
    played = Played()
    played.player.command(lambda stream, _: stream.loop((0, RATE)))
    played.player.command(Stream.play)
    played.render()
    yield played
    played.player.close(1000, "over")


async def test_the_outlook_maps_time_to_the_song(played):
    """From the playhead to the end of what is rendered: every pass of the loop, and the newest splice."""
    played.play(1.5)
    seen = glance.outlook(played.player, None)
    frame = seen.standing.frame
    assert (seen.standing.state, seen.standing.position, seen.standing.loop) == ("playing", frame - RATE, (0, RATE))
    assert (seen.turns[0].starts_at, seen.turns[0].position) == (frame, frame - RATE)
    assert [(turn.starts_at, turn.position) for turn in seen.turns[1:]] == [(2 * RATE, 0), (3 * RATE, 0)]
    assert 3 * RATE < seen.rendered_to <= frame + 2 * RATE
    assert ([epoch.reason for epoch in seen.epochs], seen.listeners, seen.ends_at) == (["start"], 1, None)


async def test_epochs_are_told_after_one_that_is_known(played):
    """All of them, in order; none when there is nothing new."""
    first = glance.outlook(played.player, 0).epochs
    for position in (4_800, 9_600):
        played.player.command(lambda stream, _, position=position: stream.seek(position))
        played.render()
        played.play(0.1)
    later = glance.outlook(played.player, first[-1].number).epochs
    assert ([epoch.reason for epoch in first], [epoch.reason for epoch in later]) == (["start"], ["seek", "seek"])
    assert glance.outlook(played.player, later[-1].number).epochs == []


async def test_nothing_is_ahead_of_a_stream_that_rests(played):
    """Stopped, it tells where it stands and no turns."""
    played.player.command(Stream.stop)
    seen = glance.outlook(played.player, None)
    assert (seen.standing.state, seen.turns, seen.standing.position) == ("stopped", [], 0)


async def test_rows_of_meters_are_heard_ones(played):
    """Asked again from the following frame on, each comes once, stamped with its frame, none from beyond the playhead."""
    rows, since = [], 0
    for _ in range(20):
        played.play(0.1)
        heard = glance.meters(played.player, since, 50)
        assert all(frame + QUANTUM <= heard.frame for frame, _ in heard.rows)
        rows, since = rows + heard.rows, heard.following
    assert [frame for frame, _ in rows] == list(range(0, len(rows) * QUANTUM, QUANTUM))
    assert len(rows) == heard.frame // QUANTUM
    assert [values[0] for _, values in rows] == [-float(k % 100) for k in range(len(rows))]


async def test_the_latest_row_unasked(played):
    """Without a frame the last whole row before the playhead is told; before anything was heard there is none."""
    assert glance.meters(played.player, None, 10).rows == []
    played.play(1.0)
    heard = glance.meters(played.player, None, 10)
    ((frame, _),) = heard.rows
    assert heard.frame - 6 * QUANTUM <= frame <= heard.frame - 5 * QUANTUM
    assert heard.following == frame + 5 * QUANTUM


async def test_rows_that_the_ring_has_lost_are_left_out(played):
    """Who comes late is told what is still held, a bounded number at a time."""
    played.play(6.0)
    heard = glance.meters(played.player, 0, 50)
    oldest = played.player.stream.feed.oldest
    assert heard.rows[0][0] == -(-oldest // QUANTUM) * QUANTUM > 0
    assert len(heard.rows) <= glance.MOST_ROWS
    assert glance.meters(played.player, 10**12, 50).rows == []


async def test_scopes_are_of_audio_that_is_held(played):
    """Each is made of audio before its frame that no worker has overwritten, a few at a time."""
    played.play(6.0)
    heard = glance.scopes(played.player, 0, 50)
    oldest = played.player.stream.feed.oldest
    assert heard.rows[0][0] - FRAMES >= oldest
    assert [frame for frame, *_ in heard.rows] == [heard.rows[0][0] + k * QUANTUM for k in range(MOST_SCOPES)]
    assert heard.rows[-1][0] == heard.following <= heard.frame
    _, bands, points = heard.rows[0]
    assert (len(bands), points[0]) == (31, (0.5, 0.0))


async def test_the_first_scopes(played):
    """At the beginning they are made of the silence before it."""
    played.play(0.2)
    heard = glance.scopes(played.player, 0, 50)
    assert heard.rows[0][0] == QUANTUM
    ((frame, _, _),) = glance.scopes(played.player, None, 50).rows
    assert heard.frame - QUANTUM < frame <= heard.frame
