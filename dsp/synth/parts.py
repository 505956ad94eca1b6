"""What the players of pitched instruments play: bass, keys, pad, arpeggio, lead and choir, note by note."""

from dsp.synth.form import A_DOM, BREAK, CHORDS, CHORUS, INTRO, LAST_CHORUS, OUTRO, SECTIONS, VERSE, Section
from dsp.synth.harmony import lead_voices, near
from dsp.synth.score import BEATS, Note

KEYS = lead_voices(CHORDS, 55, 76)
"""The electric piano's voicing of every bar: four notes about middle C."""
HIGH = lead_voices(CHORDS, 62, 83)
"""The pad's and the choir's voicing, higher up."""

_Riff = tuple[tuple[float, float, int, float], ...]
"""Beat within the bar, length, interval above the root (99: a step from the next bar's root), velocity."""

_LEAN = 99
_BASS_VERSE: _Riff = (
    (0.0, 0.9, 0, 1.0), (1.75, 0.2, 0, 0.6), (2.5, 0.45, 0, 0.9), (3.0, 0.2, 12, 0.6), (3.5, 0.4, _LEAN, 0.75),
)  # fmt: skip
_BASS_CHORUS: _Riff = (
    (0.0, 0.42, 0, 1.0), (0.5, 0.2, 12, 0.65), (1.0, 0.42, 0, 0.9), (1.5, 0.2, 12, 0.7), (1.75, 0.2, 0, 0.55),
    (2.0, 0.42, 0, 0.95), (2.5, 0.2, 12, 0.65), (3.0, 0.3, 7, 0.8), (3.5, 0.42, _LEAN, 0.85),
)  # fmt: skip
_BASS_LONG: _Riff = ((0.0, 3.4, 0, 0.85), (3.5, 0.4, _LEAN, 0.6))


def bass() -> list[Note]:
    """Roots with octaves, pushed in the choruses; the last eighth of a bar leans to the next root."""
    riffs = {INTRO: (), VERSE: _BASS_VERSE, CHORUS: _BASS_CHORUS, BREAK: _BASS_LONG, LAST_CHORUS: _BASS_CHORUS}
    roots = [near(chord.bass, 36) for chord in CHORDS]
    notes: list[Note] = []
    for section, riff in riffs.items():
        for bar in section.bars:
            lean = roots[bar + 1] + (-2 if roots[bar + 1] >= roots[bar] else 2)
            notes += [
                Note(bar * BEATS + beat, length, lean if step == _LEAN else roots[bar] + step, velocity)
                for beat, length, step, velocity in riff
            ]
    return [*notes, Note(OUTRO.beat, 6.5, roots[-1], 0.9)]


_COMP_CHORUS = ((0.0, 0.45, 0.75), (0.75, 0.3, 0.55), (1.5, 0.9, 0.7), (3.0, 0.3, 0.5), (3.5, 0.4, 0.6))
_COMP: dict[Section, tuple[tuple[float, float, float], ...]] = {
    INTRO: ((0.0, 1.6, 0.55), (2.5, 1.2, 0.42)),
    VERSE: ((0.0, 0.7, 0.7), (1.5, 0.35, 0.5), (2.75, 0.9, 0.6)),
    CHORUS: _COMP_CHORUS,
    BREAK: ((0.0, 3.6, 0.6),),
    LAST_CHORUS: _COMP_CHORUS,
    OUTRO: ((0.0, 3.9, 0.6),),
}
"""The rhythm of the electric piano in each section: beat, length, velocity."""


def electric_piano() -> list[Note]:
    """Chords stabbed off the beat, rolled a little from the bottom up."""
    notes = []
    for section in SECTIONS:
        for bar in section.bars:
            for beat, length, velocity in _COMP[section]:
                notes += [
                    Note(bar * BEATS + beat + 0.012 * voice, length, pitch, velocity * (0.86 + 0.05 * voice))
                    for voice, pitch in enumerate(KEYS[bar])
                ]
    return notes


def pad() -> list[Note]:
    """Whole bars of four voices; a voice that has nowhere to go stays."""
    notes = []
    for voice in range(4):
        line = [bar[voice] for bar in HIGH]
        start = 0
        for bar in range(1, len(line) + 1):
            if bar == len(line) or line[bar] != line[start] or _begins(bar):
                notes.append(Note(float(start * BEATS), (bar - start) * BEATS - 0.1, line[start], brightness(start)))
                start = bar
    return notes


def _begins(bar: int) -> bool:
    return any(section.first_bar == bar for section in SECTIONS)


_BRIGHTNESS = {
    INTRO: (0.15, 0.35), VERSE: (0.35, 0.5), CHORUS: (0.75, 0.8), BREAK: (0.3, 0.9), LAST_CHORUS: (0.9, 0.95), OUTRO: (0.5, 0.2),
}  # fmt: skip


def brightness(bar: int) -> float:
    """How far the song's filters are open in a bar, 0 to 1: they build up to the choruses and close at the end."""
    section = next(each for each in SECTIONS if bar in each.bars)
    start, end = _BRIGHTNESS[section]
    return start + (end - start) * (bar - section.first_bar) / len(section.chords)


_ARP_ORDER = (0, 2, 1, 3, 2, 4, 3, 5, 4, 3, 2, 4, 1, 3, 2, 5)
_ARP_ACCENT = (1.0, 0.5, 0.6, 0.9, 0.5, 0.6, 0.95, 0.5, 0.6, 0.9, 0.5, 0.6, 0.95, 0.5, 0.8, 0.6)


def arpeggio() -> list[Note]:
    """Sixteenths up and down the chord, accents in threes across the beat; it rests in the verse's first half."""
    notes = []
    for bar in range(OUTRO.bars.start + 1):
        if bar in VERSE.bars[:4]:
            continue
        ladder = [*HIGH[bar], HIGH[bar][0] + 12, HIGH[bar][1] + 12]
        for n, accent in enumerate(_ARP_ACCENT):
            level = 0.5 * (1.0 - n / 16) if bar in OUTRO.bars else 1.0
            notes.append(Note(bar * BEATS + 0.25 * n, 0.18, ladder[_ARP_ORDER[n]], level * accent))
    return notes


_TUNE = (
    (-0.5, 0.25, 69, 0.6), (-0.25, 0.25, 72, 0.7),
    (0.0, 1.5, 74, 0.95), (1.5, 0.5, 77, 0.8), (2.0, 1.5, 81, 1.0), (3.5, 0.5, 79, 0.75),
    (4.0, 1.0, 79, 0.9), (5.0, 0.5, 76, 0.75), (5.5, 1.0, 74, 0.85), (6.5, 0.5, 76, 0.7), (7.0, 0.9, 79, 0.8),
    (8.0, 1.5, 76, 0.9), (9.5, 0.5, 72, 0.75), (10.0, 1.25, 69, 0.85), (11.25, 0.25, 72, 0.65), (11.5, 0.5, 74, 0.75),
    (12.0, 0.75, 76, 0.9), (12.75, 0.25, 77, 0.7), (13.0, 0.5, 76, 0.75), (13.5, 1.6, 74, 0.9),
    (15.5, 0.25, 69, 0.6), (15.75, 0.25, 72, 0.7),
    (16.0, 1.5, 74, 0.95), (17.5, 0.5, 77, 0.8), (18.0, 1.0, 82, 1.0), (19.0, 0.5, 81, 0.85), (19.5, 0.5, 79, 0.8),
    (20.0, 1.5, 81, 0.95), (21.5, 0.5, 79, 0.8), (22.0, 1.0, 76, 0.85), (23.0, 0.5, 79, 0.8), (23.5, 0.5, 81, 0.85),
    (24.0, 2.0, 84, 1.0), (26.0, 0.5, 81, 0.8), (26.5, 0.5, 79, 0.75), (27.0, 0.9, 76, 0.8),
    (28.0, 1.0, 82, 0.95), (29.0, 0.5, 81, 0.8), (29.5, 0.5, 79, 0.75), (30.0, 0.5, 76, 0.75), (30.5, 1.0, 73, 0.85),
)  # fmt: skip
"""The chorus's tune: beat from the section's start, length, pitch, velocity."""

_ANSWER = (
    (17.5, 0.5, 69, 0.6), (18.0, 1.0, 74, 0.75), (19.0, 0.75, 72, 0.6), (21.5, 0.5, 72, 0.6), (22.0, 1.5, 76, 0.75),
    (25.5, 0.5, 74, 0.6), (26.0, 0.75, 77, 0.75), (26.75, 0.25, 76, 0.55), (27.0, 0.8, 74, 0.65),
    (29.5, 0.5, 73, 0.6), (30.0, 1.2, 76, 0.75),
)  # fmt: skip
"""What the lead answers in the verse's second half."""


def lead() -> list[Note]:
    """The tune, hinted at in the verse, sung in the choruses; it comes home on the third of D major."""
    notes = [Note(*row).moved(VERSE.beat) for row in _ANSWER]
    notes += [Note(*row).moved(section.beat) for section in (CHORUS, LAST_CHORUS) for row in _TUNE]
    return [*notes, Note(OUTRO.beat, 5.0, 78, 0.85)]


def second_lead() -> list[Note]:
    """In the last chorus a second voice under the tune, on the next lower note of the chord."""
    notes = []
    for note in (Note(*row).moved(LAST_CHORUS.beat) for row in _TUNE if row[0] >= 0.0):
        chord = CHORDS[int(note.beat) // BEATS]
        below = max(p for p in range(int(note.pitch) - 10, int(note.pitch) - 2) if p % 12 in chord.upper)
        notes.append(Note(note.beat, note.length, below, 0.62 * note.velocity))
    return notes


def choir() -> list[Note]:
    """Three voices: a soft "ooh" through intro and break, "aah" in the choruses, and a long D major to end on."""
    wanted: tuple[tuple[Section, float], ...] = ((INTRO, 0.55), (BREAK, 0.7), (CHORUS, 0.6), (LAST_CHORUS, 0.9), (OUTRO, 0.8))
    notes = []
    for section, velocity in wanted:
        for bar in section.bars:
            if section is OUTRO and bar > section.first_bar:
                continue
            length = 6.5 if section is OUTRO else 3.85
            half = CHORDS[bar] is A_DOM
            notes += [Note(float(bar * BEATS), 3.5 if half else length, pitch, velocity) for pitch in HIGH[bar][:3]]
    return notes


def openness(beat: float) -> float:
    """How far the choir opens its mouths at a beat."""
    if beat >= LAST_CHORUS.beat:
        return 1.0
    return 0.75 if CHORUS.beat <= beat < BREAK.beat else 0.15
