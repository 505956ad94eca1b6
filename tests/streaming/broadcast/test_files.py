"""Each kind of file has its container."""

import pytest

from streaming.broadcast.codecs import CODEC_OF, FRAMES, MEDIA, Kind
from streaming.broadcast.files import container


@pytest.mark.parametrize(
    ("kind", "begins"), [("webm", b"\x1a\x45\xdf\xa3"), ("ogg", b"OggS"), ("flac", b"fLaC"), ("mp3", b"fLaC")]
)
def test_a_file_begins_as_its_kind_does(kind: Kind, begins: bytes) -> None:
    """WebM and Ogg have heads of their own, the others begin with what their codec says."""
    assert container(kind, b"fLaC").head(312).startswith(begins)
    assert MEDIA[kind].startswith("audio/")
    assert FRAMES[CODEC_OF[kind]] > 0
