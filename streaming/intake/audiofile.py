"""An uploaded file opened by libav: its sound as float32 stereo blocks at its own rate, cut where it declares its end.

libav may use the demuxer that :mod:`streaming.intake.containers` has named, a handful of audio decoders and no protocol but
``file``. Whatever it complains about becomes one of our own refusals. Only the decoding child imports this.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from streaming.intake.containers import Container
from streaming.intake.downmix import MAX_CHANNELS, matrix
from streaming.intake.intake import Refused

Samples = NDArray[np.float32]

_CODECS = (  # noqa: SIM905 - a list of words reads best as words
    "pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be "
    "pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav flac alac mp1float mp2float mp3float mp1 mp2 mp3 aac opus libopus vorbis"
).split()
_LOSSLESS = ("wav", "aiff", "flac")
_RATES = (8_000, 192_000)
_LOUDEST = 64.0
"""Samples beyond 36 dB over full scale are damage, as in the console's own input."""

_SHORT_BY = Fraction(1, 20)
"""Seconds that a lossy file may lack of what it declares: encoders count frames differently."""

_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
"""numpy's names of libav's sample formats; those of planar ones end with a ``p``."""


class Source:
    """An opened file: its sound as float32 blocks ``(2, frames)`` at its own rate."""

    def __init__(self, path: str, container: Container) -> None:
        self._container = container
        try:
            self._input = av.open(
                path,
                format=container.demuxer,
                metadata_errors="ignore",
                options={
                    "protocol_whitelist": "file",
                    "format_whitelist": "wav,aiff,flac,mp3,aac,mov,mp4,m4a,3gp,3g2,mj2,ogg,matroska,webm",
                    "codec_whitelist": ",".join(_CODECS),
                },
            )
        except (av.error.FFmpegError, ValueError, UnicodeError):
            raise _damaged("at its beginning") from None
        if not self._input.streams.audio:
            raise Refused("no_audio", "There is no audio in this file.")
        self._stream = self._input.streams.audio[0]
        decoder = self._stream.codec_context.name
        if decoder not in _CODECS:
            raise Refused("unsupported_format", f"Audio coded as {decoder[:40]} is not supported.")
        self._stream.codec_context.options = {"err_detect": "crccheck+bitstream+explode"} if decoder == "flac" else {}
        self.codec = decoder.removeprefix("lib").removesuffix("float")
        self.rate = 0
        self.channels = 0
        self.frames = 0
        self.nonfinite = 0
        self._failed_at: int | None = None

    @property
    def declared(self) -> Fraction | None:
        """Seconds that the file claims, exact only where the container has a place for it."""
        if self._container.seconds is not None:
            return self._container.seconds
        if self._stream.duration is not None and self._stream.time_base is not None:
            return self._stream.duration * self._stream.time_base
        return Fraction(self._input.duration, av.time_base) if self._input.duration else None

    def blocks(self) -> Iterator[Samples]:
        """The sound, cut where the container says that it ends."""
        down: Samples | None = None
        end = sys.maxsize
        for frame in self._decoded():
            if down is None:
                down = self._begin(frame)
                end = self._ends_at()
            elif (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.channels):
                raise Refused("unsupported_format", "The file changes its sample rate or channels on the way.")
            block = self._finite(_planes(frame))[:, : max(0, end - self.frames)]
            self.frames += block.shape[1]
            yield down @ block if self.channels > 1 else np.repeat(block, 2, axis=0)
        self._check_end()

    def _begin(self, frame: av.AudioFrame) -> Samples:
        self.rate, self.channels = frame.sample_rate, frame.layout.nb_channels
        if not _RATES[0] <= self.rate <= _RATES[1]:
            raise Refused("unsupported_format", f"A sample rate of {self.rate} Hz is not supported: 8,000 to 192,000 Hz are.")
        down = matrix([channel.name for channel in frame.layout.channels]) if self.channels <= MAX_CHANNELS else None
        if down is None:
            raise Refused("unsupported_format", f"This layout of {self.channels} channels is not supported: mono to 7.1 is.")
        return down

    def _ends_at(self) -> int:
        """Frame behind the last one; only MP4 needs it, libav itself cuts the others."""
        if self._container.demuxer != "mp4" or self._container.seconds is None:
            return sys.maxsize
        return round(self._container.seconds * self.rate)

    def _decoded(self) -> Iterator[av.AudioFrame]:
        """Frames as they come. Damage before the first and after the last is noted, damage between refused."""
        packets = self._input.demux(self._stream)
        frames: list[av.AudioFrame] | None = []
        while frames is not None:
            try:
                frames = _next_frames(packets)
            except av.error.FFmpegError:
                self._failed_at = self.frames
                continue
            if frames and (self._failed_at or self._skips(frames[0])):
                raise _damaged(f"{self.frames / self.rate:.1f} s after its beginning")
            yield from frames or ()

    def _skips(self, frame: av.AudioFrame) -> bool:
        """Whether something is missing before a frame: FLAC numbers its samples, and libav passes over broken ones silently."""
        if self._container.demuxer != "flac" or frame.pts is None or frame.time_base is None:
            return False
        return frame.pts * frame.time_base * frame.sample_rate != self.frames

    def _finite(self, block: Samples) -> Samples:
        good = np.abs(block) <= _LOUDEST
        if not good.all():
            self.nonfinite += int(good.size - np.count_nonzero(good))
            block = np.where(good, block, np.float32(0))
        return block

    def _check_end(self) -> None:
        """Refuse a file that ends before it says so, or in a packet that cannot be decoded."""
        if not self.frames and self._failed_at is not None:
            raise _damaged("throughout")
        exact = self._container.demuxer in _LOSSLESS
        declared = self.declared if exact or self._container.seconds is not None else None
        missing = (declared or 0) - Fraction(self.frames, self.rate or 1)
        broken_off = self._failed_at and self._container.demuxer != "mp3"
        if self.frames and (missing > (0 if exact else _SHORT_BY) or broken_off):
            raise truncated()


def _next_frames(packets: "Iterator[av.Packet[av.AudioStream]]") -> list[av.AudioFrame] | None:
    """What the next packet holds; None behind the last one."""
    packet = next(packets, None)
    return None if packet is None else packet.decode()


def truncated() -> Refused:
    """The refusal of a file that breaks off."""
    return Refused("truncated", "The file breaks off before its end: it was not copied or exported completely.")


def _damaged(where: str) -> Refused:
    return Refused("damaged", f"The file is damaged {where}.")


def _planes(frame: av.AudioFrame) -> Samples:
    """A frame's samples as float32 ``(channels, frames)``, full scale at 1.

    PyAV's own conversion is not used: it reads a ninth plane, past the end, where there are eight.
    """
    channels, kind = frame.layout.nb_channels, _TYPES[frame.format.name.removesuffix("p")]
    if frame.format.is_planar:
        samples = np.stack([np.frombuffer(memoryview(plane), kind, frame.samples) for plane in frame.planes[:channels]])
    else:
        samples = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * channels).reshape(-1, channels).T
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return samples.astype(np.float32)
    if kind == "u1":
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    return samples.astype(np.float32) * np.float32(2.0 ** (1 - 8 * samples.dtype.itemsize))
