"""The child that fills the shelf."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.scores import order, score

from streaming.offline.errand import Refused, read_line
from streaming.offline.errand import order as ordered
from streaming.segments.render import carry_out
from streaming.segments.score import Score, segment_name, slot_name

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """A mix whose tails reach into the third segment."""
    return score(tmp_path_factory.mktemp("song"))


def contents(shelf: Path) -> dict[str, bytes]:
    """What lies there."""
    return {path.name: path.read_bytes() for path in shelf.iterdir()}


def test_the_shelf_is_filled_once_and_always_the_same(tmp_path: Path, song: Score) -> None:
    """What lies there is not made again; what is missing is made from the state before it, byte for byte as it was."""
    shelf = tmp_path / "shelf"
    assert list(carry_out(order(song, shelf))) == [0, 1, 2]
    known = contents(shelf)
    times = {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()}
    assert list(carry_out(order(song, shelf))) == [0, 1, 2]
    assert {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()} == times
    for gone in (segment_name(song.key, "opus", 1), slot_name(song.key, 2)):
        (shelf / gone).unlink()
    assert list(carry_out(order(song, shelf, first=2))) == [2]
    assert list(carry_out(order(song, shelf, first=1, most=1))) == [1]
    assert contents(shelf) == known


def test_a_place_in_the_middle_is_what_it_is_from_the_beginning(tmp_path: Path, song: Score) -> None:
    """From an empty shelf on, the last segment alone is the same; those before it are rendered, not encoded."""
    assert list(carry_out(order(song, tmp_path / "all"))) == [0, 1, 2]
    assert list(carry_out(order(song, tmp_path / "last", first=2))) == [2]
    last, known = contents(tmp_path / "last"), contents(tmp_path / "all")
    assert last.keys() == {segment_name(song.key, "opus", 2), *(slot_name(song.key, number) for number in (1, 2, 3))}
    assert all(known[name] == content for name, content in last.items())


def test_missing_audio_is_refused(tmp_path: Path, song: Score) -> None:
    """A stem that is gone is said in a sentence."""
    gone = Score(song.mix, dict.fromkeys(song.sources, str(tmp_path / "gone")))
    with pytest.raises(Refused, match="audio_missing"):
        list(carry_out(order(gone, tmp_path / "shelf")))


def test_it_runs_as_a_child(tmp_path: Path, song: Score) -> None:
    """An order on standard input, a line for each segment, and a last one."""
    asked = ordered(order(song, tmp_path / "shelf").values(), os.getpid())
    command = [sys.executable, "-m", "streaming.segments.render"]
    ended = subprocess.run(command, input=asked, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    lines = ended.stdout.splitlines()
    assert [read_line(line).progress for line in lines[:-1]] == [0, 1, 2]
    assert json.loads(lines[-1]) == {"result": {}}
