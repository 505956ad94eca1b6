"""The sound of a finished mix in a few numbers: its average spectrum in thirds of octaves, and how wide each third is."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dsp.analysis.windows import Line
from dsp.grid import RATE

THIRDS = tuple(1_000.0 * 2 ** (n / 3) for n in range(-17, 14))
"""Centres of 31 thirds of octaves, 20 Hz to 20 kHz (base two; ISO 266 rounds them)."""

SIZE = 1 << 14
_QUIETER_DB = 40.0
_FLOOR = 1e-14

Block = np.typing.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Profile:
    """Mean power of mid and side in each third, shape ``(31,)`` each, over the windows that are not silent."""

    mid: Line
    side: Line

    @property
    def level_db(self) -> Line:
        """The level of each third, both sides together."""
        return np.asarray(10 * np.log10(self.mid + self.side + _FLOOR))

    @property
    def width(self) -> Line:
        """The level of side against mid in each third, linear; 0 is mono, 1 as much side as mid."""
        return np.asarray(np.sqrt((self.side + _FLOOR / 100) / (self.mid + _FLOOR)))

    @property
    def overall_width(self) -> float:
        """The level of side against mid, every third from 100 Hz to 10 kHz counting as much as it is loud."""
        heard = (np.array(THIRDS) > 100) & (np.array(THIRDS) < 10_000)
        return float(np.sqrt((self.side[heard].sum() + _FLOOR / 100) / (self.mid[heard].sum() + _FLOOR)))


class Profiler:
    """Takes stereo audio block by block; windows of 0.34 s overlap by half."""

    def __init__(self) -> None:
        self._rest: Block = np.zeros((0, 2), np.float32)
        self._taper = np.hanning(SIZE)
        self._shares = _shares()
        self._found: list[tuple[Line, Line]] = []

    def feed(self, block: Block) -> None:
        """Take the next frames, float32 ``(frames, 2)``."""
        audio = np.concatenate((self._rest, block))
        at = 0
        while at + SIZE <= len(audio):
            window = audio[at : at + SIZE].astype(np.float64)
            mid, side = (window[:, 0] + window[:, 1]) / 2, (window[:, 0] - window[:, 1]) / 2
            self._found.append((self._thirds(mid), self._thirds(side)))
            at += SIZE // 2
        self._rest = audio[at:].copy()

    def _thirds(self, line: Line) -> Line:
        power = np.abs(np.fft.rfft(line * self._taper)) ** 2 * (2 / (SIZE * (self._taper**2).sum()))
        return np.asarray(self._shares @ power)

    def result(self) -> Profile:
        """The mean over all windows within 40 dB of the loudest; nothing was heard of audio shorter than one."""
        if not self._found:
            return Profile(np.zeros(len(THIRDS)), np.zeros(len(THIRDS)))
        mids, sides = (np.array(lines) for lines in zip(*self._found, strict=True))
        total = mids.sum(axis=1) + sides.sum(axis=1)
        loud = total >= total.max() * 10 ** (-_QUIETER_DB / 10)
        return Profile(mids[loud].mean(axis=0), sides[loud].mean(axis=0))


def profile(blocks: Iterable[Block]) -> Profile:
    """The profile of stereo blocks at 48 kHz."""
    profiler = Profiler()
    for block in blocks:
        profiler.feed(block)
    return profiler.result()


def _shares() -> Line:
    """How much of each bin's power belongs to each third, shape ``(31, bins)``: bins on an edge are shared out."""
    width = RATE / SIZE
    low = np.arange(SIZE // 2 + 1) * width - width / 2
    edges = np.array([(hz * 2 ** (-1 / 6), hz * 2 ** (1 / 6)) for hz in THIRDS])
    inside = np.minimum(low + width, edges[:, 1:]) - np.maximum(low, edges[:, :1])
    return np.asarray(np.clip(inside / width, 0.0, 1.0))
