import dataclasses
import os
import socket
import threading
from functools import partial

import numpy as np
import pytest
from helpers.music import write_stem
from helpers.opus_decoder import decoded
from helpers.tape import RING, SLOTS, TRACKS, Tape, rest_values, whole_clips

from dsp.desk.params import track_index
from dsp.grid import LATENCY
from dsp.render import render
from dsp.tables import CLIP, EVENT
from streaming.render import channel
from streaming.render.arena import INVALID, Arena
from streaming.render.job import ABANDONED, DONE, FAILED, Leg, pack_job, unpack_reply
from streaming.render.opus import Library, locate
from streaming.render.renderer import Renderer
from streaming.render.worker import Worker, serve

FRAMES = 960 * 100


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Stems of two seconds."""
    folder = tmp_path_factory.mktemp("stems")
    return [write_stem(folder, seed, FRAMES) for seed in range(4)]


@pytest.fixture(scope="module")
def library():
    """The libopus that is found."""
    return Library(locate() or "")


@pytest.fixture
def arena():
    """The arena of one stream."""
    arena = Arena(TRACKS, SLOTS, RING)
    yield arena
    arena.close()


def worker_of(arena, paths, library=None, boot=1):
    """A worker that takes part in stream 1."""
    worker = Worker(library, boot)
    worker.attach(1, TRACKS, SLOTS, RING, arena.ahead, os.dup(arena.fd))
    for path in paths:
        worker.add_source(1, path)
    return worker


def perform(worker, tape):
    """Have a whole tape rendered."""
    while job := tape.step():
        tape.take(worker.run(job))


@pytest.mark.parametrize("quanta", [1, 3, 10])
def test_chunks_equal_one_offline_render(arena, paths, quanta):
    """With edits and jumps spliced in, at any chunk size, every sample is that of a render in one go."""
    tape = Tape(arena, 1, paths, FRAMES, seed=quanta, quanta=quanta)
    perform(worker_of(arena, paths), tape)
    assert np.abs(tape.heard).max() > 0.05
    assert np.array_equal(tape.heard, tape.offline())


@pytest.mark.parametrize("seed", range(3))
def test_long_lines_need_hold_no_more_than_they_say(tmp_path, seed):
    """With lines that wrap several times, barely long enough for how far this tape goes back, every sample is the offline one."""
    frames = 10 * 48_000
    stems = [write_stem(tmp_path, number, frames) for number in range(2)]
    arena = Arena(TRACKS, SLOTS, RING, ahead=16 * 960)
    tape = Tape(arena, 1, stems, frames, seed=seed)
    perform(worker_of(arena, stems), tape)
    assert np.array_equal(tape.heard, tape.offline())
    arena.close()


def test_a_chunk_too_long_for_its_long_lines_is_refused(arena, paths):
    """It would overwrite what its own slot reads, should it have to be rendered again."""
    worker, tape = worker_of(arena, paths), Tape(arena, 1, paths, FRAMES, splices=0.0)
    tape.take(worker.run(tape.step()))
    job = dataclasses.replace(tape.step(), legs=(Leg(9, arena.ahead + 960),))
    assert worker.run(job).status == FAILED


def test_the_end_does_not_depend_on_chunks(arena, paths):
    """A song ends, after its tails, at the same frame and with the same samples however it is chunked."""
    tape = Tape(arena, 1, paths, 10 * FRAMES, seed=3, quanta=7, splices=0.0, ends_at=FRAMES // 2 + 17)
    perform(worker_of(arena, paths), tape)
    assert tape.over
    assert np.array_equal(tape.heard, tape.offline())


def test_output_before_the_start_is_not_published(arena, paths):
    """A fresh start drops what leaves the console before it: the ring keeps what it held."""
    tape = Tape(arena, 1, paths, FRAMES)
    before = np.full((960, 2), 0.25, np.float32)
    arena.write_pcm(0, before)
    arena.write_meters(0, np.full_like(arena.meters(0), 0.25))
    job = dataclasses.replace(tape.step(), start=960, publish_from=960)
    assert worker_of(arena, paths).run(job).status == DONE
    assert np.array_equal(arena.frames(0, 960), before)
    assert (arena.meters(0) == 0.25).all()
    assert not (arena.meters(1) == 0.25).all()


def test_every_completed_quantum_has_a_meter_row(arena, paths):
    """Rows lie where their quantum's audio lies, and say its peak."""
    tape = Tape(arena, 1, paths, FRAMES, quanta=10, splices=0.0)
    perform(worker_of(arena, paths), tape)
    peaks = [np.abs(arena.frames(960 * k, 960)).max() for k in range(100)]
    assert [arena.meters(k).max() >= peak for k, peak in enumerate(peaks)] == [True] * 100


def test_a_stale_generation_is_abandoned(arena, paths):
    """A chunk of a generation that is over publishes nothing and leaves its target slot void."""
    tape = Tape(arena, 1, paths, FRAMES)
    job = tape.step()
    arena.bump_generation()
    reply = worker_of(arena, paths).run(job)
    assert reply.status == ABANDONED
    assert not arena.frames(0, 4800).any()
    assert arena.slots[job.legs[0].dst].frame == INVALID


@pytest.mark.parametrize(
    "wrong",
    [
        {"arena": 2},
        {"src": 5},
        {"src": SLOTS},
        {"start": 16},
        {"legs": ()},
        {"legs": (Leg(3, 33),)},
        {"legs": (Leg(3, -960),)},
        {"legs": (Leg(SLOTS, 960),)},
        {"legs": (Leg(3, 960), Leg(3, 960))},
        {"legs": (Leg(3, RING + 960),)},
        {"encode": True},
        {"values": np.zeros(3)},
        {"events": np.array([(0, 10_000, 0, 0.0)], EVENT)},
        {"events": np.array([(0, -1, 0, 0.0)], EVENT)},
        {"clips": np.array([(0, TRACKS, 0, 0, 0, 1, 0, 0, 960)], CLIP)},
        {"clips": whole_clips(["x"] * 9, 960)},
    ],
)
def test_what_is_not_there_is_refused(arena, paths, wrong):
    """A job that names a slot, frame, stream or encoder that does not exist fails, and the worker goes on."""
    worker, tape = worker_of(arena, paths), Tape(arena, 1, paths, FRAMES)
    job = tape.step()
    assert worker.run(dataclasses.replace(job, **wrong)).status == FAILED
    assert worker.run(job).status == DONE


def test_a_missing_stem_fails_its_stream(arena, paths, tmp_path):
    """A clip whose file is gone is not taken for silence."""
    gone = [*paths[:-1], str(tmp_path / "gone.f32")]
    assert worker_of(arena, gone).run(Tape(arena, 1, gone, FRAMES).step()).status == FAILED


def test_a_chunk_that_is_not_finite_is_muted_and_counted(arena, paths, monkeypatch):
    """What is no number is not heard; the console goes on from the good slot, with the parameters it should have by then."""

    def failing(state64, state32, rings, tracks, frame, tiles, ends_at, events, segments, clips, sources, out, meters):
        done = render(state64, state32, rings, tracks, frame, tiles, ends_at, events, segments, clips, sources, out, meters)
        if len(segments) and frame == 5 * 960 + LATENCY + 960:
            out[7], state32[:] = np.nan, np.inf
        return done

    monkeypatch.setattr("streaming.render.worker.Renderer", partial(Renderer, kernel=failing))
    # Nothing is sent to an effect: what was muted would be missing from its tails.
    worker, tape = worker_of(arena, paths), Tape(arena, 1, paths, FRAMES, splices=0.0, values=rest_values())
    tape.take(worker.run(tape.step()))
    tape.events.append((5 * 960 + LATENCY + 320, track_index("fader_db", 0, TRACKS), 0, -12.0))
    job = tape.step()
    reply = worker.run(job)
    assert (reply.status, reply.nonfinite, reply.stop) == (DONE, 1, job.stop)
    assert not arena.frames(5 * 960, 5 * 960).any()
    tape.take(dataclasses.replace(reply, nonfinite=0))
    tape.take(worker.run(tape.step()))
    assert np.isfinite(tape.heard).all()
    assert np.array_equal(tape.heard[11 * 960 :], tape.offline()[11 * 960 :])


def test_a_poisoned_slot_is_refused(arena, paths):
    """State that is not a number goes no further: neither heard nor kept."""
    worker, tape = worker_of(arena, paths), Tape(arena, 1, paths, FRAMES, splices=0.0)
    tape.take(worker.run(tape.step()))
    job = tape.step()
    arena.slots[job.src].state32[:] = np.nan
    assert worker.run(job).status == FAILED
    assert np.isfinite(arena.frames(job.start, 4800)).all()


def test_a_listener_hears_no_splice_in_opus(arena, paths, library):
    """A decoder that is reset and primed at every splice says, bit for bit, what one says that never stopped."""
    tape, joins = Tape(arena, 1, paths, FRAMES, seed=5, encode=True), 0
    worker = worker_of(arena, paths, library)
    while job := tape.step():
        tape.take(worker.run(job))
        if job.encode_from <= job.packet_from - 4:
            _, preroll = arena.preroll()
            after = [tape.packets[k] for k in range(job.packet_from, len(tape.chain))]
            assert np.array_equal(decoded(preroll + after)[960 * len(preroll) :], decoded(tape.chain)[960 * job.packet_from :])
            joins += 1
    assert joins > 5
    assert sorted(tape.packets) == list(range(len(tape.packets)))


def test_memory_that_cannot_be_mapped_fails_only_its_stream(arena, paths):
    """A descriptor of something smaller is refused, and so is every job for it."""
    worker, tape = worker_of(arena, paths), Tape(arena, 2, paths, FRAMES)
    small = os.memfd_create("small")
    worker.attach(2, TRACKS, SLOTS, RING, arena.ahead, small)
    worker.add_source(2, paths[0])
    assert worker.run(tape.step()).status == FAILED
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(small)


def test_serves_its_socket_until_it_is_closed(arena, paths, library):
    """Attach, sources, job and detach come as datagrams; a reply goes back for every job; the end of the socket is the end."""
    ours, theirs = channel.pair()
    thread = threading.Thread(target=serve, args=(theirs, library, 1))
    thread.start()
    tape = Tape(arena, 7, paths, FRAMES, splices=0.0)
    socket.send_fds(ours, [channel.pack_attach(7, TRACKS, SLOTS, RING, arena.ahead)], [arena.fd])
    for path in paths:
        ours.send(channel.pack_number(channel.SOURCE, 7, path))
    statuses = []
    for _ in range(2):
        ours.send(channel.JOB + pack_job(tape.step()))
        reply = unpack_reply(ours.recv(1000))
        statuses.append(reply.status)
        tape.take(reply)
        ours.send(channel.pack_number(channel.DETACH, 8))
    ours.send(channel.pack_number(channel.DETACH, 7))
    ours.send(channel.JOB + pack_job(tape.step()))
    statuses.append(unpack_reply(ours.recv(1000)).status)
    ours.close()
    thread.join(10)
    theirs.close()
    assert (statuses, thread.is_alive()) == ([DONE, DONE, FAILED], False)
    assert np.array_equal(tape.heard, tape.offline())
