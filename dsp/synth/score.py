"""Music on paper: notes, hits, swing, and how beats become frames."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dsp.grid import RATE

BPM = 100.0
BEATS = 4
"""Beats in a bar."""
BEAT = round(RATE * 60.0 / BPM)
"""Frames of a beat: 28,800, a whole number of tiles and of quanta."""
BAR = BEATS * BEAT

SWING = 0.56
"""How much of each eighth its first sixteenth takes; 0.5 is straight."""

_LOUDNESS = {"X": 1.0, "x": 0.78, "o": 0.5, "-": 0.3}


@dataclass(frozen=True, slots=True)
class Note:
    """A pitch (MIDI) from a beat of the song on, for some beats, as hard as ``velocity`` (0 to 1)."""

    beat: float
    length: float
    pitch: float
    velocity: float

    def moved(self, beats: float) -> "Note":
        """The same note elsewhere."""
        return replace(self, beat=self.beat + beats)


@dataclass(frozen=True, slots=True)
class Hit:
    """A stroke on a drum."""

    beat: float
    drum: str
    velocity: float


def frame_of(beat: float) -> int:
    """Frame of a beat, with swing: every second sixteenth comes late."""
    eighth, rest = divmod(beat, 0.5)
    swung = rest * SWING / 0.5 if rest <= 0.25 else 0.5 * SWING + (rest - 0.25) * (1.0 - SWING) / 0.5
    return round((eighth * 0.5 + swung) * BEAT)


def steps(pattern: str) -> Iterator[tuple[float, float]]:
    """Read a bar written in sixteenths, as ``X..o x.-.``: beat within the bar and velocity of every stroke."""
    for step, sign in enumerate(pattern.replace(" ", "")):
        if sign != ".":
            yield step * 0.25, _LOUDNESS[sign]


def bar_hits(first_beat: float, lines: dict[str, str]) -> list[Hit]:
    """The strokes of one bar, written as one line of sixteenths for each drum."""
    return [Hit(first_beat + beat, drum, velocity) for drum, line in lines.items() for beat, velocity in steps(line)]


def human(frame: int, spread_ms: float, rng: np.random.Generator) -> int:
    """A frame as a hand would hit it: a little early or late."""
    return max(0, frame + round(float(rng.normal(0.0, spread_ms)) * RATE / 1000))
