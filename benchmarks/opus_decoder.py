"""A thin Opus decoder for benchmarks: libopus by ctypes, as the system or PyAV's wheel ships it."""

import ctypes
import ctypes.util
import sysconfig
from pathlib import Path

import numpy as np


def library() -> ctypes.CDLL:
    """Load libopus from the system, or from the folder that PyAV's wheel keeps it in."""
    bundled = sorted(Path(sysconfig.get_path("purelib"), "av.libs").glob("libopus*"))
    name = ctypes.util.find_library("opus") or (str(bundled[0]) if bundled else None)
    if name is None:
        raise SystemExit("libopus was found neither on the system nor beside PyAV")
    opus = ctypes.CDLL(name)
    opus.opus_decoder_create.restype = ctypes.c_void_p
    return opus


class Decoder:
    """A stereo decoder at 48 kHz; :meth:`decode` answers how many frames a packet held, or raises."""

    def __init__(self, opus: ctypes.CDLL) -> None:
        self._opus = opus
        error = ctypes.c_int()
        self._state = ctypes.c_void_p(opus.opus_decoder_create(48_000, 2, ctypes.byref(error)))
        if error.value:
            raise RuntimeError(f"opus_decoder_create: {error.value}")
        self.pcm = np.zeros((5_760, 2), np.float32)

    def decode(self, packet: bytes) -> int:
        """Decode one packet into :attr:`pcm`."""
        frames = self._opus.opus_decode_float(
            self._state, packet, len(packet), self.pcm.ctypes.data_as(ctypes.c_void_p), len(self.pcm), 0
        )
        if frames < 0:
            raise RuntimeError(f"opus_decode_float: {frames}")
        return int(frames)

    def close(self) -> None:
        """Free the decoder."""
        self._opus.opus_decoder_destroy(self._state)
