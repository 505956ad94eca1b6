"""The synthesiser: band-limited sources, filters that hold their promise, music that is deterministic and well led."""

from itertools import pairwise

import numpy as np
import pytest

from dsp.grid import QUANTUM, RATE, TILE
from dsp.synth import (
    demo,
    drums,
    envelopes,
    filters,
    form,
    harmony,
    instruments,
    oscillators,
    parts,
    patterns,
    score,
    space,
    stems,
)

SECOND = RATE


def rng() -> np.random.Generator:
    """Chance, the same each time."""
    return np.random.default_rng(7)


def spectrum_db(x: oscillators.Signal) -> oscillators.Signal:
    """Levels relative to the strongest line."""
    lines = np.abs(np.fft.rfft(x * np.blackman(x.size)))
    return np.asarray(20.0 * np.log10(lines / lines.max() + 1e-12))


@pytest.mark.parametrize("hz", [220.0, 1_010.0, 2_793.8])
def test_a_saw_aliases_less_than_a_naive_one(hz: float) -> None:
    """Between the harmonics, a saw of any audible note is far quieter than a naive one."""
    t = np.arange(SECOND) * hz / RATE
    naive = 2.0 * (t % 1.0) - 1.0
    between = np.arange(20, 9_000)
    between = between[np.abs((between / hz + 0.5) % 1.0 - 0.5) * hz > 8]
    saw = spectrum_db(oscillators.saw(np.full(SECOND, hz), 0.0))[between]
    assert saw.max() < min(-30.0, spectrum_db(naive)[between].max() - 6.0)


def test_an_oscillator_plays_its_note() -> None:
    """The strongest line of every source lies at its frequency, and its mean is nothing."""
    hz = np.full(SECOND, oscillators.note_hz(69))
    for wave in (oscillators.saw(hz, 0.2), oscillators.pulse(hz, 0.3, 0.1), oscillators.sine(hz)):
        assert spectrum_db(wave).argmax() == 440
        assert abs(wave.mean()) < 0.01


def test_filters_cut_where_they_say() -> None:
    """3 dB at the corner, 12 dB per octave beyond, unity in the middle of a band."""

    def level(x: oscillators.Signal) -> float:
        return float(20.0 * np.log10(np.sqrt(2.0 * np.mean(x[SECOND // 2 :] ** 2))))

    tone = {hz: oscillators.sine(np.full(SECOND, hz)) for hz in (250.0, 1_000.0, 4_000.0)}
    assert level(filters.lowpass(tone[1_000.0], 1_000.0, 0.7071)) == pytest.approx(-3.0, abs=0.1)
    assert level(filters.lowpass(tone[4_000.0], 1_000.0)) == pytest.approx(-24.0, abs=1.0)
    assert level(filters.highpass(tone[250.0], 1_000.0)) == pytest.approx(-24.0, abs=1.0)
    assert level(filters.bandpass(tone[1_000.0], 1_000.0, 5.0)) == pytest.approx(0.0, abs=0.1)


def test_a_swept_filter_stays_stable() -> None:
    """A resonant filter swept through everything, beyond the half of the rate too, stays small."""
    sweep = 30.0 * 2.0 ** (10.5 * (0.5 + 0.5 * np.sin(np.linspace(0.0, 400.0, SECOND))))
    out = filters.lowpass(oscillators.noise(SECOND, rng()), sweep, 4.0)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 12.0


def test_notes_begin_and_end_at_nothing() -> None:
    """Envelopes and instruments end at exactly zero, so that notes may be cut together without a click."""
    for shape in (envelopes.strike(4_800, 0.1), envelopes.held(9_600, 0.01, 0.3, 0.6, 0.05)):
        assert shape[0] == shape[-1] == 0.0
    pitched = (
        instruments.bass(55.0, 4_800, 1.0, 50.0, rng()), instruments.electric_piano(330.0, 4_800, 0.8, 0.2),
        instruments.pad(220.0, 4_800, 0.7, rng()), instruments.pluck(440.0, 4_800, 0.9, 0.8, -0.5, rng()),
        instruments.lead(880.0, 4_800, 0.9, 700.0, rng()), instruments.voices(220.0, 4_800, 1.0, rng()),
    )  # fmt: skip
    for sound in pitched:
        assert sound.shape[0] == 2
        assert np.isfinite(sound).all()
        assert not sound[:, -1].any()
        assert 0.05 < np.abs(sound).max() < 4.0


@pytest.mark.parametrize("name", [*drums.KIT, *drums.PERCUSSION])
def test_a_harder_stroke_is_louder(name: str) -> None:
    """Every drum follows the hand, and dies away."""
    drum = {**drums.KIT, **drums.PERCUSSION}[name]
    soft, hard = drum(0.3, rng()), drum(1.0, rng())
    assert np.sum(hard**2) > 4.0 * np.sum(soft**2)
    assert np.abs(hard[:, -240:]).max() < 0.03 * np.abs(hard).max()


def test_the_swing_delays_every_second_sixteenth() -> None:
    """On the beat and on the eighth nothing moves; between them notes come late, and order is kept."""
    assert [score.frame_of(beat) for beat in (0.0, 0.5, 1.0, 4.0)] == [0, score.BEAT // 2, score.BEAT, score.BAR]
    assert score.frame_of(0.25) == round(0.28 * score.BEAT)
    frames = [score.frame_of(n / 32) for n in range(128)]
    assert frames == sorted(frames)


def test_a_bar_is_written_in_sixteen_steps() -> None:
    """Every written bar has sixteen signs, and only known drums."""
    for hits, kit in ((patterns.kit(), drums.KIT), (patterns.percussion(), drums.PERCUSSION)):
        assert {hit.drum for hit in hits} == set(kit)
        assert max(hit.beat for hit in hits) < form.END / score.BEAT
    assert list(score.steps("X..o ....")) == [(0.0, 1.0), (0.75, 0.5)]


def test_voices_are_led() -> None:
    """Each chord holds its notes and no voice leaps by more than a seventh to the next, most move by a third or less."""
    for voicing in (parts.KEYS, parts.HIGH):
        for chord, notes in zip(form.CHORDS, voicing, strict=True):
            assert sorted({p % 12 for p in notes}) == sorted(chord.upper)
        moves = [abs(a - b) for before, after in pairwise(voicing) for a, b in zip(before, after, strict=True)]
        assert max(moves) <= 10
        assert np.mean([move <= 4 for move in moves]) > 0.7


def test_the_nearest_pitch_of_a_class() -> None:
    """A root is taken where it lies nearest."""
    assert [harmony.near(pitch_class, 36) for pitch_class in (0, 2, 10, 7)] == [36, 38, 34, 31]


def test_the_tune_fits_its_chords() -> None:
    """On every strong beat the lead sings a note of the chord or one a tone above one."""
    for note in parts.lead():
        if note.beat % 2 == 0:
            chord = form.CHORDS[int(note.beat) // score.BEATS]
            allowed = {p % 12 for p in (*chord.upper, chord.bass)}
            assert {int(note.pitch) % 12, int(note.pitch - 2) % 12} & allowed


def test_the_form_is_a_song() -> None:
    """A minute or more, five sections and more, each following the last, on the grid."""
    assert 64 * RATE <= form.END <= 90 * RATE
    assert [s.start for s in form.SECTIONS[1:]] == [s.end for s in form.SECTIONS[:-1]]
    assert len(form.SECTIONS) >= 5
    assert all(s.start % TILE == 0 and s.start % QUANTUM == 0 for s in form.SECTIONS)
    assert [strip.name for strip in demo.STRIPS] == [stem.name for stem in stems.STEMS]


def test_sounds_are_placed_and_cut() -> None:
    """What lies beyond either end of a stem is cut off."""
    stem, sound = np.zeros((2, 10)), np.ones((2, 4))
    for start in (-2, 3, 8, 20, -9):
        space.place(stem, sound, start)
    assert stem[0].tolist() == [1, 1, 0, 1, 1, 1, 1, 0, 1, 1]


def test_space_keeps_power() -> None:
    """Pans keep the power, echoes change sides."""
    x = oscillators.sine(np.full(SECOND, 300.0))
    for pan in (-1.0, -0.3, 0.0, 0.8):
        assert np.sum(space.panned(x, pan) ** 2) == pytest.approx(np.sum(x**2))
    click = np.zeros((2, 100))
    click[0, 0] = 1.0
    echoes = space.ping_pong(click, 30, 0.5, 9)
    assert (echoes[1, 30], echoes[0, 60], echoes[1, 90]) == (0.5, 0.25, 0.125)


@pytest.mark.parametrize("name", ["Bass", "Percussion"])
def test_a_stem_is_deterministic(name: str) -> None:
    """The same stem twice is the same samples: canonical stereo, as long as the song, at its peak, closed at its end."""
    once, again = stems.render(name), stems.render(name)
    assert np.array_equal(once, again)
    assert (once.shape, once.dtype) == ((form.END, 2), np.float32)
    assert 20.0 * np.log10(np.abs(once).max()) == pytest.approx(-6.0, abs=0.01)
    assert not once[-1].any()
