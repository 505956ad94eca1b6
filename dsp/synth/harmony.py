"""Chords and how they follow one another: every voice of a chord goes to a near note of the next."""

from dataclasses import dataclass
from itertools import pairwise, product

_NAMES = {"C": 0, "C#": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "F#": 6, "G": 7, "Ab": 8, "A": 9, "Bb": 10, "B": 11}


@dataclass(frozen=True, slots=True)
class Chord:
    """A bass note and the four notes above it, as pitch classes (0 is C)."""

    name: str
    bass: int
    upper: tuple[int, ...]


def chord(name: str, bass: str, upper: str) -> Chord:
    """Write a chord by its notes' names: ``chord("Dm9", "D", "F A C E")``."""
    return Chord(name, _NAMES[bass], tuple(_NAMES[note] for note in upper.split()))


def _voicings(upper: tuple[int, ...], low: int, high: int) -> list[tuple[int, ...]]:
    """All ways to lay a chord's notes between two pitches with no gap wider than an octave and no cluster of seconds."""
    places = [[p for p in range(low, high + 1) if p % 12 == pitch_class] for pitch_class in upper]
    found = {tuple(sorted(notes)) for notes in product(*places)}
    return sorted(v for v in found if all(2 <= b - a <= 12 for a, b in pairwise(v)) and v[-1] - v[0] <= 19)


def lead_voices(chords: list[Chord], low: int, high: int) -> list[tuple[int, ...]]:
    """Voice a progression: each chord is laid so that its voices move least, and keeps near the middle of the range."""
    middle = (low + high) / 2
    voiced: list[tuple[int, ...]] = []
    for each in chords:
        before = voiced[-1] if voiced else None

        def cost(notes: tuple[int, ...], before: tuple[int, ...] | None = before) -> float:
            centre = abs(sum(notes) / len(notes) - middle)
            if before is None:
                return centre
            return sum(abs(a - b) for a, b in zip(notes, before, strict=True)) + 0.3 * centre

        voiced.append(min(_voicings(each.upper, low, high), key=cost))
    return voiced


def near(pitch_class: int, pitch: float) -> int:
    """The pitch of a class that lies nearest to another pitch."""
    return min(range(int(pitch) - 6, int(pitch) + 7), key=lambda p: (p % 12 != pitch_class, abs(p - pitch)))
