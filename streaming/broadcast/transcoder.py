"""The child that encodes one stream's audio with libav: ``python -m streaming.broadcast.transcoder CODEC PARENT``.

On standard output it first gives what the codec begins with, as one packet; then for each piece of audio on standard input the
packets that it completes. What goes over the pipes is described in ``streaming/broadcast/coders.py``.
"""

import os
import sys
from collections.abc import Iterable
from fractions import Fraction
from typing import BinaryIO, cast

import av
import numpy as np

from dsp.grid import RATE
from streaming.broadcast.codecs import CODECS, FRAMES, MP3_KBPS, Codec
from streaming.broadcast.coders import COUNT, LENGTH
from streaming.offline.child import die_with_parent

_NICENESS = 5
_FRAME_BYTES = 8


class Transcoder:
    """An encoder of a codec."""

    def __init__(self, codec: Codec) -> None:
        name, self._kind = CODECS[codec]
        context = av.CodecContext.create(name, "w")
        self._context = cast("av.AudioCodecContext", context)
        self._context.sample_rate, self._context.layout, self._context.format = RATE, "stereo", self._kind
        self._context.time_base = Fraction(1, RATE)
        self._context.options = {"frame_size": str(FRAMES[codec]), "reservoir": "0"}
        self._context.bit_rate = 1_000 * MP3_KBPS
        self._context.open()
        self._done = 0
        self.beginning = b""
        if codec == "flac":  # the marker, and its one metadata block: last, of type 0 (RFC 9639, section 8)
            stream_info = bytes(self._context.extradata or b"")
            self.beginning = b"fLaC" + bytes((0x80, 0, 0, len(stream_info))) + stream_info

    def encode(self, audio: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> list[bytes]:
        """Go on with audio of shape ``(frames, 2)``."""
        if not len(audio):
            return []
        if self._kind == "s32":
            whole = np.clip(np.rint(audio.astype(np.float64) * (1 << 23)), -(1 << 23), (1 << 23) - 1).astype(np.int32) << 8
            samples = whole.reshape(1, -1)
        else:
            samples = np.ascontiguousarray(audio.T)
        frame = av.AudioFrame.from_ndarray(samples, self._kind, "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._done, Fraction(1, RATE)
        self._done += len(audio)
        return [bytes(packet) for packet in self._context.encode(frame)]

    def finish(self) -> list[bytes]:
        """The rest."""
        return [bytes(packet) for packet in self._context.encode(None) if packet.size]


def serve(source: BinaryIO, sink: BinaryIO, transcoder: Transcoder) -> None:
    """Answer every piece until the last, or until nobody asks."""
    answer(sink, [transcoder.beginning])
    while len(head := source.read(COUNT.size)) == COUNT.size:
        frames, is_last = COUNT.unpack(head)
        audio = np.frombuffer(source.read(frames * _FRAME_BYTES), "<f4").reshape(-1, 2)
        packets = transcoder.encode(audio)
        answer(sink, packets + transcoder.finish() if is_last else packets)


def answer(sink: BinaryIO, packets: Iterable[bytes]) -> None:
    """Write packets."""
    parts = [part for packet in packets for part in (LENGTH.pack(len(packet)), packet)]
    content = b"".join(parts)
    sink.write(COUNT.pack(len(parts) // 2, len(content)) + content)
    sink.flush()


def main(codec: Codec, parent: int) -> None:
    """Encode politely."""
    die_with_parent(parent)
    os.nice(_NICENESS)
    av.logging.set_level(None)
    serve(sys.stdin.buffer, sys.stdout.buffer, Transcoder(codec))


if __name__ == "__main__":
    main(cast("Codec", sys.argv[1]), int(sys.argv[2]))
