"""The master's equaliser: the same bands on two channels."""

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from helpers.cookbook import Band, bands_of, filtered, sections, treble_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.desk.catalogue import KINDS
from dsp.grid import RATE
from dsp.slot.layout import MASTER_EQ_MODE, SKIP

FRAMES = 9600
STEM = noise(FRAMES)
TONE = stereo(0.25 * np.sin(2 * np.pi * 100 * np.arange(19_200) / RATE))
ON = {"master/eq/on": 1.0}
BAND = st.tuples(st.sampled_from(KINDS), st.floats(20.0, 20_000.0), st.floats(-18.0, 18.0), st.floats(0.1, 18.0))


@settings(max_examples=60, deadline=None)
@given(bands=st.tuples(BAND, BAND, BAND, BAND))
def test_it_matches_a_float64_filter(bands: tuple[Band, ...]) -> None:
    """Four bands of any shape and setting err below -120 dB of the louder of input and output, each side by itself."""
    out = Console([STEM], ON | bands_of(dict(enumerate(bands, 1)), "master")).play(FRAMES)
    reference = filtered(sections(bands), STEM)
    assert np.abs(out - reference).max() < 1e-6 * max(np.abs(reference).max(), np.abs(STEM).max())


def test_off_it_passes_every_bit() -> None:
    """Bands that are set but off change nothing and cost nothing; so do bands at 0 dB that are on."""
    for desk in (bands_of({2: ("bell", 300.0, 12.0, 1.0)}, "master"), ON):
        console = Console([STEM], desk)
        assert np.array_equal(console.play(FRAMES), STEM)
        assert console.state32[MASTER_EQ_MODE] == SKIP


@pytest.mark.parametrize("kind", KINDS)
def test_switching_makes_no_click(kind: str) -> None:
    """In and out, by a factor of eight in 10 ms, it leaves next to nothing above 6 kHz of a low tone, and then is left out."""
    switch = events([(4800, "master/eq/on", 1.0, 15), (9600, "master/eq/on", 0.0, 15)])
    console = Console([TONE], bands_of({3: (kind, 300.0, 18.0, 0.7)}, "master"), events=switch)
    out = console.play(19_200)
    assert treble_of(out) < -60
    assert not np.array_equal(out[4800:9600], TONE[4800:9600])
    assert np.array_equal(out[-4800:], TONE[-4800:])
    assert console.state32[MASTER_EQ_MODE] == SKIP


def test_a_glide_is_the_same_bits_however_it_is_cut() -> None:
    """Tile by tile or in one call, in motion and at rest."""
    moves = [(960, "master/eq/2/kind", 3.0, 30), (1280, "master/eq/1/gain_db", -12.0, 30), (4800, "master/eq/on", 0.0, 15)]
    whole, pieces = (Console([STEM], ON | {"master/eq/3/gain_db": 6.0}, events=events(moves)) for _ in range(2))
    assert np.array_equal(whole.render(FRAMES), pieces.render_in([32, 960, 96, 32 * 17] + [32] * 249))
    assert np.array_equal(whole.state64, pieces.state64)
