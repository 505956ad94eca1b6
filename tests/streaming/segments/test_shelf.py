"""What lies on the shelf is whole, and no more than there is room for."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.segments.shelf import Shelf, get, put

DIGEST = 32


def name(number: int) -> str:
    """A name."""
    return f"{7:064x}.opus.{number}"


def filled(folder: Path, *sizes: int) -> Shelf:
    """A shelf with room for a thousand bytes, onto which files of these sizes were put."""
    shelf = Shelf(folder, 1_000)
    for number, size in enumerate(sizes):
        put(folder, name(number), bytes(size - DIGEST))
        shelf.note(name(number))
    return shelf


def there(folder: Path) -> list[int]:
    """The numbers of the files that are there."""
    return sorted(int(path.suffix[1:]) for path in folder.iterdir())


def test_what_is_put_there_is_found(tmp_path: Path) -> None:
    """The content comes back; what was never there does not."""
    shelf = Shelf(tmp_path / "new", 1_000)
    put(tmp_path / "new", name(1), b"sound")
    shelf.note(name(1))
    assert (shelf.get(name(1)), shelf.get(name(2))) == (b"sound", None)
    assert shelf.size == 5 + DIGEST


@settings(max_examples=30)
@given(st.data())
def test_damage_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A changed bit anywhere, or a file cut short anywhere: it counts as missing and is taken away."""
    folder = tmp_path_factory.mktemp("shelf")
    put(folder, name(1), b"some content")
    content = bytearray((folder / name(1)).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[at:]
    (folder / name(1)).write_bytes(content)
    assert get(folder, name(1)) is None
    assert there(folder) == []


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    """There is never more than there is room for, and reading counts as use."""
    shelf = filled(tmp_path, 400, 400)
    assert shelf.get(name(0)) is not None
    put(tmp_path, name(2), bytes(400 - DIGEST))
    shelf.note(name(2))
    assert there(tmp_path) == [0, 2]
    assert shelf.size == 800


def test_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """A new shelf finds the files in the order of their use, leaves strangers alone and sweeps what was not finished."""
    filled(tmp_path, 300, 300, 300)
    for number, age_s in enumerate((10, 30, 20)):
        os.utime(tmp_path / name(number), (1e9 - age_s, 1e9 - age_s))
    (tmp_path / "abc.new").write_bytes(b"half")
    (tmp_path / "readme").write_bytes(bytes(5_000))
    shelf = Shelf(tmp_path, 600)
    assert shelf.size == 600
    assert {path.name for path in tmp_path.iterdir()} == {name(0), name(2), "readme"}


def test_what_is_gone_is_not_noted(tmp_path: Path) -> None:
    """A file that somebody else has removed meanwhile is no error."""
    shelf = filled(tmp_path, 300)
    (tmp_path / name(0)).unlink()
    shelf.note(name(1))
    assert shelf.get(name(0)) is None
    assert shelf.size == 0
