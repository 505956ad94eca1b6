"""Blobs: named by their bytes, never seen half-written, swept when nobody refers to them."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.blobs import LocalBlobs, hash_file
from storage.errors import BlobMissing

LONG_AGO = 1_000_000.0


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """An empty store."""
    return LocalBlobs(tmp_path / "blobs")


def test_a_blob_is_named_by_its_hash(blobs: LocalBlobs) -> None:
    """The bytes come back under their SHA-256."""
    digest, size = blobs.put(b"sound")
    assert (digest, size) == (hashlib.sha256(b"sound").hexdigest(), 5)
    assert blobs.path(digest).read_bytes() == b"sound"
    assert hash_file(blobs.path(digest)) == digest


def test_the_same_bytes_are_stored_once(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Many that bring the same at once leave one file, and no scratch file."""
    with ThreadPoolExecutor(8) as threads:
        digests = {digest for digest, _ in threads.map(blobs.put, [b"sound" * 1000] * 40)}
    assert len(digests) == 1
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] != []
    assert len([file for file in tmp_path.rglob("*") if file.is_file() and file.name != "lock"]) == 1


def test_a_scratch_file_is_moved(blobs: LocalBlobs) -> None:
    """A finished file is taken over, not copied."""
    file = blobs.scratch()
    file.write_bytes(b"decoded")
    digest, _ = blobs.adopt(file)
    assert not file.exists()
    assert blobs.path(digest).read_bytes() == b"decoded"


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63, f"{'0' * 64}\n"])
def test_what_is_no_blob_is_missing(blobs: LocalBlobs, digest: str) -> None:
    """An unknown hash, and what is no hash at all, are told apart from nothing."""
    with pytest.raises(BlobMissing):
        blobs.path(digest)


def test_the_sweep_takes_old_orphans_only(blobs: LocalBlobs) -> None:
    """What is referred to stays, and what is fresh stays; an old scratch file goes with the orphans."""
    kept, orphan, fresh = (blobs.put(name)[0] for name in (b"kept", b"orphan", b"fresh"))
    scratch = blobs.scratch()
    scratch.write_bytes(b"half")
    for old in (blobs.path(kept), blobs.path(orphan), scratch):
        os.utime(old, (LONG_AGO, LONG_AGO))
    assert blobs.sweep({kept}, time.time() - 3600) == 2
    assert blobs.path(kept)
    assert blobs.path(fresh)
    assert not scratch.exists()
    with pytest.raises(BlobMissing):
        blobs.path(orphan)


def test_bringing_a_blob_again_protects_it(blobs: LocalBlobs) -> None:
    """An old orphan that somebody has just brought again is not swept before its row is written."""
    digest, _ = blobs.put(b"again")
    os.utime(blobs.path(digest), (LONG_AGO, LONG_AGO))
    blobs.put(b"again")
    assert blobs.sweep(set(), time.time() - 3600) == 0


def test_there_is_room(blobs: LocalBlobs) -> None:
    """The store knows how much its disk has left."""
    assert blobs.free_bytes() > 0
