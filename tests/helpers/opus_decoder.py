"""An Opus decoder by ctypes, for tests: the other half of what the product encodes."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from streaming.render.opus import locate


class Decoder:
    """Decodes stereo packets of 20 ms at 48 kHz."""

    def __init__(self, path: str | None = None) -> None:
        self._opus = ctypes.CDLL(path or locate() or "")
        self._opus.opus_decode_float.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        self._state = ctypes.create_string_buffer(self._opus.opus_decoder_get_size(2))
        assert self._opus.opus_decoder_init(self._state, 48_000, 2) == 0

    def decode(self, packets: list[bytes]) -> NDArray[np.float32]:
        """Go on with these packets; answers their frames, 312 late."""
        audio = np.zeros((960 * len(packets), 2), np.float32)
        for i, packet in enumerate(packets):
            place = audio[960 * i :].ctypes.data
            assert self._opus.opus_decode_float(self._state, packet, len(packet), place, 960, 0) == 960
        return audio


def decoded(packets: list[bytes], path: str | None = None) -> NDArray[np.float32]:
    """What a new decoder makes of these packets."""
    return Decoder(path).decode(packets)
