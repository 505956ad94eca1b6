"""ID3: a header that readers understand, and a file that begins behind it."""

import io

from streaming.id3 import Behind, id3


def test_no_tags_take_no_room() -> None:
    """There is no empty header."""
    assert id3({}) == b""


def test_sizes_are_of_seven_bits() -> None:
    """The header tells the length of its frames, the frame that of its content."""
    header = id3({"title": "x" * 200})
    assert header[:6] == b"ID3\x04\x00\x00"
    assert header[6:10] == bytes((0, 0, 1, 83))  # 211
    assert header[10:20] == b"TIT2" + bytes((0, 0, 1, 73)) + b"\0\0"  # 201
    assert len(header) == 10 + 211


def test_behind_begins_at_nothing() -> None:
    """Writing, seeking and reading know nothing of what lies before."""
    file = io.BytesIO(b"before")
    file.seek(0, 2)
    behind = Behind(file, 6)
    assert behind.tell() == 0
    behind.write(b"0123456789")
    assert behind.seek(2) == 2
    assert behind.read(3) == b"234"
    assert behind.seek(-1, 2) == 9
    assert behind.seek(-4, 1) == 5
    behind.write(b"x")
    assert file.getvalue() == b"before01234x6789"
