"""What is remembered of streams: whole or not at all, not too much and not too long."""

import os
import resource
import time
from pathlib import Path

import pytest

from storage.errors import Full
from storage.sessions import MAX_BYTES, Sessions


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """Room for two streams, for a minute."""
    return Sessions(tmp_path / "sessions", 2, 60.0)


def age(tmp_path: Path, name: str, seconds: float) -> None:
    """Make a file look older."""
    then = time.time() - seconds
    os.utime(tmp_path / "sessions" / name, (then, then))


def test_what_was_saved_is_loaded(sessions: Sessions) -> None:
    """The last of each part; what was never saved is not there."""
    for content in (b"one", b"two"):
        sessions.save("s1", "standing", content)
    sessions.save("s1", "bookmark", b"")
    assert [sessions.load("s1", part) for part in ("standing", "bookmark", "else")] == [b"two", b"", None]
    assert sessions.load("s2", "standing") is None


@pytest.mark.parametrize("harm", [lambda b: b[:-1], lambda b: b"", lambda b: b"x" + b[1:], lambda b: b + b"x"])
def test_what_is_not_whole_is_not_there(sessions: Sessions, tmp_path: Path, harm: "object") -> None:
    """Cut, empty, changed or longer."""
    sessions.save("s1", "standing", b"some content")
    file = tmp_path / "sessions" / "s1.standing"
    file.write_bytes(harm(file.read_bytes()))  # type: ignore[operator]
    assert sessions.load("s1", "standing") is None


def test_what_is_old_is_not_there(sessions: Sessions, tmp_path: Path) -> None:
    """Listeners come back within the time, or to nothing."""
    sessions.save("s1", "standing", b"old")
    age(tmp_path, "s1.standing", 61)
    assert sessions.load("s1", "standing") is None


def test_sweeping_keeps_the_newest_and_the_living(sessions: Sessions, tmp_path: Path) -> None:
    """What is too old goes, then the oldest beyond the limit; never what is open, nor a part of what is kept."""
    assert sessions.sweep() == 0
    for number, seconds in enumerate((70, 40, 30, 20)):
        sessions.save(f"s{number}", "standing", b"x")
        sessions.save(f"s{number}", "bookmark", b"x")
        age(tmp_path, f"s{number}.standing", seconds)
        age(tmp_path, f"s{number}.bookmark", seconds + 100)
    assert sessions.sweep({"s0"}) == 2
    assert sorted(file.name[:2] for file in (tmp_path / "sessions").glob("*.standing")) == ["s0", "s2", "s3"]


def test_a_stream_that_is_over_leaves_nothing(sessions: Sessions, tmp_path: Path) -> None:
    """All of its parts go, and nobody else's."""
    for stream in ("s1", "s10"):
        sessions.save(stream, "standing", b"x")
    sessions.forget("s1")
    sessions.forget("../s10")
    assert [file.name for file in (tmp_path / "sessions").iterdir()] == ["s10.standing"]


def test_names_are_plain(sessions: Sessions) -> None:
    """Nothing leads out of the folder."""
    for stream, part in (("../x", "p"), ("s", "../x"), ("", "p")):
        with pytest.raises(ValueError, match="plain names"):
            sessions.save(stream, part, b"x")


def test_a_part_has_a_bound(sessions: Sessions) -> None:
    """No stream fills the disk."""
    with pytest.raises(Full):
        sessions.save("s1", "bookmark", bytes(MAX_BYTES + 1))


def test_without_room_what_was_there_stays(sessions: Sessions, tmp_path: Path) -> None:
    """A write that the system refuses leaves the part as it was, and no scrap."""
    sessions.save("s1", "standing", b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            sessions.save("s1", "standing", bytes(5_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sessions.load("s1", "standing") == b"before"
    assert len(list((tmp_path / "sessions").iterdir())) == 1
