"""The song's stems: every part played by its instrument into stereo audio as long as the song.

``render(name)`` is deterministic: each stem draws its chance from its own seed, so stems may be rendered in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dsp.synth import instruments, parts, patterns
from dsp.synth.drums import KIT, PERCUSSION, Drum
from dsp.synth.form import BREAK, CHORUS, END, LAST_CHORUS, VERSE
from dsp.synth.oscillators import Signal, note_hz
from dsp.synth.score import BAR, BEAT, BEATS, Hit, Note, frame_of, human
from dsp.synth.space import chorus, panned, ping_pong, place, tremolo

Rng = np.random.Generator

SEED = 20_261
_EIGHTH_DOTTED = 3 * BEAT // 4
_FADE = BEAT // 2
"""Frames over which a stem is closed at the song's end."""


@dataclass(frozen=True, slots=True)
class Stem:
    """A name, who plays it, and the peak it is brought to (dBFS)."""

    name: str
    play: Callable[[Rng], Signal]
    peak_db: float


def _silence() -> Signal:
    return np.zeros((2, END))


def _gate(note: Note) -> int:
    return max(480, frame_of(note.beat + note.length) - frame_of(note.beat))


def _strokes(hits: list[Hit], kit: dict[str, Drum], spread_ms: float, rng: Rng) -> Signal:
    stem = _silence()
    for hit in hits:
        velocity = hit.velocity * (1.0 + 0.06 * float(rng.uniform(-1.0, 1.0)))
        place(stem, kit[hit.drum](velocity, rng), human(frame_of(hit.beat), spread_ms, rng))
    return stem


def _drums(rng: Rng) -> Signal:
    return _strokes(patterns.kit(), KIT, 1.0, rng)


def _percussion(rng: Rng) -> Signal:
    return _strokes(patterns.percussion(), PERCUSSION, 2.5, rng)


def _slides(notes: list[Note]) -> list[float]:
    """The pitch each note slides from: that of the note before where they touch, else its own."""
    starts = [note.pitch for note in notes]
    for n, (before, note) in enumerate(pairwise(notes), start=1):
        if 0.0 <= note.beat - (before.beat + before.length) < 0.06 and abs(note.pitch - before.pitch) <= 7:
            starts[n] = before.pitch
    return starts


def _bass(rng: Rng) -> Signal:
    stem = _silence()
    notes = parts.bass()
    for note, start in zip(notes, _slides(notes), strict=True):
        sound = instruments.bass(note_hz(note.pitch), _gate(note), note.velocity, note_hz(start), rng)
        place(stem, sound, frame_of(note.beat))
    return stem


def _keys(rng: Rng) -> Signal:
    stem = _silence()
    for note in parts.electric_piano():
        pan = (note.pitch - 66.0) / 24.0
        sound = instruments.electric_piano(note_hz(note.pitch), _gate(note), note.velocity, pan)
        place(stem, sound, human(frame_of(note.beat), 2.0, rng))
    return chorus(tremolo(stem, 0.28, 4.6), 2.5, 0.6)


def _pad(rng: Rng) -> Signal:
    stem = _silence()
    for note in parts.pad():
        place(stem, instruments.pad(note_hz(note.pitch - 12), _gate(note), note.velocity, rng), frame_of(note.beat))
    return stem * _duck() + _rises(rng)


def _duck() -> Signal:
    """The pad makes room for the kick in the choruses."""
    gain = np.ones(END)
    dip = 1.0 - 0.55 * np.exp(-np.arange(BEAT) / (0.14 * BEAT * 1.6)) * np.minimum(1.0, np.arange(BEAT) / 200.0)
    for section in (CHORUS, LAST_CHORUS):
        gain[section.start : section.end] = np.tile(dip, BEATS * len(section.chords))
    return gain


def _rises(rng: Rng) -> Signal:
    """Noise that leads into each chorus, and a sub that falls under its first beat."""
    stem = _silence()
    for section, bars in ((VERSE, 1), (BREAK, 2)):
        place(stem, 0.5 * bars * instruments.riser(bars * BAR, rng), section.end - bars * BAR)
    for section in (CHORUS, LAST_CHORUS):
        place(stem, 0.7 * instruments.sub_drop(2 * BEAT), section.start)
    return stem


def _arpeggio(rng: Rng) -> Signal:
    stem = _silence()
    for n, note in enumerate(parts.arpeggio()):
        light = parts.brightness(int(note.beat) // BEATS)
        sound = instruments.pluck(note_hz(note.pitch), _gate(note), note.velocity, light, 0.5 if n % 2 else -0.5, rng)
        place(stem, sound, frame_of(note.beat))
    return ping_pong(stem, _EIGHTH_DOTTED, 0.34, 4)


def _lead(rng: Rng) -> Signal:
    stem = _silence()
    for notes, pan in ((parts.lead(), 0.0), (parts.second_lead(), 0.35)):
        left, right = panned(np.ones(1), pan) * np.sqrt(2.0)
        for note, start in zip(notes, _slides(notes), strict=True):
            sound = instruments.lead(note_hz(note.pitch), _gate(note), note.velocity, note_hz(start), rng)
            place(stem, sound * np.stack((left, right)), frame_of(note.beat))
    return ping_pong(stem, _EIGHTH_DOTTED, 0.22, 3)


def _choir(rng: Rng) -> Signal:
    stem = _silence()
    for note in parts.choir():
        sound = instruments.voices(note_hz(note.pitch - 12), _gate(note), parts.openness(note.beat), rng)
        place(stem, note.velocity * sound, human(frame_of(note.beat), 12.0, rng))
    return stem


STEMS: tuple[Stem, ...] = (
    Stem("Drums", _drums, -3.0),
    Stem("Percussion", _percussion, -6.0),
    Stem("Bass", _bass, -6.0),
    Stem("Keys", _keys, -6.0),
    Stem("Pad", _pad, -6.0),
    Stem("Arp", _arpeggio, -6.0),
    Stem("Lead", _lead, -6.0),
    Stem("Choir", _choir, -6.0),
)


def render(name: str) -> NDArray[np.float32]:
    """Play a stem: canonical audio, float32 of shape ``(frames, 2)``, all stems of equal length."""
    number, stem = next((n, stem) for n, stem in enumerate(STEMS) if stem.name == name)
    audio = stem.play(np.random.default_rng((SEED, number)))
    audio[:, END - _FADE :] *= np.linspace(1.0, 0.0, _FADE)
    audio *= 10.0 ** (stem.peak_db / 20.0) / np.abs(audio).max()
    return np.ascontiguousarray(audio.T, dtype=np.float32)
