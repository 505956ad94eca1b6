"""Real encoded files for tests: every container and codec that ingest reads, written by libav's and libsndfile's encoders.

Signals are float32 ``(channels, frames)``. :func:`sweep` has one best alignment only, so that :func:`lag` finds it to the sample.
"""

import struct
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float32]


@dataclass(frozen=True)
class Format:
    """A way to encode: file suffix, libav's encoder, its sample format, and how near the result must come (RMS error)."""

    name: str
    suffix: str
    codec: str
    samples: str
    tolerance: float
    rate: int = 44_100
    trimmed: bool = True


FORMATS = (
    Format("wav16", ".wav", "pcm_s16le", "s16", 2e-5),
    Format("wav24", ".wav", "pcm_s24le", "s32", 1e-6),
    Format("wavfloat", ".wav", "pcm_f32le", "flt", 1e-9),
    Format("wav8", ".wav", "pcm_u8", "u8", 4e-3),
    Format("aiff16", ".aiff", "pcm_s16be", "s16", 2e-5),
    Format("flac16", ".flac", "flac", "s16", 2e-5),
    Format("flac24", ".flac", "flac", "s32", 1e-6),
    Format("flac-in-matroska", ".mkv", "flac", "s16", 2e-5),
    Format("alac", ".m4a", "alac", "s16p", 2e-5),
    Format("mp3", ".mp3", "libmp3lame", "fltp", 0.02),
    Format("aac-in-m4a", ".m4a", "aac", "fltp", 0.04),
    Format("opus-in-ogg", ".opus", "libopus", "flt", 0.02, 48_000),
    Format("opus-in-webm", ".webm", "libopus", "flt", 0.02, 48_000),
)
"""What libav writes; raw AAC (no declared delay) and Vorbis (libsndfile) have their own functions."""


def sweep(rate: int, seconds: float = 1.5, channels: int = 2) -> Signal:
    """A sine that rises from 200 Hz to 5 kHz, each further channel a bit softer."""
    t = np.arange(round(rate * seconds)) / rate
    sine = 0.5 * np.sin(2 * np.pi * (200 + 2_400 * t / seconds) * t)
    return np.stack([sine * 0.8**channel for channel in range(channels)]).astype(np.float32)


def lag(heard: Signal, meant: Signal) -> int:
    """By how many frames the first channel of ``heard`` comes later than that of ``meant``."""
    size = 1 << int(np.ceil(np.log2(heard.shape[1] + meant.shape[1])))
    correlation = np.fft.irfft(np.fft.rfft(heard[0], size) * np.conj(np.fft.rfft(meant[0], size)))
    shift = int(np.argmax(correlation))
    return shift - size if shift > size // 2 else shift


def encode(path: Path, signal: Signal, form: Format, layout: str = "", **options: str) -> Path:
    """Write ``signal`` with libav; ``options`` are the muxer's."""
    layout = layout or {1: "mono", 2: "stereo"}[len(signal)]
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(form.codec, rate=form.rate, layout=layout)
        stream.format = form.samples
        convert = av.AudioResampler(format=form.samples, layout=layout, rate=form.rate)
        for at in range(0, signal.shape[1], 4_096):
            packed = signal[:, at : at + 4_096].T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(packed), "flt", layout)
            frame.sample_rate, frame.pts, frame.time_base = form.rate, at, Fraction(1, form.rate)
            for converted in convert.resample(frame):
                container.mux(stream.encode(converted))
        for converted in convert.resample(None):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return path


def encode_sndfile(path: Path, signal: Signal, rate: int, form: str, subtype: str) -> Path:
    """Write ``signal`` with libsndfile: Ogg Vorbis, MP3 by LAME, and the rarer kinds of WAV."""
    soundfile.write(path, signal.T, rate, subtype=subtype, format=form)
    return path


def wav(path: Path, signal: Signal, rate: int) -> Path:
    """Write 16-bit PCM with Python's own writer, which labels no channels."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(signal))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((signal.T * 32_767).astype("<i2").tobytes())
    return path


def with_itunes_note(m4a: bytes, priming: int, padding: int, frames: int) -> bytes:
    """An M4A as iTunes wrote them: no edit list, the encoder's delay and padding in an ``iTunSMPB`` comment."""
    begin = m4a.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", m4a, begin)
    moov = m4a[begin : begin + size].replace(b"edts", b"free", 1).replace(b"udta", b"free", 1)
    text = f" 00000000 {priming:08X} {padding:08X} {frames:016X}" + " 00000000" * 8
    note = _box(b"mean", b"\0\0\0\0com.apple.iTunes") + _box(b"name", b"\0\0\0\0iTunSMPB")
    note += _box(b"data", struct.pack(">II", 1, 0) + text.encode())
    handler = _box(b"hdlr", b"\0" * 8 + b"mdirappl" + b"\0" * 9)
    moov += _box(b"udta", _box(b"meta", b"\0" * 4 + handler + _box(b"ilst", _box(b"----", note))))
    return m4a[:begin] + struct.pack(">I", len(moov)) + moov[4:] + m4a[begin + size :]


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def video_only(path: Path) -> Path:
    """A Matroska film without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    return path
