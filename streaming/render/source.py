"""Canonical stems mapped into this process: raw interleaved stereo float32 files, seekable at no cost.

The kernel reads them by address. Maps are kept between chunks and the least recently used are given up beyond a bound. Files are
mapped privately: whatever a kernel did, it could not change a stem.
"""

import mmap
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsp.tables import SOURCE

FRAME_BYTES = 8
"""Bytes of one frame of canonical audio: two channels of float32."""

MAPS = 256
"""How many files a process keeps mapped (an address range and a descriptor each, no memory of its own)."""


class Maps:
    """The stems of all streams that this process renders, by path; the tables it makes are good while it lives."""

    def __init__(self, limit: int = MAPS) -> None:
        self._limit = limit
        self._maps: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._maps)

    def table(self, paths: Sequence[str], wanted: Iterable[int] | None = None, lost: set[int] | None = None) -> NDArray[np.void]:
        """A SOURCE table with a row for each path; only the ``wanted`` ones (or all) are mapped, the others are empty (silent).

        Raises OSError where a file cannot be opened and IndexError where no path has a wanted number. With ``lost`` a file that
        is not there is noted in it, and empty; so is one without a path.
        """
        rows = np.zeros(len(paths), SOURCE)
        numbers = sorted(number for number in set(range(len(paths)) if wanted is None else wanted) if number < 0 or paths[number])
        if numbers and numbers[0] < 0:
            raise IndexError(f"a source's number is at least 0, got {numbers[0]}")
        for number in numbers:
            try:
                audio = self._mapped(paths[number])
            except FileNotFoundError:
                if lost is None:
                    raise
                lost.add(number)
                continue
            rows[number] = (audio.ctypes.data, len(audio) // FRAME_BYTES)
        while len(self._maps) > max(self._limit, len(numbers)):
            self._maps.popitem(last=False)
        return rows

    def _mapped(self, path: str) -> NDArray[np.uint8]:
        audio = self._maps.get(path)
        if audio is None:
            audio = self._maps[path] = _map(path)
        self._maps.move_to_end(path)
        return audio

    def close(self) -> None:
        """Unmap everything; tables handed out are void from then on."""
        self._maps.clear()


def _map(path: str) -> NDArray[np.uint8]:
    with Path(path).open("rb") as file:
        if not file.seek(0, 2):
            return np.empty(0, np.uint8)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)
