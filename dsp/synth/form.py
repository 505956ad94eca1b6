"""The song's form: "Night Bus Home", 34 bars of four at 100 beats a minute, in D minor."""

from dataclasses import dataclass

from dsp.synth.harmony import Chord, chord
from dsp.synth.score import BAR, BEATS

TITLE = "Night Bus Home"

D_MIN = chord("Dm9", "D", "F A C E")
F_OVER_C = chord("Fmaj9/C", "C", "A C E G")
B_FLAT = chord("Bbmaj9", "Bb", "D F A C")
A_MIN = chord("Am7", "A", "C E G A")
G_MIN = chord("Gm9", "G", "Bb D F A")
A_SUS = chord("A7sus4", "A", "D E G A")
A_DOM = chord("A7b9", "A", "C# E G Bb")
C_SIX = chord("C6/9", "C", "E G A D")
C_DOM = chord("C13", "C", "E Bb D A")
F_MAJ = chord("Fmaj9", "F", "A C E G")
D_MAJ = chord("Dadd9", "D", "F# A D E")

_CHORUS = (B_FLAT, C_SIX, A_MIN, D_MIN, G_MIN, C_DOM, F_MAJ, A_DOM)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the song: its bars, one chord a bar."""

    name: str
    first_bar: int
    chords: tuple[Chord, ...]

    @property
    def bars(self) -> range:
        """Numbers of its bars, from 0 at the song's start."""
        return range(self.first_bar, self.first_bar + len(self.chords))

    @property
    def start(self) -> int:
        """Frame on which it starts."""
        return self.first_bar * BAR

    @property
    def end(self) -> int:
        """Frame after its last."""
        return self.bars.stop * BAR

    @property
    def beat(self) -> float:
        """Beat on which it starts."""
        return float(self.first_bar * BEATS)


INTRO = Section("Intro", 0, (D_MIN, F_OVER_C, B_FLAT, A_SUS))
VERSE = Section("Verse", 4, (D_MIN, F_OVER_C, B_FLAT, A_MIN, D_MIN, F_OVER_C, G_MIN, A_DOM))
CHORUS = Section("Chorus", 12, _CHORUS)
BREAK = Section("Break", 20, (G_MIN, A_MIN, B_FLAT, A_SUS))
LAST_CHORUS = Section("Last chorus", 24, _CHORUS)
OUTRO = Section("Outro", 32, (D_MAJ, D_MAJ))

SECTIONS = (INTRO, VERSE, CHORUS, BREAK, LAST_CHORUS, OUTRO)
CHORDS = [each for section in SECTIONS for each in section.chords]
END = SECTIONS[-1].end
"""Frames of the song, and of each of its stems: 81.6 s."""
