"""Encoders of bounces, one class for each library: our own WAV, libav's FLAC, AAC and Opus, libsndfile's MP3 (LAME) and Vorbis.

Each takes blocks of float32 ``(frames, 2)`` and is closed at the end. The files declare their encoder's delay and padding, so
what a reader gets begins and ends where the bounce did. libsndfile makes the MP3, as libav may declare too little padding of it,
and the Vorbis, as libav's own encoder of it is no match for libvorbis. Only children import this.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from dsp.dither import Quantiser
from streaming.formats import Delivery
from streaming.id3 import Behind, id3
from streaming.wavfile import packed, wav_header

Block = NDArray[np.float32]

_SMALL = 8_192
"""Frames given to libsndfile at a time: libvorbis takes its scratch from the stack."""


class Encoder(Protocol):
    """A file being written."""

    def write(self, block: Block) -> None:
        """Add a block."""
        ...

    def close(self) -> None:
        """Complete the file."""
        ...


class Wav:
    """WAV with dithered integers or the float samples themselves."""

    def __init__(self, out: Path, frames: int, delivery: Delivery) -> None:
        self._bits = delivery.bits or 24
        self._quantise = Quantiser(self._bits, delivery.rate, delivery.dither)
        self._file = out.open("wb")
        self._file.write(wav_header(frames, self._bits, delivery.rate, delivery.tags))

    def write(self, block: Block) -> None:
        """Add a block."""
        self._file.write(block.tobytes() if self._bits == 32 else packed(self._quantise(block), self._bits))

    def close(self) -> None:
        """Complete the file."""
        self._file.close()


_LIBAV = {"flac": ("flac", "flac", "s32"), "m4a": ("ipod", "aac", "fltp"), "opus": ("ogg", "libopus", "flt")}
"""Muxer, encoder and sample format of each; FLAC of 16 bits takes ``s16``."""


class Libav:
    """FLAC, AAC in MP4, Opus in Ogg."""

    def __init__(self, out: Path, _frames: int, delivery: Delivery) -> None:
        muxer, codec, self._kind = _LIBAV[delivery.format]
        self._bits, self._rate, self._done = delivery.bits, delivery.rate, 0
        if self._bits == 16:
            self._kind = "s16"
        self._quantise = Quantiser(self._bits, delivery.rate, delivery.dither) if self._bits else None
        options = {"fflags": "+bitexact", **({"movflags": "+faststart"} if muxer == "ipod" else {})}
        self._container = av.open(str(out), "w", format=muxer, options=options)
        self._container.metadata.update(delivery.tags)
        self._stream = cast("av.AudioStream", self._container.add_stream(codec, delivery.rate, layout="stereo"))
        self._stream.format = self._kind
        if delivery.kbps:
            self._stream.bit_rate = 1_000 * delivery.kbps

    def write(self, block: Block) -> None:
        """Add a block."""
        samples = np.ascontiguousarray(block.T) if self._kind == "fltp" else self._interleaved(block).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, self._kind, "stereo")
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._done, Fraction(1, self._rate)
        self._container.mux(self._stream.encode(frame))
        self._done += len(block)

    def _interleaved(self, block: Block) -> NDArray[Any]:
        if self._quantise is None:
            return np.ascontiguousarray(block)
        whole = self._quantise(block)
        return whole.astype(np.int16) if self._bits == 16 else whole << 8

    def close(self) -> None:
        """Complete the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


_VORBIS_KBPS = ((64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500), (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
"""Nominal bit rates of libvorbis' qualities for stereo."""

_MP3_KBPS = (320, 288)
"""libsndfile's compression level 0 is 320 kbit/s, level 1 is 288 less."""


class Sndfile:
    """MP3 of a constant bit rate, Vorbis of about the bit rate that was asked for."""

    def __init__(self, out: Path, _frames: int, delivery: Delivery) -> None:
        kbps = delivery.kbps or delivery.form.usual_kbps
        if delivery.format == "mp3":
            kind = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT"}
            level = (_MP3_KBPS[0] - kbps) / _MP3_KBPS[1]
        else:
            kind = {"format": "OGG", "subtype": "VORBIS"}
            level = 1 - float(np.interp(kbps, *_VORBIS_KBPS))
        self._out = out.open("w+b")
        if delivery.format == "mp3":
            self._out.write(id3(delivery.tags))
        behind = Behind(self._out, self._out.tell())
        self._file = soundfile.SoundFile(behind, "w", delivery.rate, 2, compression_level=level, **kind)
        for name, text in delivery.tags.items() if delivery.format == "ogg" else ():
            setattr(self._file, "tracknumber" if name == "track" else name, text)

    def write(self, block: Block) -> None:
        """Add a block."""
        for at in range(0, len(block), _SMALL):
            self._file.write(block[at : at + _SMALL])

    def close(self) -> None:
        """Complete the file."""
        self._file.close()
        self._out.close()


def encoder(out: Path, frames: int, delivery: Delivery) -> Encoder:
    """The encoder of a delivery; ``frames`` is how many will come, at its rate."""
    if delivery.format == "wav":
        return Wav(out, frames, delivery)
    return (Libav if delivery.format in _LIBAV else Sndfile)(out, frames, delivery)
