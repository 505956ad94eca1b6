"""One child for all who wait for a segment; what is damaged is made again; what lies there survives."""

import asyncio
import time
from pathlib import Path

import psutil
import pytest
from helpers.scores import score
from helpers.waiting import until

from server.playback import Playback
from streaming.offline.errand import Refused
from streaming.render.opus import locate
from streaming.segments.score import Score, segment_name
from streaming.segments.shelf import Shelf


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """A mix."""
    return score(tmp_path_factory.mktemp("song"))


def playback(folder: Path) -> Playback:
    """A server's playback over a folder."""
    return Playback(Shelf(folder, 1 << 26), locate(), 1)


async def test_one_render_for_all_and_for_good(tmp_path: Path, song: Score) -> None:
    """A hundred at once have one child started; a new server over the same folder starts none but for what was damaged."""
    first = playback(tmp_path)
    earliest = asyncio.create_task(first.segment(song, "opus", 0))
    while not first.started:  # whoever asks from a later segment on first has a child that begins there
        await asyncio.sleep(0)
    segments = [await earliest, *await asyncio.gather(*(first.segment(song, "opus", number % 2) for number in range(1, 100)))]
    assert first.started == 1
    assert len({segment.to_bytes() for segment in segments}) == 2
    await first.aclose()
    again = playback(tmp_path)
    assert await again.segment(song, "opus", 1) == segments[1]
    assert (again.started, again.size > 0) == (0, True)
    path = tmp_path / segment_name(song.key, "opus", 1)
    path.write_bytes(path.read_bytes()[:-1])
    assert await again.segment(song, "opus", 1) == segments[1]
    assert again.started == 1
    await again.aclose()


async def test_what_cannot_be_rendered_is_refused(tmp_path: Path, song: Score) -> None:
    """A missing stem is said to everybody who waits, and nothing stays behind."""
    gone = Score(song.mix, dict.fromkeys(song.sources, str(tmp_path / "gone")))
    made = playback(tmp_path / "shelf")
    answers = await asyncio.gather(*(made.segment(gone, "opus", 0) for _ in range(3)), return_exceptions=True)
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"audio_missing"}
    assert made.started == 1
    await made.aclose()


class SlowShelf(Shelf):
    """Takes its time to note what has come."""

    noting = False

    def note(self, name: str) -> None:
        """Note it, later."""
        self.noting = True
        time.sleep(0.3)
        super().note(name)


async def test_closing_behind_a_segment_leaves_no_child(tmp_path: Path, song: Score) -> None:
    """The child is ended and buried also while what it has just said is being noted."""
    before = {child.pid for child in psutil.Process().children()}
    shelf = SlowShelf(tmp_path, 1 << 26)
    made = Playback(shelf, locate(), 1)
    waiting = asyncio.create_task(made.segment(song, "opus", 0))
    await until(lambda: shelf.noting)
    waiting.cancel()
    await made.aclose()
    assert {child.pid for child in psutil.Process().children()} <= before


async def test_closing_ends_the_children(tmp_path: Path, song: Score) -> None:
    """Whoever waits when the server closes is not left waiting."""
    made = playback(tmp_path)
    waiting = asyncio.create_task(made.segment(song, "flac", 0))
    while not made.started:
        await asyncio.sleep(0)
    closing = asyncio.create_task(made.aclose())
    waiting.cancel()
    await asyncio.gather(closing, waiting, return_exceptions=True)
    assert closing.done()
    assert closing.exception() is None
