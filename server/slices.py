"""A file or a stretch of it as a response: one byte range at a time (RFC 9110 section 14), conditional requests by ETag."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.errors import RANGE, Problem

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_slice(request: Request, file: Path, tag: str, headers: dict[str, str], media_type: str) -> Response:
    """Answer a file that never changes, or the part of it that ``Range`` asks for; ``tag`` is its ETag."""
    known = {"ETag": f'"{tag}"', "Accept-Ranges": "bytes", **headers}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=known)
    length = file.stat().st_size
    start, stop, status = 0, length, 200
    asked = _asked(request, tag)
    if asked is not None:
        start, stop = _within(asked, length)
        status = 206
        known["Content-Range"] = f"bytes {start}-{stop - 1}/{length}"
    known["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=known, media_type=media_type)
    return StreamingResponse(_blocks(file, start, stop - start), status, known, media_type)


def attachment(name: str) -> dict[str, str]:
    """The header that makes a browser save the answer under ``name`` (RFC 6266)."""
    plain = re.sub(r'[^ A-Za-z0-9._()+-]|["\\]', "_", name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}


def _asked(request: Request, tag: str) -> tuple[str, str] | None:
    """First and last byte as they were asked for; ``None`` if there is no range, or one we may ignore."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    condition = request.headers.get("if-range")
    if asked is None or (condition is not None and condition != f'"{tag}"'):
        return None
    return (asked[1], asked[2]) if asked[1] or asked[2] else None


def _within(asked: tuple[str, str], length: int) -> tuple[int, int]:
    first, last = asked
    start = int(first) if first else max(0, length - int(last))
    stop = min(int(last) + 1, length) if first and last else length
    if start >= length or start >= stop:
        raise Problem(RANGE, f"There are {length} bytes.", headers={"Content-Range": f"bytes */{length}"})
    return start, stop


def _matches(condition: str, tag: str) -> bool:
    return condition.strip() == "*" or f'"{tag}"' in (part.strip().removeprefix("W/") for part in condition.split(","))


async def _blocks(file: Path, offset: int, length: int) -> AsyncIterator[bytes]:
    """The bytes, read in a thread; an open file stays readable when it is unlinked meanwhile."""
    stream = await asyncio.to_thread(file.open, "rb")
    try:
        await asyncio.to_thread(stream.seek, offset)
        while length > 0 and (block := await asyncio.to_thread(stream.read, min(BLOCK, length))):
            length -= len(block)
            yield block
    finally:
        stream.close()
