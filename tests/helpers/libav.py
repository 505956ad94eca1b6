"""libav's ``ebur128`` filter, fed and read through PyAV: another implementation of the same recommendations."""

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Ebur128:
    """What the filter says at the end, in LUFS and LU."""

    integrated_lufs: float
    range_lu: float
    max_momentary_lufs: float
    max_short_term_lufs: float


def ebur128(audio: NDArray[np.float32]) -> Ebur128:
    """Measure stereo audio of shape ``(frames, 2)``."""
    rows = list(_rows(audio))
    momentary, short = (max(float(row[f"lavfi.r128.{name}"]) for row in rows) for name in ("M", "S"))
    return Ebur128(float(rows[-1]["lavfi.r128.I"]), float(rows[-1]["lavfi.r128.LRA"]), momentary, short)


def _rows(audio: NDArray[np.float32]) -> Iterator[dict[str, str]]:
    """Yield the filter's metadata, every 100 ms."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, layout="stereo", format="flt")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    for at in range(0, len(audio) - 4_799, 4_800):
        frame = av.AudioFrame.from_ndarray(audio[at : at + 4_800].reshape(1, -1).copy(), format="flt", layout="stereo")
        frame.sample_rate, frame.pts = RATE, at
        source.push(frame)
        while True:
            try:
                pulled = sink.pull()
            except av.error.BlockingIOError:
                break
            if "lavfi.r128.M" in pulled.metadata:
                yield dict(pulled.metadata)
