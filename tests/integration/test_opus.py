"""Opus over the real socket: packets in a row, joins that no one hears, every frame to the last, decoded as the protocol says."""

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from helpers.listener import MEDIA, PREROLL, RATE, Listener, Packet
from helpers.opus import DELAY, QUANTUM, joined, snr_db
from helpers.serving import Client, Server
from integration.conftest import SECONDS, Song
from integration.test_heard import bounced, check, perform

CODEC_NOISE_DB = 15.0
"""No 20 ms of these tones are decoded with less signal to noise (20 dB is the least measured); a broken join leaves 2 to 6 dB."""


def tones(seed: int) -> bytes:
    """A FLAC of slowly beating sines, which Opus codes well."""
    random = np.random.default_rng(seed)
    time = np.arange(SECONDS * RATE)[:, None] / RATE
    audio = np.zeros((len(time), 2))
    for _ in range(5):
        beat = 1.0 + 0.5 * np.sin(2 * np.pi * random.uniform(0.5, 4.0) * time)
        audio += random.uniform(0.02, 0.05) * beat * np.sin(2 * np.pi * random.uniform(80, 1500) * time + random.uniform(0, 6, 2))
    file = io.BytesIO()
    soundfile.write(file, audio, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def tuned_song(server: Server, stems: int) -> Song:
    """A project of tones, which Opus codes well."""
    client = Client(server.url)
    project = client.call("POST", "/projects", {"name": "Tones"})["id"]
    status, answer = client.upload(project, {f"tones {seed}.flac": tones(seed) for seed in range(stems)})
    assert status == 201, answer
    return Song(server, client, project, [track["id"] for track in answer["tracks"]])


@pytest.fixture(scope="module")
def tuned(server: Server) -> Song:
    """Three stems of tones."""
    return tuned_song(server, 3)


def numbers(packets: list[Packet]) -> list[int]:
    """Which packets of the stream these are."""
    assert all(packet.start % QUANTUM == 0 for packet in packets)
    return [packet.start // QUANTUM for packet in packets]


def in_a_row(packets: list[Packet]) -> bool:
    """Whether each packet is the one after the one before."""
    return all(after == before + 1 for before, after in pairwise(numbers(packets)))


async def play(song: Song, until: int) -> tuple[Listener, str]:
    """Listen from the beginning to a frame."""
    stream = song.open()
    async with Listener(stream["url"], codec="opus", seconds=SECONDS + 20) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(until)
    assert listener.problems == []
    return listener, stream["id"]


async def test_unedited_stream_decodes_continuously(tuned: Song) -> None:
    """An unedited stream is one row of packets that one decoder plays: the revision's bounce, at lag 0, but for codec noise."""
    listener, _ = await play(tuned, 3 * RATE)
    assert [reason for _, _, reason in listener.epoch_starts] == ["start"]
    assert {packet.kind for packet in listener.packets} == {MEDIA}
    assert numbers(listener.packets)[0] == 0
    assert in_a_row(listener.packets)
    heard, expected = joined(listener), bounced(tuned)
    assert snr_db(heard[: 3 * RATE], expected[: 3 * RATE]).min() > CODEC_NOISE_DB
    span = slice(RATE, 2 * RATE)
    lags = [float(np.sum(heard[span.start + lag : span.stop + lag] * expected[span])) for lag in range(-24, 25)]
    assert np.argmax(lags) == 24


async def spliced(song: Song, seed: int) -> tuple[Listener, str]:
    """Listen to random hands."""
    stream = song.open()
    async with Listener(stream["url"], codec="opus", seconds=120) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.wait(lambda m: m["type"] == "epoch")
        await perform(listener, song, seed, 6.0)
        await listener.rest()
    assert listener.problems == []
    return listener, stream["id"]


def check_preroll(listener: Listener) -> None:
    """Every splice begins with the packet that its frame lies in, right after three or more to warm up on, if there are."""
    for number, starts_at, _ in listener.epoch_starts:
        packets = [packet for packet in listener.packets if packet.epoch == number]
        first = starts_at // QUANTUM
        preroll = [packet for packet in packets if packet.kind == PREROLL]
        assert packets[: len(preroll)] == preroll
        assert in_a_row(packets)
        assert all(packet.start // QUANTUM >= first for packet in packets[len(preroll) :])
        if packets and starts_at:
            assert numbers(packets)[0] <= max(0, first - 3)
            assert numbers(packets)[len(preroll) - 1] == first - 1


async def test_splices_are_not_heard(tuned: Song) -> None:
    """Drags, knobs, jumps, loops and pauses: what is decoded and joined is the stream's bounce, at every splice too."""
    listener, stream = await spliced(tuned, 6)
    check_preroll(listener)
    expected = bounced(tuned, stream=stream, **{"from": 0, "to": listener.playhead})
    assert len(listener.epoch_starts) > 5
    assert snr_db(joined(listener)[: len(expected)], expected).min() > CODEC_NOISE_DB
    without = [packet for packet in listener.packets if packet.kind == MEDIA]
    listener.packets = without
    at_splices = [starts_at // QUANTUM for _, starts_at, _ in listener.epoch_starts[1:] if starts_at < len(expected) - QUANTUM]
    noise_db = snr_db(joined(listener)[: len(expected)], expected)
    assert np.median(noise_db[at_splices]) < CODEC_NOISE_DB, "this test would not notice a decoder that is not warmed up"


async def test_song_is_heard_to_its_last_frame(tuned: Song) -> None:
    """The last message says how many frames are valid and holds a flush packet, which brings the decoder's last 312 out."""
    stream = tuned.open()
    async with Listener(stream["url"], codec="opus", seconds=20) as listener:
        await listener.hello()
        await listener.send("seek", position=(SECONDS - 2) * RATE)
        await listener.send("play")
        ended = await listener.wait(lambda m: m["type"] == "state" and m["transport"] == "ended")
        await listener.until_played(ended["frame"])
    assert listener.problems == []
    assert listener.last_frame == ended["frame"]
    assert in_a_row(listener.packets)
    assert sum(packet.frames for packet in listener.packets) == ended["frame"]
    assert [packet.frames for packet in listener.packets[-2:]] == [ended["frame"] - listener.packets[-2].start, 0]
    assert len(listener.packets) * QUANTUM - DELAY >= ended["frame"]
    heard = joined(listener)[: ended["frame"]]
    expected = bounced(tuned, stream=stream["id"], **{"from": 0, "to": ended["frame"]})
    assert len(expected) == ended["frame"]
    assert snr_db(heard, expected).min() > CODEC_NOISE_DB
    assert not np.isnan(heard[-1]).any()


async def test_opus_joins_a_stream_of_pcm(tuned: Song) -> None:
    """An Opus listener who comes later is primed and hears the stream; the PCM listener's samples stay what they were."""
    stream = tuned.open()
    url = stream["url"].partition("?")[0]
    async with Listener(stream["url"], seconds=20) as first:
        await first.hello()
        await first.send("play")
        await first.until_played(RATE)
        async with Listener(url, codec="opus", seconds=20, headers={"Cookie": tuned.client.cookie}) as second:
            await second.hello()
            epoch = await second.wait(lambda m: m["type"] == "epoch")
            await first.set("master/fader_db", -6.0)
            await second.until_played(epoch["starts_at"] + 2 * RATE)
    check(tuned, first, stream["id"])
    assert second.problems == []
    expected = bounced(tuned, stream=stream["id"], **{"from": 0, "to": second.playhead})
    span = slice(epoch["starts_at"], len(expected))
    assert snr_db(joined(second)[span], expected[span]).min() > CODEC_NOISE_DB
