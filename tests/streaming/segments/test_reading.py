"""Files put together from segments, from any frame on."""

import io

import av
import numpy as np
import pytest
from helpers.music import music
from helpers.opus_decoder import decoded
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import QUANTUM
from streaming.broadcast.codecs import Kind
from streaming.listening.containers import DELAY, packets_of
from streaming.render.opus import Encoder, Library, locate
from streaming.segments.packing import Segment
from streaming.segments.reading import first_packet, first_segment, pieces
from streaming.segments.score import SEGMENT

FRAMES = SEGMENT + 30_000
EACH = SEGMENT // QUANTUM


def packets() -> list[bytes]:
    """A song of two segments, encoded in one go."""
    count, _ = packets_of(FRAMES)
    audio = np.zeros((count * QUANTUM, 2), np.float32)
    audio[:FRAMES] = music(4, FRAMES)
    encoder = Encoder(Library(locate() or ""))
    return [encoder.encode(audio[at : at + QUANTUM]) for at in range(0, len(audio), QUANTUM)]


PACKETS = packets()
WHOLE = decoded(PACKETS)[DELAY : DELAY + FRAMES]


async def got(number: int) -> Segment:
    """One of its segments."""
    is_last = number == 1
    chosen = PACKETS[number * EACH :] if is_last else PACKETS[:EACH]
    return Segment(chosen, 0, packets_of(FRAMES)[1] if is_last else 0, is_last)


@settings(max_examples=8)
@given(st.sampled_from(("webm", "ogg")), st.integers(0, FRAMES - QUANTUM) | st.integers(SEGMENT - 9_600, SEGMENT + 9_600))
async def test_every_frame_from_anywhere(kind: Kind, start: int) -> None:
    """From the very frame that was asked for to the last one; what was dropped has warmed the decoder up."""
    content = b"".join([piece async for piece in pieces(got, kind, "opus", start)])
    with av.open(io.BytesIO(content)) as container:
        heard = np.concatenate([frame.to_ndarray().T for frame in container.decode(audio=0)])
    assert len(heard) == FRAMES - start
    noise = heard - WHOLE[start:]
    assert np.sqrt(np.mean(np.square(noise))) < 0.01


@pytest.mark.parametrize(
    ("codec", "start", "packet", "skip", "segment"),
    [
        ("opus", 0, 0, 312, 0), ("opus", 959, 0, 312 + 959, 0), ("opus", 4_800, 1, 312 + 3_840, 0),
        ("opus", SEGMENT, EACH - 4, 312 + 3_840, 0), ("opus", SEGMENT + 3_841, EACH, 312 + 3_841, 1),
        ("flac", 0, 0, 0, 0), ("flac", SEGMENT - 1, SEGMENT // 4_800 - 1, 0, 0), ("flac", SEGMENT, SEGMENT // 4_800, 0, 1),
    ],
)  # fmt: skip
def test_where_a_file_begins(codec: str, start: int, packet: int, skip: int, segment: int) -> None:
    """Opus begins four packets early and skips them, FLAC with the frame that holds the place."""
    assert first_packet(codec, start) == (packet, skip)  # type: ignore[arg-type]
    assert first_segment(codec, start) == segment  # type: ignore[arg-type]
