"""Packets of segments follow on each other: FLAC exactly, Opus such that nobody hears where they meet."""

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.music import music
from helpers.opus import snr_db
from helpers.opus_decoder import decoded
from helpers.scores import order, score

from dsp.grid import QUANTUM
from streaming.listening.containers import DELAY, packets_of
from streaming.offline.errand import Refused
from streaming.render.opus import Encoder, Library, locate
from streaming.segments.engraving import FlacEngraver, OpusEngraver, engraver
from streaming.segments.performance import LEAD_IN, Slot
from streaming.segments.score import SEGMENT

FRAMES = 2 * SEGMENT + 12_345
SONG = music(11, FRAMES)


def before(number: int) -> Slot:
    """What is known before a segment."""
    nothing = np.zeros(0)
    start = number * SEGMENT
    lead_in = SONG[start - LEAD_IN : start] if number else np.zeros((LEAD_IN, 2), np.float32)
    return Slot(number, nothing, nothing.astype(np.float32), nothing.astype(np.float32), lead_in)


def pieces() -> list[tuple[np.ndarray, Slot, bool]]:
    """The song, cut into segments."""
    return [(SONG[number * SEGMENT : (number + 1) * SEGMENT], before(number), number == 2) for number in range(3)]


def test_opus_joins_are_no_noisier_than_the_rest() -> None:
    """One decoder over all segments: around the joins the codec's noise is what it is where nothing is joined, within 3 dB."""
    engraved = [OpusEngraver(Library(locate() or "")).engrave(*piece) for piece in pieces()]
    packets, (number, padding) = [packet for segment in engraved for packet in segment.packets], packets_of(FRAMES)
    assert (len(packets), engraved[-1].padding) == (number, padding)
    whole = np.zeros((number * QUANTUM, 2), np.float32)
    whole[:FRAMES] = SONG
    encoder = Encoder(Library(locate() or ""), 128_000, 10)
    unbroken = decoded([encoder.encode(whole[at : at + QUANTUM]) for at in range(0, len(whole), QUANTUM)])
    span = slice(DELAY, DELAY + FRAMES)
    joined_db, unbroken_db = snr_db(decoded(packets)[span], SONG), snr_db(unbroken[span], SONG)
    joins = [join * SEGMENT // QUANTUM + near for join in (1, 2) for near in range(-2, 6)]
    print(f"noise at joins: {np.max(unbroken_db[joins] - joined_db[joins]):.1f} dB more than unbroken at worst")
    assert np.all(joined_db[joins] > unbroken_db[joins] - 3.0)


def test_flac_is_one_file() -> None:
    """The frames are numbered on, their checksums hold, and they are the song to the bit."""
    engraved = [FlacEngraver().engrave(*piece) for piece in pieces()]
    content = engraved[0].beginning + b"".join(packet for segment in engraved for packet in segment.packets)
    with av.open(io.BytesIO(content), options={"err_detect": "crccheck+explode"}) as container:
        heard = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)])
    np.testing.assert_array_equal(heard >> 8, np.rint(SONG.astype(np.float64) * 2**23))


def test_without_libopus_there_is_no_opus(tmp_path: Path) -> None:
    """What cannot be made is refused in a sentence."""
    with pytest.raises(Refused, match="no_libopus"):
        engraver(replace(order(score(tmp_path, 0.1), tmp_path), libopus=None))
