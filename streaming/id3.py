"""Tags of MP3 files: an ID3v2.4 header in UTF-8, and a file that begins behind it for whoever writes the sound."""

from collections.abc import Mapping
from typing import BinaryIO

_FRAMES = {
    "title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "track": b"TRCK",
    "date": b"TDRC", "genre": b"TCON", "comment": b"COMM",
}  # fmt: skip
_UTF8 = b"\x03"
_LANGUAGE = b"und\0"
"""A comment names its language and has a title of its own, here an empty one."""


def id3(tags: Mapping[str, str]) -> bytes:
    """The header (ID3v2.4, sections 3.1 and 4); nothing where there are no tags."""
    frames = b"".join(_frame(name, text) for name, text in tags.items())
    return b"ID3\x04\x00\x00" + _syncsafe(len(frames)) + frames if frames else b""


def _frame(name: str, text: str) -> bytes:
    content = _UTF8 + (_LANGUAGE if name == "comment" else b"") + text.encode()
    return _FRAMES[name] + _syncsafe(len(content)) + b"\0\0" + content


def _syncsafe(size: int) -> bytes:
    """Four bytes of seven bits each."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


class Behind:
    """A file as it is from ``start`` on; what lies before is out of reach."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset + (self._start if whence == 0 else 0), whence) - self._start

    def tell(self) -> int:
        """Say where it is."""
        return self._file.tell() - self._start

    def write(self, content: bytes) -> int:
        """Write there."""
        return self._file.write(content)

    def read(self, size: int = -1) -> bytes:
        """Read from there."""
        return self._file.read(size)
