import ctypes

import numpy as np
import pytest
from helpers.music import music, write_stem

from streaming.render.source import Maps


def at(row):
    """The audio that a row points to."""
    floats = (ctypes.c_float * (2 * int(row["frames"]))).from_address(int(row["address"]))
    return np.array(floats).reshape(-1, 2)


def test_rows_point_to_the_audio(tmp_path):
    """A source's row holds the address and the length of its file's audio."""
    paths = [write_stem(tmp_path, seed, 1000 + seed) for seed in range(3)]
    maps = Maps()
    rows = maps.table(paths)
    assert list(rows["frames"]) == [1000, 1001, 1002]
    assert np.array_equal(at(rows[2]), music(2, 1002))


def test_only_wanted_sources_are_mapped(tmp_path):
    """A source that no clip plays costs nothing, and may even be missing."""
    rows = Maps().table([str(tmp_path / "missing"), write_stem(tmp_path, 1, 500)], wanted={1})
    assert list(rows["frames"]) == [0, 500]


def test_a_missing_file_is_an_error(tmp_path):
    """A wanted file that is not there is not taken for silence."""
    with pytest.raises(FileNotFoundError):
        Maps().table([str(tmp_path / "missing")])


@pytest.mark.parametrize("wanted", [{-1}, {2}])
def test_an_unknown_number_is_an_error(tmp_path, wanted):
    """A number without a path is refused."""
    with pytest.raises(IndexError):
        Maps().table([write_stem(tmp_path, seed, 10) for seed in range(2)], wanted)


def test_an_empty_file_is_silence(tmp_path):
    """A file without a frame is a source without frames."""
    (tmp_path / "empty").touch()
    assert Maps().table([str(tmp_path / "empty")])["frames"][0] == 0


def test_the_least_recently_used_are_given_up(tmp_path):
    """No more than the bound stays mapped, and what is used again stays."""
    paths = [write_stem(tmp_path, seed, 10) for seed in range(4)]
    maps = Maps(limit=2)
    for path in (paths[0], paths[1], paths[0], paths[2]):
        maps.table([path])
    kept = int(maps.table([paths[0]])["address"][0])
    assert (len(maps), int(maps.table([paths[0]])["address"][0])) == (2, kept)


def test_one_table_may_exceed_the_bound(tmp_path):
    """A table's own sources are never given up while it is made."""
    paths = [write_stem(tmp_path, seed, 10) for seed in range(4)]
    maps = Maps(limit=2)
    rows = maps.table(paths)
    assert np.array_equal(at(rows[0]), music(0, 10))


def test_a_stem_cannot_be_written_to(tmp_path):
    """What a kernel wrote by mistake would stay in its own process."""
    path = write_stem(tmp_path, 1, 10)
    maps, others = Maps(), Maps()
    ctypes.memset(int(maps.table([path])["address"][0]), 0, 80)
    assert np.array_equal(at(others.table([path])[0]), music(1, 10))
