"""The child's side of the pipe."""

import io

import av
import numpy as np
from helpers.music import music

from streaming.broadcast.coders import COUNT, LENGTH
from streaming.broadcast.transcoder import Transcoder, serve


def answers(content: bytes) -> list[list[bytes]]:
    """What a child has written, as packets of each answer."""
    file, found = io.BytesIO(content), []
    while head := file.read(COUNT.size):
        number, size = COUNT.unpack(head)
        body = io.BytesIO(file.read(size))
        found.append([body.read(LENGTH.unpack(body.read(LENGTH.size))[0]) for _ in range(number)])
    return found


def test_every_piece_is_answered() -> None:
    """First what the codec begins with, then what each piece completes, with the last piece the rest; then it ends."""
    audio = music(1, 7_200)
    asked = b"".join(COUNT.pack(len(piece), False) + piece.tobytes() for piece in np.split(audio, [2_400]))
    sink = io.BytesIO()
    serve(io.BytesIO(asked + COUNT.pack(0, True)), sink, Transcoder("flac"))
    beginning, *pieces = answers(sink.getvalue())
    assert beginning[0].startswith(b"fLaC\x80\x00\x00\x22")
    assert [len(packets) for packets in pieces] == [0, 1, 1]


def test_loud_audio_is_clipped() -> None:
    """What is above full scale becomes full scale, not its opposite."""
    transcoder = Transcoder("flac")
    packets = [*transcoder.encode(np.full((4_800, 2), 1.5, np.float32)), *transcoder.finish()]
    with av.open(io.BytesIO(transcoder.beginning + b"".join(packets))) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert np.unique(heard >> 8).tolist() == [2**23 - 1]
