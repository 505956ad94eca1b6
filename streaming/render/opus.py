"""libopus by ctypes: an encoder of 20 ms stereo packets whose whole state can be copied in and out.

The state is one block of memory that may be copied (opus.h says so); it holds a pointer into the library, so a copy is good only
in processes that have the library at the same address: those forked from one zygote.
"""

import ctypes
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsp.grid import QUANTUM, RATE

BIT_RATE = 128_000
COMPLEXITY = 5
"""Live: half the CPU of 10, and no worse by more than 0.3 dB."""

_APPLICATION_AUDIO = 2049
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_SIGNAL = 4024
_SIGNAL_MUSIC = 3002
_SET_PREDICTION_DISABLED = 4042
_MAX_BYTES = 1275


class OpusError(Exception):
    """libopus refused a call."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(call, code)
        self.call, self.code = call, code

    def __str__(self) -> str:
        return f"{self.call} answered {self.code}"


def locate(configured: str | None = None) -> str | None:
    """Where libopus is: a configured path, the system's, or the one that comes in PyAV's wheel; nothing if nowhere."""
    bundled = find_spec("av")  # finds the package without importing it
    places = [Path(place).parent / "av.libs" for place in (bundled.submodule_search_locations or [])] if bundled else []
    candidates = [configured] if configured else ["libopus.so.0", *(str(path) for d in places for path in d.glob("libopus*.so*"))]
    return next((candidate for candidate in candidates if _loads(candidate)), None)


def _loads(path: str) -> bool:
    try:
        return hasattr(ctypes.CDLL(path), "opus_encode_float")
    except OSError:
        return False


class Library:
    """libopus, loaded into this process."""

    def __init__(self, path: str) -> None:
        self._opus = ctypes.CDLL(path)
        self._opus.opus_encode_float.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int32,
        ]  # fmt: skip
        self._opus.opus_get_version_string.restype = ctypes.c_char_p
        self.version = self._opus.opus_get_version_string().decode()
        self.state_bytes = int(self._opus.opus_encoder_get_size(2))

    def init(self, state: int, bit_rate: int, complexity: int) -> None:
        """Make a new stereo encoder at an address."""
        if error := self._opus.opus_encoder_init(ctypes.c_void_p(state), RATE, 2, _APPLICATION_AUDIO):
            raise OpusError("opus_encoder_init", error)
        self.control(state, _SET_BITRATE, bit_rate)
        self.control(state, _SET_COMPLEXITY, complexity)
        self.control(state, _SET_SIGNAL, _SIGNAL_MUSIC)

    def control(self, state: int, request: int, value: int) -> None:
        """Set one option of an encoder."""
        if error := self._opus.opus_encoder_ctl(ctypes.c_void_p(state), request, ctypes.c_int32(value)):
            raise OpusError(f"opus_encoder_ctl {request}", error)

    def encode(self, state: int, pcm: int, packet: int) -> int:
        """Encode one quantum; answers the packet's length."""
        length = int(self._opus.opus_encode_float(state, pcm, QUANTUM, packet, _MAX_BYTES))
        if length < 0:
            raise OpusError("opus_encode_float", length)
        return length


class Encoder:
    """One encoder, whose ``state`` may be copied out and over."""

    def __init__(self, library: Library, bit_rate: int = BIT_RATE, complexity: int = COMPLEXITY) -> None:
        self._library, self._bit_rate, self._complexity = library, bit_rate, complexity
        self.state: NDArray[np.uint8] = np.zeros(library.state_bytes, np.uint8)
        self._packet: NDArray[np.uint8] = np.zeros(_MAX_BYTES, np.uint8)
        self.reset()

    def reset(self) -> None:
        """Begin anew, with no past."""
        self._library.init(self.state.ctypes.data, self._bit_rate, self._complexity)

    def encode(self, pcm: NDArray[np.float32], *, predicted: bool = True) -> bytes:
        """The packet of one quantum, shape ``(960, 2)``.

        Not ``predicted``: it leans on no packet before, so that a decoder that was reset converges from here on.
        """
        pcm = np.ascontiguousarray(pcm, np.float32)
        if pcm.shape != (QUANTUM, 2):
            raise ValueError(f"a packet takes {QUANTUM} stereo frames, got {pcm.shape}")
        state = self.state.ctypes.data
        if not predicted:
            self._library.control(state, _SET_PREDICTION_DISABLED, 1)
        length = self._library.encode(state, pcm.ctypes.data, self._packet.ctypes.data)
        if not predicted:
            self._library.control(state, _SET_PREDICTION_DISABLED, 0)
        return self._packet[:length].tobytes()
