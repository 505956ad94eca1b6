import struct

import numpy as np
import pytest
from helpers.music import music
from helpers.opus_decoder import decoded
from helpers.tape import rest_values
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dsp.grid import LATENCY
from dsp.tables import CLIP, EVENT, SEGMENT
from streaming.render.arena import Arena
from streaming.render.encoder import ChunkEncoder, framed, pcm16
from streaming.render.job import FRESH, NEVER, Job, Leg
from streaming.render.opus import Encoder, Library, locate

QUANTA = 60
SONG = music(3, 960 * QUANTA)


@pytest.fixture(scope="module")
def library():
    """The library that would be served with."""
    return Library(locate() or "")


@pytest.fixture
def arena():
    """An arena whose ring holds the song."""
    arena = Arena(8, 8, 960 * (QUANTA + 10))
    arena.write_pcm(0, SONG)
    yield arena
    arena.close()


def job(**options):
    """A job of which only what an encoder reads matters."""
    tables = {"events": np.empty(0, EVENT), "segments": np.empty(0, SEGMENT), "clips": np.empty(0, CLIP), "values": rest_values()}
    rest = {"number": 1, "arena": 1, "generation": 0, "src": FRESH, "start": 0, "legs": (Leg(0, 960),), "ends_at": NEVER}
    return Job(**{**rest, **tables, "publish_from": 0, "encode": True, **options})


def encode(chunks, arena, stop, slot=0, end=None, wanted=lambda: True, **options):
    """Encode up to a packet, and keep the encoder in a slot."""
    return chunks.encode(job(**options), arena, [(960 * stop + LATENCY, arena.slots[slot])], end, wanted)


def packets(arena, first, last):
    """Packets as published."""
    return [arena.packet(k) for k in range(first, last)]


def straight(library, last):
    """What one encoder makes of the song without a break."""
    encoder = Encoder(library)
    return [encoder.encode(SONG[960 * k : 960 * k + 960], predicted=k > 0) for k in range(last)]


@given(arrays.arrays(np.float32, (7, 2), elements=st.floats(-2, 2, width=32)))
def test_pcm16_is_the_nearest_integer(audio):
    """Every sample is rounded to the nearest of 65536 steps and clipped at full scale."""
    integers = np.frombuffer(pcm16(audio), "<i2").reshape(-1, 2)
    expected = np.clip(audio.astype(np.float64) * 32768, -32768, 32767)
    assert (np.abs(integers - expected) <= 0.5).all()


def test_packets_are_framed_with_their_lengths():
    """A payload is each packet after its length in two bytes."""
    payload = framed([b"abc", b"", b"x" * 300])
    assert payload == struct.pack("<H", 3) + b"abc" + struct.pack("<H", 0) + struct.pack("<H", 300) + b"x" * 300


def test_chunks_continue_each_other(arena, library):
    """Packets of one chunk after the other are those of one encoder that never stopped."""
    encoder = ChunkEncoder(Encoder(library), boot=1)
    assert encode(encoder, arena, 5) == 5
    other = ChunkEncoder(Encoder(library), boot=1)
    assert encode(other, arena, 15, slot=1, encoder=0, encode_from=5, packet_from=5) == 15
    assert packets(arena, 0, 15) == straight(library, 15)


def test_an_encoder_of_another_zygote_is_not_taken_over(arena, library):
    """A new one is primed with what was heard: its packets differ, and what they decode to hardly."""
    encode(ChunkEncoder(Encoder(library), boot=1), arena, 20)
    encode(ChunkEncoder(Encoder(library), boot=2), arena, 40, slot=1, encoder=0, encode_from=20, packet_from=20)
    mixed, whole = packets(arena, 0, 40), straight(library, 40)
    assert mixed[20] != whole[20]
    difference = decoded(mixed)[20 * 960 :] - decoded(whole)[20 * 960 :]
    assert 10 * np.log10((difference**2).sum() / (SONG[20 * 960 : 40 * 960] ** 2).sum()) < -10


def test_a_splice_joins_bit_for_bit(arena, library):
    """A decoder reset at the pre-roll equals one that came all the way, from the splice on."""
    encoder = ChunkEncoder(Encoder(library), boot=1)
    encode(encoder, arena, 20)
    encode(encoder, arena, 30, slot=1, encoder=0, encode_from=20, packet_from=20)
    arena.write_pcm(25 * 960 + 320, music(9, 960 * 20))
    encode(encoder, arena, 40, slot=2, encoder=0, encode_from=20, packet_from=25)
    first, preroll = arena.preroll()
    assert (first, len(preroll)) == (20, 5)
    unbroken = decoded([*straight(library, 20), *preroll, *packets(arena, 25, 40)])[25 * 960 :]
    assert np.array_equal(decoded([*preroll, *packets(arena, 25, 40)])[5 * 960 :], unbroken)


def test_a_chunk_that_is_not_wanted_is_not_encoded_on(arena, library):
    """Encoding stops between two packets."""
    answers = iter([True, True, False])
    encode(ChunkEncoder(Encoder(library), boot=1), arena, 20, wanted=lambda: next(answers))
    assert [packet is not None for packet in packets(arena, 0, 4)] == [True, True, False, False]


def test_the_end_is_padded_and_flushed(arena, library):
    """The last packet is filled up with silence and one more pushes the decoder's delay out: all of the song is heard."""
    end = 30 * 960 + 100
    arena.write_pcm(end, np.full((1000, 2), 0.9, np.float32))
    assert encode(ChunkEncoder(Encoder(library), boot=1), arena, 30, end=end) == 32
    heard = decoded(packets(arena, 0, 32))[312 : 312 + end]
    noise = heard[960:] - SONG[960:end]
    assert len(heard) == end
    assert (noise**2).sum() < 0.1 * (SONG[960:end] ** 2).sum()


def test_an_ended_song_may_be_taken_up_again(arena, library):
    """The slot at the end keeps the encoder as it was before the padding."""
    encoder = ChunkEncoder(Encoder(library), boot=1)
    encode(encoder, arena, 30, end=30 * 960 + 100)
    arena.write_pcm(0, SONG)
    encode(encoder, arena, 40, slot=1, encoder=0, encode_from=30, packet_from=30)
    assert packets(arena, 0, 40) == straight(library, 40)
