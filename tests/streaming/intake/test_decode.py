"""The decoding child as a process, on real encoded files: alignment, levels, limits and refusals."""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import media
from helpers.media import FORMATS, Format, Signal

from dsp.peaks import Pyramid
from streaming.intake.decode import decode as carry_out
from streaming.intake.intake import Decoded, Order, Refused, read_answer

WAV = FORMATS[0]


@pytest.fixture
def decode(tmp_path: Path) -> Any:
    """Decode a file in this process; returns the answer and the canonical audio, ``(2, frames)``."""

    def run(source: Path, **limits: Any) -> tuple[Decoded, Signal]:
        decoded = carry_out(order_for(tmp_path, source, **limits))
        return decoded, np.fromfile(tmp_path / "audio", "<f4").reshape(-1, 2).T

    return run


@pytest.fixture
def refusal(decode: Any) -> Any:
    """Decode a file that must be refused; returns the code."""

    def run(source: Path, **limits: Any) -> str:
        with pytest.raises(Refused) as refused:
            decode(source, **limits)
        assert refused.value.detail.endswith(".")
        return refused.value.code

    return run


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_comes_out_where_it_went_in(form: Format, tmp_path: Path, decode: Any) -> None:
    """At 48 kHz no format shifts the signal by one sample, nor adds or loses one at its end."""
    signal = media.sweep(48_000)
    decoded, heard = decode(media.encode(tmp_path / f"a{form.suffix}", signal, replace(form, rate=48_000)))
    assert heard.shape == signal.shape
    assert media.lag(heard, signal) == 0
    assert np.sqrt(np.mean((heard - signal) ** 2)) <= form.tolerance
    assert (decoded.frames, decoded.rate_in, decoded.channels_in, decoded.nonfinite) == (signal.shape[1], 48_000, 2, 0)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_resampled_formats_stay_aligned(form: Format, tmp_path: Path, decode: Any) -> None:
    """From 44.1 kHz the same signal at 48 kHz comes out: same place, same length."""
    if form.rate == 48_000:
        pytest.skip("Opus knows 48 kHz only")
    decoded, heard = decode(media.encode(tmp_path / f"a{form.suffix}", media.sweep(44_100), form))
    assert decoded.rate_in == 44_100
    meant = media.sweep(48_000)
    assert heard.shape == meant.shape
    assert media.lag(heard, meant) == 0
    assert np.sqrt(np.mean((heard - meant)[:, 100:-100] ** 2)) <= max(form.tolerance, 1e-5)


@pytest.mark.parametrize(
    ("form", "subtype", "suffix"), [("OGG", "VORBIS", ".ogg"), ("OGG", "OPUS", ".opus"), ("MP3", "MPEG_LAYER_III", ".mp3")]
)
def test_libsndfile_s_encoders_stay_aligned(form: str, subtype: str, suffix: str, tmp_path: Path, decode: Any) -> None:
    """Other encoders' delay and padding are cut as well."""
    signal = media.sweep(48_000)
    _, heard = decode(media.encode_sndfile(tmp_path / f"a{suffix}", signal, 48_000, form, subtype))
    assert heard.shape == signal.shape
    assert media.lag(heard, signal) == 0


@pytest.mark.parametrize("clock", ["1000", "48000"])
def test_m4a_is_cut_by_its_edit_list(clock: str, tmp_path: Path, decode: Any) -> None:
    """Whether the movie's clock counts milliseconds or samples, an M4A has the frames that were encoded."""
    signal = media.sweep(48_000, 1.2345)
    form = Format("aac", ".m4a", "aac", "fltp", 0, 48_000)
    _, heard = decode(media.encode(tmp_path / "a.m4a", signal, form, movie_timescale=clock))
    assert heard.shape == signal.shape


def test_itunes_note_is_believed(tmp_path: Path, decode: Any) -> None:
    """An M4A without edit list is cut at both ends as its iTunSMPB comment says."""
    signal = media.sweep(48_000)
    path = media.encode(tmp_path / "a.m4a", signal, Format("aac", ".m4a", "aac", "fltp", 0, 48_000))
    path.write_bytes(media.with_itunes_note(path.read_bytes(), 1_024, 704, signal.shape[1]))
    _, heard = decode(path)
    assert heard.shape == signal.shape
    assert media.lag(heard, signal) == 0


def test_raw_aac_keeps_its_undeclared_delay(tmp_path: Path, decode: Any) -> None:
    """ADTS has no place to declare the encoder's delay, so nothing is guessed."""
    signal = media.sweep(48_000)
    _, heard = decode(media.encode(tmp_path / "a.aac", signal, Format("aac", ".aac", "aac", "fltp", 0, 48_000)))
    assert media.lag(heard, signal) == 1_024


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 47_999, 88_200, 96_000, 192_000])
def test_every_rate_is_resampled_in_place(rate: int, tmp_path: Path, decode: Any) -> None:
    """Whatever the rate, a tone keeps its phase and level."""
    tone = lambda at: (0.5 * np.sin(2 * np.pi * 997 * np.arange(at) / at)).astype(np.float32)  # noqa: E731
    _, heard = decode(media.encode(tmp_path / "a.wav", np.stack([tone(rate)] * 2), replace(FORMATS[2], rate=rate)))
    assert heard.shape == (2, 48_000)
    np.testing.assert_allclose(heard[0, 2_000:-2_000], tone(48_000)[2_000:-2_000], atol=2e-6)


def test_resampling_has_no_aliases(tmp_path: Path, decode: Any) -> None:
    """What lies above 24 kHz in a 96 kHz file is gone, 120 dB down."""
    tone = (0.9 * np.sin(2 * np.pi * 26_000 * np.arange(96_000) / 96_000)).astype(np.float32)
    _, heard = decode(media.encode(tmp_path / "a.wav", np.stack([tone] * 2), replace(FORMATS[2], rate=96_000)))
    assert np.abs(heard[:, 2_000:-2_000]).max() < 1e-6


@pytest.mark.parametrize(
    ("layout", "gains"),
    [
        ("mono", [(1, 1)]),
        ("quad", [(1, 0), (0, 1), (0.7071, 0), (0, 0.7071)]),
        ("5.1", [(1, 0), (0, 1), (0.7071, 0.7071), (0, 0), (0.7071, 0), (0, 0.7071)]),
        ("7.1", [(1, 0), (0, 1), (0.7071, 0.7071), (0, 0), (0.7071, 0), (0, 0.7071), (0.7071, 0), (0, 0.7071)]),
    ],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_surround_is_mixed_down_by_the_book(
    layout: str, gains: list[tuple[float, float]], labelled: bool, tmp_path: Path, decode: Any
) -> None:
    """Each loudspeaker reaches left and right with the coefficients of ITU-R BS.775."""
    signal = np.zeros((len(gains), 480 * len(gains)), np.float32)
    for channel in range(len(gains)):
        signal[channel, 480 * channel : 480 * (channel + 1)] = 0.5
    path = tmp_path / "a.wav"
    if labelled:
        media.encode(path, signal, replace(FORMATS[2], rate=48_000), layout)
    else:
        media.wav(path, signal, 48_000)
    decoded, heard = decode(path)
    assert decoded.channels_in == len(gains)
    for channel, gain in enumerate(gains):
        np.testing.assert_allclose(heard[:, 480 * channel + 240], 0.5 * np.array(gain), atol=1e-4)


@pytest.mark.parametrize(
    ("codec", "samples", "suffix"), [("aac", "fltp", ".m4a"), ("libopus", "flt", ".webm"), ("flac", "s16", ".flac")]
)
def test_eight_channels_decode(codec: str, samples: str, suffix: str, tmp_path: Path, decode: Any) -> None:
    """7.1 comes through codecs that keep channels apart as well as through those that interleave them."""
    form = Format(codec, suffix, codec, samples, 0, 48_000)
    decoded, heard = decode(media.encode(tmp_path / f"a{suffix}", media.sweep(48_000, channels=8), form, "7.1"))
    assert decoded.channels_in == 8
    assert media.lag(heard, media.sweep(48_000)) == 0


def test_answer_describes_the_canonical_file(tmp_path: Path, decode: Any) -> None:
    """Hash, peaks, level and RMS are those of the bytes that were written."""
    import hashlib

    decoded, heard = decode(media.encode(tmp_path / "a.flac", media.sweep(44_100), FORMATS[5]))
    pyramid = Pyramid()
    pyramid.add(heard)
    assert tuple((tmp_path / f"peaks{level}").read_bytes() for level in range(3)) == pyramid.finish()
    assert decoded.sha256 == hashlib.sha256((tmp_path / "audio").read_bytes()).hexdigest()
    assert decoded.peak_db == pytest.approx(20 * np.log10(np.abs(heard).max()), abs=0.01)
    assert decoded.rms_db == pytest.approx(10 * np.log10(np.mean(heard.astype(np.float64) ** 2)), abs=0.01)
    assert (decoded.codec_in, decoded.container_in) == ("flac", "flac")


def test_bad_samples_become_silence(tmp_path: Path, decode: Any) -> None:
    """NaN, infinity and absurd values are replaced by zero and counted."""
    signal = media.sweep(48_000)
    signal[0, 100:103] = np.nan, np.inf, 1e30
    decoded, heard = decode(media.encode(tmp_path / "a.wav", signal, replace(FORMATS[2], rate=48_000)))
    assert decoded.nonfinite == 3
    assert (heard[0, 100:103] == 0).all()
    assert np.isfinite(heard).all()


def test_the_name_does_not_matter(tmp_path: Path, decode: Any) -> None:
    """A FLAC that is called .wav is read as what it is."""
    path = media.encode(tmp_path / "a.flac", media.sweep(44_100), FORMATS[5])
    decoded, _ = decode(path.rename(tmp_path / "a.wav"))
    assert decoded.codec_in == "flac"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_truncated_files_are_refused(form: Format, part: float, tmp_path: Path, refusal: Any) -> None:
    """A file that breaks off is refused, wherever it does."""
    path = media.encode(tmp_path / f"a{form.suffix}", media.sweep(form.rate), form)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert refusal(path) == "truncated"


def test_truncated_faststart_m4a_is_refused(tmp_path: Path, refusal: Any) -> None:
    """An M4A whose index comes first is found out by its index."""
    form = Format("aac", ".m4a", "aac", "fltp", 0)
    path = media.encode(tmp_path / "a.m4a", media.sweep(44_100), form, movflags="faststart")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])
    assert refusal(path) == "truncated"


def test_damage_inside_is_refused(tmp_path: Path, refusal: Any) -> None:
    """A FLAC with a few wrong bytes in its middle is not taken with a hole in it."""
    path = media.encode(tmp_path / "a.flac", media.sweep(44_100, 3), FORMATS[5])
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 8] = b"\x00" * 8
    path.write_bytes(whole)
    assert refusal(path) == "damaged"


def zipped() -> bytes:
    """A ZIP archive."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("song.wav", b"RIFF" * 1_000)
        return file.getvalue()


PLAYLISTS = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "ffconcat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "pls": b"[playlist]\nFile1=http://127.0.0.1/a.mp3\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("content", [zipped(), *PLAYLISTS.values(), b"\0" * 10_000, b"hello", os.urandom(5_000)])
def test_what_is_no_audio_is_refused(content: bytes, tmp_path: Path, refusal: Any) -> None:
    """A ZIP named .wav, playlists that point elsewhere, zeros, text and noise are no audio."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert refusal(path) == "unsupported_format"


def test_empty_file_is_refused(tmp_path: Path, refusal: Any) -> None:
    """No bytes, no stem."""
    (tmp_path / "a.wav").touch()
    assert refusal(tmp_path / "a.wav") == "empty_file"


def test_a_header_alone_is_refused(tmp_path: Path, refusal: Any) -> None:
    """A WAV without a single frame is too short."""
    assert refusal(media.wav(tmp_path / "a.wav", np.zeros((2, 0), np.float32), 48_000)) == "too_short"


def test_film_without_sound_is_refused(tmp_path: Path, refusal: Any) -> None:
    """A film needs sound to be a stem."""
    assert refusal(media.video_only(tmp_path / "a.mkv")) == "no_audio"


def test_long_files_are_refused_before_they_are_decoded(tmp_path: Path, refusal: Any) -> None:
    """What declares more than the limit leaves no audio behind."""
    path = media.encode(tmp_path / "a.flac", media.sweep(44_100, 2), FORMATS[5])
    assert refusal(path, max_seconds=0.5) == "too_long"
    assert refusal(path, max_bytes=100_000) == "too_large"
    assert not (tmp_path / "audio").exists()


def test_ten_gigabytes_of_silence_are_refused_early(tmp_path: Path, refusal: Any) -> None:
    """A small FLAC that claims hours is believed and refused."""
    path = media.encode(tmp_path / "a.flac", media.sweep(44_100), FORMATS[5])
    content = bytearray(path.read_bytes())
    at = 8 + 13
    content[at : at + 5] = bytes([content[at] & 0xF0 | 0x1, *struct.pack(">I", 0)])
    path.write_bytes(content)
    assert refusal(path) == "too_long"


def test_undeclared_length_is_stopped_on_the_way(tmp_path: Path, refusal: Any) -> None:
    """A recording that does not know its length is cut off at the limit."""
    path = media.encode(tmp_path / "a.aac", media.sweep(44_100, 6), Format("aac", ".aac", "aac", "fltp", 0))
    assert refusal(path, max_seconds=3) == "too_long"


def in_child(order: Order) -> "subprocess.CompletedProcess[bytes]":
    """Have a child of its own carry out an order."""
    command = [sys.executable, "-m", "streaming.intake.decode"]
    return subprocess.run(command, input=order.to_json(), capture_output=True, check=False)


def order_for(tmp_path: Path, source: Path, **limits: Any) -> Order:
    """An order whose results go to ``tmp_path``."""
    peaks = tuple(str(tmp_path / f"peaks{level}") for level in range(3))
    return Order(str(source), str(tmp_path / "audio"), peaks, os.getpid(), **limits)


def test_child_answers_in_one_line(tmp_path: Path) -> None:
    """The process decodes as the function does and says nothing else."""
    child = in_child(order_for(tmp_path, media.encode(tmp_path / "a.mp3", media.sweep(44_100), FORMATS[9])))
    assert (child.returncode, child.stderr) == (0, b"")
    decoded = read_answer(child.stdout)
    assert (decoded.frames, decoded.codec_in) == (72_000, "mp3")


def test_child_answers_a_refusal(tmp_path: Path) -> None:
    """A refusal comes the same way, with nothing of libav's words."""
    (tmp_path / "a.wav").write_bytes(PLAYLISTS["hls"])
    child = in_child(order_for(tmp_path, tmp_path / "a.wav"))
    assert (child.returncode, child.stderr) == (0, b"")
    with pytest.raises(Refused, match="unsupported_format"):
        read_answer(child.stdout)


def test_orphaned_child_does_nothing(tmp_path: Path) -> None:
    """A child whose parent has gone already ends before it reads a file."""
    order = order_for(tmp_path, media.wav(tmp_path / "a.wav", media.sweep(48_000), 48_000))
    child = in_child(replace(order, parent=1))
    assert (child.returncode, child.stdout) == (1, b"")
    assert not (tmp_path / "audio").exists()


def test_length_does_not_raise_memory(tmp_path: Path) -> None:
    """The memory that decoding takes does not depend on the length of the file."""
    script = (
        "import resource, sys; from streaming.intake.decode import decode; from streaming.intake.intake import Order;"
        "order = Order.from_json(sys.stdin.buffer.read()); decode(order);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    used = []
    for seconds in (30, 300):
        silence = np.zeros((2, 8_000 * seconds), np.float32)
        path = media.encode_sndfile(tmp_path / "a.flac", silence, 8_000, "FLAC", "PCM_16")
        child = subprocess.run(
            [sys.executable, "-c", script], input=order_for(tmp_path, path).to_json(), capture_output=True, check=True
        )
        used.append(int(child.stdout) / 1024)
    assert used[1] - used[0] < 24, used


def test_memory_limit_is_an_answer(tmp_path: Path) -> None:
    """A child that is given next to no memory fails without a word, or refuses; it never succeeds."""
    path = media.wav(tmp_path / "a.wav", media.sweep(48_000), 48_000)
    child = in_child(order_for(tmp_path, path, memory_bytes=1 << 20))
    assert child.returncode or json.loads(child.stdout)["code"] == "decode_failed"
