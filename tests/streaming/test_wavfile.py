"""WAV files: headers that readers find their way in, however long the file and whatever its tags."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streaming.wavfile import packed, wav_header

TAGS = {"title": "Sång", "artist": "A", "comment": "odd"}


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("tags", [{}, TAGS], ids=["plain", "tagged"])
def test_above_four_gigabytes_a_wav_is_rf64(bits: int, tags: dict[str, str], tmp_path: Path) -> None:
    """A long file has the 64-bit header, and readers find its length."""
    frames = (1 << 32) // (bits // 4) + 1_000
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(wav_header(frames, bits, 96_000, tags))
        file.truncate(file.tell() + frames * bits // 4)
    assert wav_header(frames, bits, 96_000, tags)[:4] == b"RF64"
    found = soundfile.info(path)
    assert (found.frames, found.samplerate) == (frames, 96_000)


@pytest.mark.parametrize("bits", [16, 24])
def test_integers_are_packed_little_endian(bits: int) -> None:
    """The lowest byte comes first, left before right."""
    whole = np.array([[1, -2], [0x1234, -(1 << (bits - 1))]], np.int32)
    expected = b"".join(int(value).to_bytes(bits // 8, "little", signed=True) for value in whole.reshape(-1))
    assert packed(whole, bits) == expected


def test_the_header_tells_its_own_length() -> None:
    """The size in the first chunk is that of the file, also with tags of odd length."""
    header = wav_header(10, 16, 44_100, TAGS)
    assert int.from_bytes(header[4:8], "little") == len(header) - 8 + 40
    assert len(header) % 2 == 0
