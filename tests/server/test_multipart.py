"""Streamed uploads: what arrives is on disk, hashed and bounded; what is refused leaves nothing."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from server.errors import Problem
from server.multipart import Bounds, Upload, uploads
from storage.blobs import LocalBlobs

MARK = "mark"
BOUNDS = Bounds(files=3, file_bytes=5_000_000, all_bytes=9_000_000, idle_s=5)


def part(name: str, content: bytes, field: str = "files") -> bytes:
    """One file of a form."""
    head = f'--{MARK}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: audio/wav\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{MARK}--\r\n".encode()


def request(body: bytes, step: int, kind: str = f"multipart/form-data; boundary={MARK}") -> Request:
    """A request whose body comes in pieces of ``step`` bytes."""
    pieces = [body[start : start + step] for start in range(0, len(body), step)]
    messages = iter([*({"type": "http.request", "body": piece, "more_body": True} for piece in pieces), {"type": "http.request"}])

    async def receive() -> Message:
        return next(messages)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}, receive)


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """A store for scratch files."""
    return LocalBlobs(tmp_path)


async def taken(blobs: LocalBlobs, sent: Request, bounds: Bounds = BOUNDS) -> AsyncIterator[Upload]:
    """The uploads of a request, one by one."""
    async with uploads(sent, blobs.scratch, bounds) as files:
        for file in files:
            yield file


def left(blobs: LocalBlobs) -> int:
    """How many scratch files there are."""
    return len(list(blobs.scratch().parent.iterdir()))


@pytest.mark.parametrize("step", [1, 7, 100, 1 << 20])
async def test_files_arrive_whatever_the_pieces(blobs: LocalBlobs, step: int) -> None:
    """Two files come out byte for byte with their hashes, however the body is cut, and are removed afterwards."""
    contents = [b"RIFF" + bytes(range(256)) * 3, b"\r\n--mar" * 50]
    body = part("Kick.wav", contents[0]) + part("Snare.wav", contents[1]) + END
    seen = []
    async for file in taken(blobs, request(body, step)):
        assert file.path.read_bytes() == contents[len(seen)]
        assert (file.size, file.digest) == (len(contents[len(seen)]), hashlib.sha256(contents[len(seen)]).hexdigest())
        seen.append(file.name)
    assert seen == ["Kick.wav", "Snare.wav"]
    assert left(blobs) == 0


async def test_what_is_moved_away_stays(blobs: LocalBlobs) -> None:
    """A file taken into the store is not removed with the rest."""
    async for file in taken(blobs, request(part("a.wav", b"audio") + END, 9)):
        digest, _ = blobs.adopt(file.path, file.digest)
    assert blobs.path(digest).read_bytes() == b"audio"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Take 1.wav", "Take 1.wav"),
        ("\x07bell.wav", "bell.wav"),
        ("", "stem"),
        ("x" * 400, "x" * 255),
    ],
)
async def test_names_are_only_names(blobs: LocalBlobs, name: str, told: str) -> None:
    """A file's name loses its folders and control characters; it never names a file here."""
    async for file in taken(blobs, request(part(name, b"a") + END, 100)):
        assert file.name == told
        assert file.path.parent == blobs.scratch().parent


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"nonsense", "malformed"),
        (END, "invalid_parameter"),
        (part("a.wav", b"aaa"), "malformed"),
        (part("a.wav", b"aaa")[:-6], "malformed"),
        (part("a.wav", b"a", field="other") + END, "invalid_parameter"),
        (b'--mark\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n' + END, "invalid_parameter"),
        (b"--mark\r\nContent-Type: audio/wav\r\n\r\ntext\r\n" + END, "invalid_parameter"),
        (b"--mark\r\n" + b"X: y\r\n" * 1000 + b"\r\n" + END, "malformed"),
        (b"--mark\r\nX: " + b"y" * 100_000 + b"\r\n\r\n" + END, "malformed"),
        (b"".join(part(f"{n}.wav", b"a") for n in range(4)) + END, "too_many"),
    ],
)
async def test_a_bad_form_is_refused(blobs: LocalBlobs, body: bytes, code: str) -> None:
    """Cut off, empty, foreign fields, endless headers, too many files: a problem, and no file is left."""
    with pytest.raises(Problem) as problem:
        async for _ in taken(blobs, request(body, 1000)):
            pass
    assert problem.value.kind.code == code
    assert left(blobs) == 0


async def test_a_large_file_is_cut_off(blobs: LocalBlobs) -> None:
    """The refusal comes as soon as the limit is passed, not at the end."""
    with pytest.raises(Problem, match=r"small\.wav: a file may have 1000 bytes") as problem:
        async for _ in taken(blobs, request(part("small.wav", b"a" * 1001), 100), Bounds(3, 1000, 5000, 5)):
            pass
    assert problem.value.kind.status == 413


async def test_an_upload_larger_than_the_room_is_cut_off(blobs: LocalBlobs) -> None:
    """All files together may bring no more than there is room for."""
    body = part("a.wav", b"a" * 600) + part("b.wav", b"b" * 600) + END
    with pytest.raises(Problem) as problem:
        async for _ in taken(blobs, request(body, 100), Bounds(3, 1000, 1000, 5)):
            pass
    assert problem.value.kind.status == 507
    assert left(blobs) == 0


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data", "multipart/mixed; boundary=mark", f"multipart/form-data; boundary={'x' * 71}"],
)
async def test_the_type_must_be_a_form(blobs: LocalBlobs, kind: str) -> None:
    """Anything but multipart/form-data with a boundary is refused before a byte is read."""
    with pytest.raises(Problem) as problem:
        async for _ in taken(blobs, request(b"", 1, kind)):
            pass
    assert problem.value.kind.status == 415
