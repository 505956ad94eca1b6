"""What is remembered of live streams, so that they can go on when their server has died: a few small files each, in one folder.

A file is replaced as a whole and ends with a checksum, so what is read back is what was written, or nothing. It need not
outlive a power cut, only its process: nothing is forced to the disk. Every method blocks: call them in a thread.
"""

import contextlib
import re
import secrets
import time
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from storage.errors import Full

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
DIGEST_BYTES = 32
MAX_BYTES = 32 << 20
"""No part of a stream is larger."""


class Sessions:
    """The streams remembered below ``folder``, up to ``limit`` of them and ``keep_s`` seconds after they were last heard of.

    A stream has a few named parts, each of which is there or not.
    """

    def __init__(self, folder: Path, limit: int, keep_s: float) -> None:
        self._folder, self._limit, self._keep_s = folder, limit, keep_s

    def save(self, stream: str, part: str, content: bytes) -> None:
        """Put a part in place of what it was before; raises :class:`Full`, or ``OSError`` where there is no room for it."""
        if len(content) > MAX_BYTES:
            raise Full("bytes of a stream's state", MAX_BYTES)
        file = self._file(stream, part)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{secrets.token_hex(8)}.new"
        try:
            fresh.write_bytes(content + sha256(content).digest())
            fresh.rename(file)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def load(self, stream: str, part: str) -> bytes | None:
        """A part as it was saved last; nothing if it is not there, not whole, or too old."""
        file = self._file(stream, part)
        try:
            if file.stat().st_mtime < time.time() - self._keep_s:
                return None
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        content, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
        return content if sha256(content).digest() == digest else None

    def forget(self, stream: str) -> None:
        """Remove everything of a stream."""
        if not NAME.fullmatch(stream):
            return
        for file in self._folder.glob(f"{stream}.*"):
            file.unlink(missing_ok=True)

    def sweep(self, live: Collection[str] = ()) -> int:
        """Remove what is too old, and the oldest beyond the limit, but nothing of ``live`` streams; answers how many files."""
        streams: dict[str, float] = {}
        files = list(self._folder.glob("*")) if self._folder.is_dir() else []
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                name = file.name.partition(".")[0]
                streams[name] = max(streams.get(name, 0.0), file.stat().st_mtime)
        newest = sorted(streams, key=streams.__getitem__, reverse=True)[: self._limit]
        kept = {name for name in newest if streams[name] >= time.time() - self._keep_s} | set(live)
        gone = [file for file in files if file.name.partition(".")[0] not in kept]
        for file in gone:
            file.unlink(missing_ok=True)
        return len(gone)

    def _file(self, stream: str, part: str) -> Path:
        if not NAME.fullmatch(stream) or not NAME.fullmatch(part):
            raise ValueError(f"expected plain names, got {stream!r} and {part!r}")
        return self._folder / f"{stream}.{part}"
