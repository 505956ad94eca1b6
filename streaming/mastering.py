"""From a raw render to a file of a wanted loudness whose true peak stays below a ceiling, whatever the format does to it.

The render is brought to the file's rate, and the height of the sound around each of its frames is noted. Then the gain before the
limiter is sought that gives the loudness; the file is made, decoded and measured, and made again with what was off corrected: so
dither and lossy encoders are in the figures. What cannot be reached within ``MOST_GAIN_DB`` and these rounds is said, not hidden.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dsp.analysis.intersample import peaks
from dsp.analysis.limiting import Limiter
from dsp.grid import RATE
from streaming.export import at_rate, blocks, encoded, frames_at
from streaming.formats import Delivery
from streaming.measuring import Levels, decoded, finite, first, levels, loudness
from streaming.plan import Measured, Target

TOLERANCE_LU = 0.1
"""How far from the target the file's loudness may be."""

MOST_GAIN_DB = 40.0
SEARCHES = 10
ROUNDS = 6
"""How often the gain is tried, and the file made."""

_NEAR_LU = 0.02
_MARGIN_DB = 0.005
_OFF_DB = 200.0
"""A ceiling so high that nothing reaches it."""

Block = NDArray[np.float32]

Worked = Callable[[float], None]
"""Is told each share of a pass over the audio that was worked off."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What the limiter is set to: the gain before it and its ceiling, in dB."""

    gain_db: float = 0.0
    ceiling_db: float = _OFF_DB


class Master:
    """One raw render on its way to a file; ``work`` takes what it notes."""

    def __init__(self, raw: Path, frames: int, work: Path, delivery: Delivery, worked: Worked) -> None:
        self._raw, self._frames, self._work, self._delivery = raw, frames, work, delivery
        self._total = frames_at(delivery.rate, frames)
        self._rated, self._heights = work / "rated.f32", work / "heights.f32"
        self._worked = worked

    def make(self, out: Path, target: Target | None) -> Measured:
        """Make the file and tell what it came to."""
        if target is None:
            with self._raw.open("rb") as raw:
                audio = at_rate(blocks(raw, self._frames), self._delivery.rate, self._frames)
                found = self._encoded(audio, out)
            return measured(found, Aim(), None)
        try:
            self._prepare()
            return self._hit(out, target)
        finally:
            self._rated.unlink(missing_ok=True)
            self._heights.unlink(missing_ok=True)

    def _prepare(self) -> None:
        """Write the render at the file's rate, and the height of the sound around each frame."""
        with ExitStack() as files:
            raw = files.enter_context(self._raw.open("rb"))
            heights = files.enter_context(self._heights.open("wb"))
            audio = at_rate(blocks(raw, self._frames), self._delivery.rate, self._frames)
            if self._delivery.rate != RATE:
                rated = files.enter_context(self._rated.open("wb"))
                audio = _kept(audio, rated)
            for found in peaks(self._told(audio)):
                heights.write(found.tobytes())

    def _hit(self, out: Path, target: Target) -> Measured:
        """Make the file, and make it again until loudness and peak are right."""
        wanted = target.loudness_lufs
        sought = self._sought(wanted, Aim(0.0, target.ceiling_dbtp - _MARGIN_DB))
        for left in reversed(range(ROUNDS)):
            aim, found = sought.aim, self._encoded(self._limited(sought.aim), out)
            over = found.true_peak_dbtp - target.ceiling_dbtp
            off = _off(wanted, found)
            if not left or (over <= 0 and (off <= TOLERANCE_LU or sought.missing > TOLERANCE_LU)):
                break
            lower = replace(aim, ceiling_db=aim.ceiling_db - (over + _MARGIN_DB if over > 0 else 0.0))
            lost = sought.heard - found.loudness.integrated_lufs
            sought = self._sought(wanted and wanted + (lost if math.isfinite(lost) else 0.0), lower)
        return measured(found, aim, target)

    def _sought(self, wanted: float | None, aim: Aim) -> "_Sought":
        """The gain that brings the limited render to a loudness, or as near as it gets (by secants)."""
        if wanted is None:
            return _Sought(0.0, aim, -math.inf)
        tried: list[_Sought] = []
        while len(tried) < SEARCHES:
            heard = loudness(self._told(self._limited(aim)), self._delivery.rate).integrated_lufs
            tried.append(_Sought(abs(wanted - heard), aim, heard))
            if tried[-1].missing <= _NEAR_LU or not math.isfinite(heard):
                break
            aim = replace(aim, gain_db=_next_gain(tried, wanted))
            if aim.gain_db == tried[-1].aim.gain_db:
                break
        return min(tried, key=lambda one: one.missing)

    def _limited(self, aim: Aim) -> Iterator[Block]:
        """The render through gain and limiter."""
        limiter = Limiter(self._delivery.rate, 10 ** (aim.gain_db / 20), 10 ** (aim.ceiling_db / 20))
        with self._heights.open("rb") as heights, (self._rated if self._rated.exists() else self._raw).open("rb") as raw:
            audio = blocks(raw, self._total)
            yield from limiter.run((block, np.fromfile(heights, "<f4", len(block))) for block in audio)

    def _encoded(self, audio: Iterable[Block], out: Path) -> Levels:
        for _ in encoded(self._told(audio), out, self._total, self._delivery):
            pass
        _source, heard = decoded(out)
        return levels(self._told(first(heard, self._total)), self._delivery.rate)

    def _told(self, audio: Iterable[Block]) -> Iterator[Block]:
        """Pass blocks on, and say that work goes on."""
        for block in audio:
            self._worked(len(block) / self._total)
            yield block


@dataclass(frozen=True, slots=True)
class _Sought:
    """An aim, the loudness that it gives before encoding, and how much that differs from what was wanted."""

    missing: float
    aim: Aim
    heard: float


def _next_gain(tried: list[_Sought], wanted: float) -> float:
    """The next gain to try; a limiter never makes louder than it is driven, and seldom less than a fifth of that."""
    last, slope = tried[-1], 1.0
    if len(tried) > 1:
        before = tried[-2]
        slope = min(1.0, max(0.2, (last.heard - before.heard) / (last.aim.gain_db - before.aim.gain_db)))
    return min(last.aim.gain_db + (wanted - last.heard) / slope, MOST_GAIN_DB)


def _off(wanted: float | None, found: Levels) -> float:
    """By how much a file's loudness differs from what was wanted; silence cannot be wrong."""
    off = 0.0 if wanted is None else abs(found.loudness.integrated_lufs - wanted)
    return off if math.isfinite(off) else 0.0


def _kept(audio: Iterable[Block], file: BinaryIO) -> Iterator[Block]:
    for block in audio:
        file.write(block.tobytes())
        yield block


def measured(found: Levels, aim: Aim, target: Target | None) -> Measured:
    """What a file came to, as numbers that JSON has."""
    heard = found.loudness
    reached = None
    if target is not None:
        near = target.loudness_lufs is None or abs(heard.integrated_lufs - target.loudness_lufs) <= TOLERANCE_LU
        reached = near and found.true_peak_dbtp <= target.ceiling_dbtp
    return Measured(
        found.frames, finite(heard.integrated_lufs), finite(heard.range_lu), finite(found.true_peak_dbtp),
        round(aim.gain_db, 2), reached,
    )  # fmt: skip
