"""Streamed multipart uploads (RFC 7578): each file goes to a scratch file as it arrives, never whole into memory.

Files must come in the field ``files``; anything else in the form is refused. What was written is removed again unless it is
taken.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from server.errors import INVALID, MALFORMED, MEDIA_TYPE, STORAGE_FULL, TOO_LARGE, TOO_MANY, Problem
from server.limits import unhurried

FIELD = b"files"
BATCH = 1 << 20
"""Bytes gathered before a thread is asked to write them."""
MAX_FILE_NAME = 255


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class Upload:
    """One uploaded file, complete on disk."""

    name: str
    path: Path
    size: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that an upload may be."""

    files: int
    file_bytes: int
    all_bytes: int
    idle_s: float


@dataclass(slots=True)
class _Form:
    """What the parser's callbacks gather between two pieces of the body."""

    bounds: Bounds
    scratch: Callable[[], Path]
    open: ExitStack
    uploads: list[Upload] = field(default_factory=list)
    files: list[BinaryIO] = field(default_factory=list)
    digests: list[_Digest] = field(default_factory=list)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    held: int = 0
    total: int = 0
    ended: bool = False

    def part_begin(self) -> None:
        self.disposition = b""

    def header_field(self, data: bytes, start: int, stop: int) -> None:
        self.header += data[start:stop]

    def header_value(self, data: bytes, start: int, stop: int) -> None:
        self.value += data[start:stop]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def headers_finished(self) -> None:
        kind, options = parse_options_header(self.disposition)
        if kind != b"form-data" or options.get(b"name") != FIELD or b"filename" not in options:
            raise Problem(INVALID, "The form may hold nothing but files, in the field 'files'.")
        if len(self.uploads) == self.bounds.files:
            raise Problem(TOO_MANY, f"One upload may carry {self.bounds.files} files.")
        upload = Upload(_file_name(options[b"filename"]), self.scratch())
        self.open.callback(upload.path.unlink, missing_ok=True)
        self.files.append(self.open.enter_context(upload.path.open("xb")))
        self.digests.append(hashlib.sha256())
        self.uploads.append(upload)

    def part_data(self, data: bytes, start: int, stop: int) -> None:
        upload = self.uploads[-1]
        upload.size += stop - start
        if upload.size > self.bounds.file_bytes:
            raise Problem(TOO_LARGE, f"{upload.name}: a file may have {self.bounds.file_bytes} bytes.")
        self.total += stop - start
        if self.total > self.bounds.all_bytes:
            raise Problem(STORAGE_FULL, f"There is room for {self.bounds.all_bytes} bytes more.")
        self.waiting.append((len(self.uploads) - 1, data[start:stop]))
        self.held += stop - start

    def part_end(self) -> None:
        """Nothing to do: files are closed together."""

    def end(self) -> None:
        self.ended = True

    def write(self, waiting: list[tuple[int, bytes]]) -> None:
        """Write and hash what has come, in a thread."""
        for number, data in waiting:
            self.files[number].write(data)
            self.digests[number].update(data)

    def close(self) -> None:
        """Complete the files, in a thread."""
        for upload, file, digest in zip(self.uploads, self.files, self.digests, strict=True):
            file.close()
            upload.digest = digest.hexdigest()


@asynccontextmanager
async def uploads(request: Request, scratch: Callable[[], Path], bounds: Bounds) -> AsyncIterator[list[Upload]]:
    """The files of a form, complete on disk inside the block; those not moved elsewhere by its end are removed."""
    boundary = _boundary(request)
    with ExitStack() as stack:
        form = _Form(bounds, scratch, stack)
        await _receive(request, form, boundary)
        if not form.ended:
            raise Problem(MALFORMED, "The upload ends in the middle.")
        if not form.uploads:
            raise Problem(INVALID, "The form holds no file.")
        await asyncio.to_thread(form.close)
        yield form.uploads


async def _receive(request: Request, form: _Form, boundary: bytes) -> None:
    names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data", "part_end", "end")
    parser = MultipartParser(boundary, {f"on_{name}": getattr(form, name) for name in names})  # type: ignore[arg-type]
    async for piece in unhurried(request, form.bounds.idle_s):
        try:
            parser.write(piece)
        except FormParserError:
            raise Problem(MALFORMED, "The upload is not a readable multipart form.") from None
        if form.held >= BATCH:
            await _flush(form)
    await _flush(form)


async def _flush(form: _Form) -> None:
    waiting, form.waiting, form.held = form.waiting, [], 0
    await asyncio.to_thread(form.write, waiting)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise Problem(MEDIA_TYPE, "Stems are uploaded as multipart/form-data.", headers={"Accept": "multipart/form-data"})
    return boundary


def _file_name(raw: bytes) -> str:
    """What the file was called, without folders and control characters, for people only: it never names a file here."""
    text = raw.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in text if letter.isprintable()).strip()[:MAX_FILE_NAME] or "stem"
