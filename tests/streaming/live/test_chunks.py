from helpers.mixes import ASSET, desk

from dsp.grid import LATENCY, QUANTUM
from streaming.live.chunks import RETAINED, Chunks
from streaming.live.timeline import Timeline
from streaming.render.job import DONE, FRESH, Reply


class Word:
    """A generation word."""

    generation = 3

    def bump_generation(self):
        """Move on."""
        self.generation += 1
        return self.generation


def cutter(start=0):
    """Chunks of a run that begins at a frame."""
    chunks = Chunks(7, Word(), 12)
    chunks.begin()
    return chunks, Timeline(desk(), 8, {ASSET: 0}, start, 0)


def render(chunks, timeline, stop, encode=False, splice=None, reached=None):
    """Cut a job to a stream frame and have it done."""
    job = chunks.cut(timeline, stop + LATENCY, encode, splice, 0)
    chunks.done(job, Reply(job.number, DONE, reached or job.stop, reached is not None, job.stop // QUANTUM, 0, 1, 1))
    return job


def test_first_chunk():
    """A run begins in fresh state with its values, and its latency is not published."""
    chunks, timeline = cutter(960)
    job = render(chunks, timeline, 2_880)
    assert (job.arena, job.generation, job.src, job.start, job.stop) == (7, 3, FRESH, 960, 2_880 + LATENCY)
    assert job.publish_from == 960
    assert len(job.values) == len(timeline.values)


def test_next_chunk():
    """The next one goes on where the one before ended, and needs no values."""
    chunks, timeline = cutter()
    first = render(chunks, timeline, 1_920)
    job = render(chunks, timeline, 5_760)
    assert (job.src, job.start) == (first.legs[0].dst, 1_920 + LATENCY)
    assert len(job.values) == 0


def test_splice():
    """A splice renders again from the slot before it, and leaves one exactly there."""
    chunks, timeline = cutter()
    render(chunks, timeline, 1_920)
    render(chunks, timeline, 9_600)
    chunks.splice(4_800 + 32 + LATENCY)
    job = render(chunks, timeline, 6_720, splice=4_832)
    assert job.start == 1_920 + LATENCY
    assert [leg.frames for leg in job.legs] == [4_832 - 1_920, 6_720 - 4_832]
    assert [kept.frame - LATENCY for kept in chunks.slots] == [1_920, 4_832, 6_720]


def test_splice_before_any_slot():
    """A splice in the first chunk renders the run from its beginning."""
    chunks, timeline = cutter()
    render(chunks, timeline, 1_920)
    chunks.splice(960 + LATENCY)
    job = render(chunks, timeline, 2_880, splice=960)
    assert (job.src, job.start) == (FRESH, 0)


def test_splice_at_a_slot():
    """Where a slot lies at the splice point already, one leg is enough."""
    chunks, timeline = cutter()
    render(chunks, timeline, 1_920)
    render(chunks, timeline, 9_600)
    chunks.splice(1_920 + LATENCY)
    assert len(render(chunks, timeline, 3_840, splice=1_920).legs) == 1


def test_move():
    """In another arena the next chunk goes on from the same slot."""
    chunks, timeline = cutter()
    first = render(chunks, timeline, 1_920)
    chunks.move(8, Word())
    job = render(chunks, timeline, 5_760)
    assert (job.arena, job.src, job.start) == (8, first.legs[0].dst, 1_920 + LATENCY)


def test_end():
    """Where the song ended before the chunk did, the slot stands at its end."""
    chunks, timeline = cutter()
    render(chunks, timeline, 1_920)
    render(chunks, timeline, 9_600, reached=4_896)
    assert chunks.slots[-1].frame == 4_896
    render(chunks, timeline, 9_600, reached=4_896)
    assert chunks.slots[-1].frame == 4_896


def test_void():
    """A job that came to nothing gives its slots back."""
    chunks, timeline = cutter()
    for _ in range(100):
        chunks.void(chunks.cut(timeline, 1_920 + LATENCY, False, None, 0))
    assert chunks.slots == ()


def test_encoder_goes_on():
    """In steady state the encoder of the last slot goes on."""
    chunks, timeline = cutter()
    first = render(chunks, timeline, 1_920, encode=True)
    assert (first.encoder, first.encode_from, first.packet_from) == (FRESH, 0, 0)
    job = render(chunks, timeline, 5_760, encode=True)
    assert (job.encoder, job.encode_from, job.packet_from) == (first.legs[0].dst, 2, 2)


def test_encoder_at_a_splice():
    """At a splice it goes back to a slot at least four packets before, or a new one is begun five before."""
    chunks, timeline = cutter()
    render(chunks, timeline, 4_800, encode=True)
    render(chunks, timeline, 9_600, encode=True)
    chunks.splice(9_120 + LATENCY)
    job = render(chunks, timeline, 11_520, encode=True, splice=9_120)
    assert (job.encoder != FRESH, job.encode_from, job.packet_from) == (True, 5, 9)
    chunks.splice(7_680 + LATENCY)
    job = render(chunks, timeline, 9_600, encode=True, splice=7_680)
    assert (job.encoder, job.encode_from, job.packet_from) == (FRESH, 3, 8)


def test_first_listener_of_packets():
    """When packets are wanted anew, a new encoder is shown what was played."""
    chunks, timeline = cutter()
    for stop in range(9_600, 57_600, 9_600):
        render(chunks, timeline, stop)
    chunks.splice(30_000 // 32 * 32 + LATENCY)
    job = render(chunks, timeline, 32_640, encode=True, splice=30_000 // 32 * 32)
    assert (job.encoder, job.encode_from, job.packet_from) == (FRESH, 26, 31)


def test_retain():
    """Slots and events that no splice can need are let go of, from 300 ms behind the playhead."""
    chunks, timeline = cutter()
    timeline.edit(1_920 + LATENCY, timeline.mix.set("tracks/t0/fader_db", -6.0))
    for stop in range(9_600, 96_000, 9_600):
        render(chunks, timeline, stop)
    chunks.retain(timeline, 48_000)
    assert chunks.slots[0].frame <= 48_000 - RETAINED < chunks.slots[1].frame
    assert len(timeline.window(0, 9_600)[0]) == 0
