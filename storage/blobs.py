"""Blobs: immutable files named by the SHA-256 of their bytes, in one folder of this machine.

A blob comes in as a finished scratch file and is renamed to its address after it is on disk, so that a half-written blob is
never seen under a hash. The same bytes are stored once, whoever brought them: rows say whose they are, and a blob that no row
refers to is swept. Every method blocks: call them in a thread.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import BlobMissing

DIGEST = re.compile(r"[0-9a-f]{64}")
BLOCK = 1 << 20


class LocalBlobs:
    """A content-addressed store below ``root``: ``ab/cd/<hash>``, and ``scratch/`` for what is not finished."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._scratch = root / "scratch"
        self._scratch.mkdir(parents=True, exist_ok=True)

    def scratch(self) -> Path:
        """A path for a new file on the store's own disk; whoever writes it removes it or hands it to :meth:`adopt`."""
        return self._scratch / secrets.token_hex(16)

    def path(self, digest: str) -> Path:
        """Where a blob lies; raises :class:`BlobMissing`."""
        path = self._address(digest)
        if not path.is_file():
            raise BlobMissing(digest)
        return path

    def address(self, digest: str) -> str:
        """Where a blob lies, or would: nothing is looked at."""
        return str(self._address(digest))

    def adopt(self, file: Path, digest: str | None = None) -> tuple[str, int]:
        """Move a finished file into the store; returns its hash and size. ``digest`` must be its hash, when already known."""
        digest = digest or hash_file(file)
        size = file.stat().st_size
        target = self._address(digest)
        _sync(file)
        with self._locked():
            if target.exists():
                os.utime(target)  # a sweep leaves fresh blobs alone: whoever brought this again is about to refer to it
                file.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                file.rename(target)
                _sync(target.parent)
        return digest, size

    def put(self, content: bytes) -> tuple[str, int]:
        """Store bytes; returns their hash and size."""
        file = self.scratch()
        file.write_bytes(content)
        return self.adopt(file, hashlib.sha256(content).hexdigest())

    def sweep(self, referenced: Collection[str], before: float) -> int:
        """Remove blobs and scratch files that nobody refers to and that were last touched before ``before`` (seconds)."""
        removed = 0
        for file in self._files():
            with self._locked():
                if file.name in referenced or file.stat().st_mtime >= before:
                    continue
                file.unlink()
                removed += 1
        return removed

    def free_bytes(self) -> int:
        """Room left on the store's disk."""
        return shutil.disk_usage(self._root).free

    def _address(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise BlobMissing(digest)
        return self._root / digest[:2] / digest[2:4] / digest

    def _files(self) -> Iterator[Path]:
        blobs = (file for file in self._root.glob("??/??/*") if DIGEST.fullmatch(file.name))
        yield from (file for file in (*blobs, *self._scratch.iterdir()) if file.is_file())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Adopting and sweeping exclude each other, across processes too."""
        lock = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def hash_file(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
