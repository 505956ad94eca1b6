"""Audio becomes packets, in whatever pieces it comes, in a thread or in a child."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.music import music
from helpers.opus_decoder import decoded

from streaming.broadcast.codecs import FRAMES
from streaming.broadcast.coders import ChildCoder, CoderFailed, OpusCoder
from streaming.render.opus import Encoder, Library, locate

ROOT = Path(__file__).resolve().parents[3]
SONG = music(5, 50_000)


def spawned(codec: str) -> tuple[Sequence[str], dict[str, str]]:
    """How a child is started."""
    return (sys.executable, "-m", "streaming.broadcast.transcoder", codec), {**os.environ, "PYTHONPATH": str(ROOT)}


async def test_opus_does_not_depend_on_the_pieces() -> None:
    """One piece or many: the same packets, and of what they hold exactly the audio is left."""
    files = []
    for cuts in ([], [1, 959, 2_000, 2_001, 40_000]):
        coder = OpusCoder(Encoder(Library(locate() or "")))
        await coder.open()
        packets = [packet for piece in np.split(SONG, cuts) for packet in (await coder.encode(piece)).packets]
        last = await coder.finish()
        await coder.aclose()
        files.append([*packets, *last.packets])
    assert files[0] == files[1]
    assert len(decoded(files[0])) - coder.delay - last.padding == len(SONG)


@pytest.mark.parametrize("codec", ["flac", "mp3"])
async def test_a_child_encodes(tmp_path: Path, codec: str) -> None:
    """What comes back is decoded to what went in: FLAC to the bit, MP3 no shorter."""
    coder = ChildCoder(codec, FRAMES[codec], spawned)  # type: ignore[index]
    await coder.open()
    packets = [packet for piece in np.split(SONG, [4_800, 5_000]) for packet in (await coder.encode(piece)).packets]
    packets += (await coder.finish()).packets
    await coder.aclose()
    (tmp_path / "file").write_bytes(coder.beginning + b"".join(packets))
    with av.open(str(tmp_path / "file")) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    if codec == "flac":
        np.testing.assert_array_equal(heard.reshape(-1, 2) >> 8, np.rint(SONG.astype(np.float64) * 2**23))
    else:
        assert heard.shape[1] >= len(SONG)


async def test_a_child_that_dies_is_an_error() -> None:
    """A child that cannot be started, or ends, is said in a sentence; nothing hangs."""
    with pytest.raises(CoderFailed, match="cannot be started"):
        await ChildCoder("flac", 1, lambda _: (("/nowhere/python",), {})).open()
    coder = ChildCoder("flac", 1, lambda _: ((sys.executable, "-c", "pass"), dict(os.environ)))
    with pytest.raises(CoderFailed, match="has failed"):
        await coder.open()
    await coder.aclose()
    await coder.aclose()
