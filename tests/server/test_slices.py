"""Files as responses: ranges, conditions, names."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.errors import Problem
from server.slices import attachment, file_slice

CONTENT = bytes(range(100))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 100 bytes."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def ask(file: Path, method: str = "GET", **headers: str) -> Response:
    """The answer to a request with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": method, "headers": raw})
    return file_slice(request, file, "tag", {"Vary": "Cookie"}, "audio/wav")


async def body(answer: Response) -> bytes:
    """What the answer carries."""
    if isinstance(answer, StreamingResponse):
        return b"".join([bytes(part) async for part in answer.body_iterator])  # type: ignore[arg-type]
    return bytes(answer.body)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=90-", 90, 100),
        ("bytes=-10", 90, 100),
        ("bytes=50-500", 50, 100),
        ("bytes=-500", 0, 100),
        ("bytes=99-99", 99, 100),
    ],
)
async def test_a_range_is_answered(file: Path, asked: str, start: int, stop: int) -> None:
    """The bytes asked for, and which they are."""
    answer = ask(file, range=asked)
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/100"
    assert answer.headers["content-length"] == str(stop - start)
    assert await body(answer) == CONTENT[start:stop]


@pytest.mark.parametrize(
    "asked", ["", "bytes=", "bytes=-", "items=0-9", "bytes=a-b", "bytes=0-1,5-6", "bytes=0", "bytes=1-" + "9" * 40]
)
async def test_what_is_no_single_range_is_ignored(file: Path, asked: str) -> None:
    """A server may answer the whole file, and does."""
    answer = ask(file, range=asked)
    assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "bytes")
    assert await body(answer) == CONTENT


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=5-2", "bytes=-0"])
async def test_a_range_outside_is_refused(file: Path, asked: str) -> None:
    """416 says how many bytes there are."""
    with pytest.raises(Problem) as problem:
        ask(file, range=asked)
    assert (problem.value.kind.status, problem.value.headers["Content-Range"]) == (416, "bytes */100")


async def test_conditions(file: Path) -> None:
    """Who has the file gets 304; a range of another version gets the whole."""
    for known in ('"tag"', 'W/"tag"', '"other", "tag"', "*"):
        assert ask(file, if_none_match=known).status_code == 304
    assert ask(file, if_none_match='"other"').status_code == 200
    assert ask(file, range="bytes=0-1", if_range='"tag"').status_code == 206
    assert ask(file, range="bytes=0-1", if_range='"other"').status_code == 200


async def test_head_has_no_body(file: Path) -> None:
    """HEAD says the length only."""
    answer = ask(file, "HEAD")
    assert (answer.headers["content-length"], await body(answer)) == ("100", b"")


async def test_a_download_keeps_its_name() -> None:
    """A name in any script goes through, and nothing in it breaks the header."""
    header = attachment('Sö"ng\r\nX: y\\.wav')["Content-Disposition"]
    assert header == "attachment; filename=\"S__ng__X_ y_.wav\"; filename*=UTF-8''S%C3%B6%22ng%0D%0AX%3A%20y%5C.wav"
