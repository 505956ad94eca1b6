"""Every format at every rate: made, then read by libav as a player does, with its length, its place in time and its tags."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from helpers.media import lag, sweep

from dsp.dither import Quantiser
from streaming.encoders import encoder
from streaming.formats import FORMS, Delivery, settled
from streaming.measuring import decoded

TAGS = {"title": "Sång", "artist": "A & B", "album": "C", "track": "3", "date": "2026", "genre": "Pop", "comment": "D"}
ODD_TAGS = {"title": "雪 ☃", "track": "3/10", "date": "2026-05-07", "comment": "one\ntwo " + "x" * 300}
LOSSLESS = [(form, rate, bits) for form, known in FORMS.items() for rate in known.rates for bits in known.bits]
LOSSY = [(form, rate) for form, known in FORMS.items() if known.is_lossy for rate in known.rates]
ODD = 65_536 + 12_345


def delivery(form: str, rate: int, bits: int | None = None, **more: Any) -> Delivery:
    """A delivery with what is usual."""
    return Delivery(form, rate, *settled(form, rate, bits, None), tags=TAGS, **more)  # type: ignore[arg-type]


def made(out: Path, audio: np.ndarray, wanted: Delivery) -> Path:
    """A file of audio ``(frames, 2)``, written in uneven blocks."""
    file = encoder(out, len(audio), wanted)
    for at in (0, 1, 4_097, 65_536):
        stop = {0: 1, 1: 4_097, 4_097: 65_536, 65_536: len(audio)}[at]
        if audio[at:stop].size:
            file.write(audio[at:stop])
    file.close()
    return out


def signal(rate: int, frames: int = ODD) -> np.ndarray:
    """A sweep, ``(frames, 2)``."""
    return np.ascontiguousarray(sweep(rate, frames / rate).T[:frames])


def heard(path: Path) -> tuple[int, np.ndarray]:
    """Rate and samples as libav reads them."""
    source, blocks = decoded(path)
    audio = np.concatenate(list(blocks))
    return source.rate, audio


@pytest.mark.parametrize(("form", "rate", "bits"), LOSSLESS)
def test_lossless_files_hold_the_samples(form: str, rate: int, bits: int, tmp_path: Path) -> None:
    """Every sample comes back exactly: the floats themselves, or the integers that dither made of them."""
    audio = signal(rate)
    found = heard(made(tmp_path / "out", audio, delivery(form, rate, bits)))
    expected = audio if bits == 32 else Quantiser(bits, rate)(audio) / np.float32(1 << (bits - 1))
    assert found[0] == rate
    assert (found[1] == expected).all()


@pytest.mark.parametrize(("form", "rate"), LOSSY)
def test_lossy_files_begin_and_end_where_they_should(form: str, rate: int, tmp_path: Path) -> None:
    """The length is exact, nothing is shifted by a frame, and the difference is the encoder's noise."""
    audio = signal(rate)
    found_rate, found = heard(made(tmp_path / "out", audio, delivery(form, rate)))
    assert (found_rate, len(found)) == (rate, len(audio))
    assert lag(found.T, audio.T) == 0
    inner = slice(2_000, -2_000)
    error = found[inner] - audio[inner]
    assert 10 * np.log10((error**2).mean() / (audio[inner] ** 2).mean()) < -34


@pytest.mark.parametrize("frames", [20_000, 20_030, 20_600, 21_151, 4_000, 700])
@pytest.mark.parametrize("form", ["mp3", "m4a", "opus"])
def test_any_length_is_kept(form: str, frames: int, tmp_path: Path) -> None:
    """Wherever the last frame of the codec falls, padding is declared and cut."""
    assert len(heard(made(tmp_path / "out", signal(48_000, frames), delivery(form, 48_000)))[1]) == frames


@pytest.mark.parametrize("frames", [70_000, 70_100, 71_001, 20_000, 700])
def test_any_length_of_vorbis_is_kept(frames: int, tmp_path: Path) -> None:
    """The last granule says where it ends. libav cuts there only where there is more than one page, libvorbis always."""
    path = made(tmp_path / "out", signal(48_000, frames), delivery("ogg", 48_000))
    assert soundfile.info(path).frames == frames
    assert len(heard(path)[1]) == frames or frames < 60_000


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tags", [TAGS, ODD_TAGS, {}], ids=["usual", "odd", "none"])
def test_tags_are_read_back(form: str, tags: dict[str, str], tmp_path: Path) -> None:
    """Title, artist, album, track, date, genre and comment are in the file, in any script and of any length."""
    path = made(tmp_path / "out", signal(48_000, 9_000), replace(delivery(form, 48_000), tags=tags))
    with av.open(str(path)) as container:
        found = {**container.metadata, **container.streams[0].metadata}
    assert {name.lower(): text for name, text in found.items() if name.lower() in TAGS} == tags
    assert len(heard(path)[1]) == 9_000 or form == "ogg"


@pytest.mark.parametrize(("form", "kbps"), [("mp3", 128), ("mp3", 192), ("mp3", 320), ("m4a", 128), ("opus", 96)])
def test_the_bit_rate_is_kept(form: str, kbps: int, tmp_path: Path) -> None:
    """The file takes the bits that were asked for."""
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, (240_000, 2)).astype(np.float32)
    path = made(tmp_path / "out", noise, Delivery(form, 48_000, None, kbps))  # type: ignore[arg-type]
    assert path.stat().st_size * 8 / 5_000 == pytest.approx(kbps, rel=0.12)


def test_the_same_audio_gives_the_same_file(tmp_path: Path) -> None:
    """Nothing in a file depends on when it was made."""
    for form in FORMS:
        one, two = (made(tmp_path / name, signal(48_000), delivery(form, 48_000)) for name in "ab")
        same = one.read_bytes() == two.read_bytes()
        assert same or form == "ogg"  # an Ogg stream has a random serial number
