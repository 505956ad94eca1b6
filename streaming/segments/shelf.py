"""Files of known names on disk, of which only the most recently used are kept.

A file appears under its name whole or not at all, and carries a checksum: one that was damaged is taken away and counts as
missing. What lies there when the server starts is used again. All methods block; any thread may call them.
"""

import contextlib
import os
import re
import secrets
import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}\.[a-z]+\.\d+")
_DIGEST = 32


def put(folder: Path, name: str, content: bytes) -> None:
    """Put a file on the shelf; a process that did not open it does so for one that has."""
    fresh = folder / f"{secrets.token_hex(8)}.new"
    try:
        with fresh.open("wb") as file:
            file.write(sha256(content).digest() + content)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(folder / name)
    finally:
        fresh.unlink(missing_ok=True)


def get(folder: Path, name: str) -> bytes | None:
    """The content of a file; nothing if there is none, or none that is whole, which is then removed."""
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if sha256(content[_DIGEST:]).digest() == content[:_DIGEST]:
        return content[_DIGEST:]
    path.unlink(missing_ok=True)
    return None


class Shelf:
    """The files of one folder, at most ``most`` bytes of them."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self._most, self._lock = most, threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("*.new"):
            stale.unlink(missing_ok=True)
        files = [(path.stat(), path.name) for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        for status, name in sorted(files, key=lambda file: file[0].st_mtime_ns):
            self._sizes[name] = status.st_size
        self._make_room()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self._sizes.values())

    def get(self, name: str) -> bytes | None:
        """The content of a file, which is now the one used last."""
        content = get(self.folder, name)
        with self._lock:
            if content is None:
                self._sizes.pop(name, None)
            else:
                self._sizes[name] = len(content) + _DIGEST
                self._sizes.move_to_end(name)
                with contextlib.suppress(OSError):  # it was given up meanwhile; its content is good all the same
                    os.utime(self.folder / name)
        return content

    def note(self, name: str) -> None:
        """A file has been put there by another process."""
        with self._lock, contextlib.suppress(FileNotFoundError):
            self._sizes[name] = (self.folder / name).stat().st_size
            self._sizes.move_to_end(name)
        self._make_room()

    def _make_room(self) -> None:
        with self._lock:
            while self._sizes and self.size > self._most:
                name, _ = self._sizes.popitem(last=False)
                (self.folder / name).unlink(missing_ok=True)
