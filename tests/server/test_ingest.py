"""Ingest end to end: a file goes to a real child, and its audio, waveform or refusal comes back."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from helpers import media
from helpers.media import FORMATS

from server.ingest import Ingest, Limits
from streaming.intake import Refused

LIMITS = Limits(max_seconds=60, max_bytes=1 << 26, decode_seconds=60, memory_bytes=1 << 30)


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[[], Path]:
    """Names of new files in a folder of their own."""
    folder, numbers = tmp_path / "scratch", itertools.count()
    folder.mkdir()
    return lambda: folder / str(next(numbers))


def left(tmp_path: Path) -> list[str]:
    """The files that lie in the scratch folder."""
    return os.listdir(tmp_path / "scratch")


def decoding_children() -> list[psutil.Process]:
    """The decoding children that there are."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since it was listed
            if "streaming.decode" in child.cmdline():
                found.append(child)
    return found


async def decoding_child() -> psutil.Process:
    """The decoding child, as soon as there is one."""
    while not (children := decoding_children()):
        await asyncio.sleep(0)
    return children[0]


async def test_a_stem_comes_back_with_its_waveform(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """The canonical file has eight bytes a frame, and each level of the waveform lies in a file of its own."""
    source = media.encode(tmp_path / "a.flac", media.sweep(44_100), FORMATS[5])
    ingested = await Ingest(scratch, LIMITS, 2).decode(source)
    assert ingested.decoded.frames == 72_000
    assert ingested.audio.stat().st_size == 72_000 * 8
    assert [level.stat().st_size for level in ingested.peaks] == [282 * 12, 36 * 12, 5 * 12]
    ingested.remove()
    assert left(tmp_path) == []


async def test_same_file_twice_has_one_hash(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """Decoding is deterministic, so that the same upload is stored once."""
    source = media.encode(tmp_path / "a.mp3", media.sweep(44_100), FORMATS[9])
    ingest = Ingest(scratch, LIMITS, 2)
    once, again = await asyncio.gather(ingest.decode(source), ingest.decode(source))
    assert once.decoded == again.decoded


async def test_refusal_leaves_nothing(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """A file that is too long is refused with its code, and no file is left."""
    source = media.encode(tmp_path / "a.aac", media.sweep(44_100, 6), media.Format("aac", ".aac", "aac", "fltp", 0))
    with pytest.raises(Refused) as refused:
        await Ingest(scratch, replace(LIMITS, max_seconds=3), 2).decode(source)
    assert refused.value.code == "too_long"
    assert left(tmp_path) == []


async def test_wall_time_is_limited(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """A child that takes longer than allowed is killed."""
    source = media.wav(tmp_path / "a.wav", media.sweep(48_000), 48_000)
    with pytest.raises(Refused) as refused:
        await Ingest(scratch, replace(LIMITS, decode_seconds=0), 2).decode(source)
    assert refused.value.code == "decode_timeout"
    assert left(tmp_path) == []


async def test_killed_child_is_a_refusal(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """A child that dies takes nothing with it but its own file."""
    source = media.encode(tmp_path / "a.flac", media.sweep(44_100, 30), FORMATS[5])
    decoding = asyncio.create_task(Ingest(scratch, LIMITS, 2).decode(source))
    (await decoding_child()).send_signal(signal.SIGKILL)
    with pytest.raises(Refused) as refused:
        await decoding
    assert refused.value.code == "decode_failed"
    assert left(tmp_path) == []


async def test_cancelled_request_ends_its_child(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """When nobody waits any more, the child is gone and so are its files."""
    source = media.encode(tmp_path / "a.flac", media.sweep(44_100, 30), FORMATS[5])
    decoding = asyncio.create_task(Ingest(scratch, LIMITS, 2).decode(source))
    child = await decoding_child()
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert not child.is_running()
    assert left(tmp_path) == []


async def test_children_wait_for_their_turn(tmp_path: Path, scratch: Callable[[], Path]) -> None:
    """No more files are decoded at a time than allowed, and all of them in the end."""
    source = media.wav(tmp_path / "a.wav", media.sweep(48_000), 48_000)
    ingest = Ingest(scratch, LIMITS, 1)
    decoding = asyncio.gather(*(ingest.decode(source) for _ in range(3)))
    most = 0
    while not decoding.done():
        most = max(most, len(decoding_children()))
        await asyncio.sleep(0.01)
    assert most == 1
    assert len(await decoding) == 3
