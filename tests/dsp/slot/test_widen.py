"""A console that was widened goes on like one that was wide from the start."""

import numpy as np
import pytest
from helpers.console import Console, defaults, events, index_of, noise

from dsp.desk.compile import rest_values
from dsp.desk.params import AUDIBLE, CLASSES, engine_size, track_index
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.slot.columns import meter_columns, meter_names, track_meter
from dsp.slot.layout import HEAD, StateLayout
from dsp.slot.widen import Rest, Widening
from dsp.tables import CLIP

PAIRS = [(8, 16), (8, 64), (16, 32)]
BEFORE, AFTER = 4 * QUANTUM + LATENCY + 7 * TILE, 12 * QUANTUM
SETTINGS = {
    "0/eq/2/gain_db": 6.0, "1/compressor/on": 1.0, "1/compressor/threshold_db": -40.0, "2/highpass/on": 1.0,
    "3/width": 1.6, "3/pan": 0.3, "3/pan_law": 1.0, "5/route/0": 0.0, "5/route/2": 1.0, "group1/fader_db": -3.0,
    "2/send/2/level_db": -9.0, "2/send/2/pre": 1.0,
    "3/send/1/level_db": -6.0, "4/pan": -0.7, "5/trim_db": 3.0, "6/send/1/level_db": -12.0, "7/fader_db": -3.0,
    "5/send/2/level_db": -6.0, "delay/frames": 1_000.0, "reverb/predelay_ms": 20.0,
    "master/limiter/on": 1.0, "master/limiter/ceiling_db": -12.0,
}  # fmt: skip
GLIDES = [
    (BEFORE - 3 * TILE, "0/fader_db", -20.0, 15), (BEFORE - TILE, "1/compressor/on", 0.0, 15), (BEFORE - TILE, "4/pan", 0.5, 15),
    (BEFORE - 2 * TILE, "reverb/decay_s", 0.4, 30), (BEFORE - TILE, "master/fader_db", -6.0, 15),
    (BEFORE - TILE, "delay/frames", 700.0, 15), (BEFORE - 2 * TILE, "reverb/size", 1.3, 75),
    (BEFORE + 40 * TILE, "2/eq/1/gain_db", -9.0, 30), (BEFORE - TILE, "6/width", 0.0, 15), (BEFORE - TILE, "6/pan_law", 3.0, 30),
    (BEFORE - TILE, "group1/audible", 0.0, 30), (BEFORE - TILE, "7/route/4", 1.0, 15), (BEFORE - TILE, "7/route/0", 0.0, 15),
]  # fmt: skip


def rest(tracks):
    """What an untouched console of a class leaves behind after one tile."""
    console = Console([], tracks=tracks, clips=np.empty(0, CLIP))
    console.state64[HEAD : HEAD + engine_size(tracks)] = rest_values(tracks)
    console.render(TILE)
    return Rest(tracks, console.state64, console.state32)


def stems(count, level=0.3):
    """Noise."""
    return [noise(BEFORE + AFTER, seed, level) for seed in range(count)]


def start(tracks, audio, settings=SETTINGS):
    """A console of which only the lanes that have a stem are audible."""
    silent = {f"{lane}/audible": 0.0 for lane in range(len(audio), tracks)}
    return Console(audio, {**settings, **silent}, tracks, events=events(GLIDES, tracks))


def widened(narrow, tracks):
    """The console, in a wider class."""
    wide = start(tracks, narrow.stems)
    widening = Widening(narrow.tracks, tracks)
    widening.state(narrow.state64, narrow.state32, rest(tracks), wide.state64, wide.state32)
    wide.frame, wide.rings = narrow.frame, narrow.rings.copy()
    wide.meters = np.zeros((len(narrow.meters), meter_columns(tracks)), np.float32)
    widening.meters(narrow.meters, wide.meters)
    return wide


@pytest.mark.parametrize(("narrow", "wide"), PAIRS)
def test_it_sounds_like_one_that_was_wide(narrow, wide):
    """In the middle of glides, with all stages on: state, audio and meters are those of the wide class, bit for bit."""
    audio = stems(narrow)
    grown, always = start(narrow, audio), start(wide, audio)
    before = [console.render(BEFORE) for console in (grown, always)]
    grown = widened(grown, wide)
    assert grown.state64.tobytes() == always.state64.tobytes()
    assert grown.state32.tobytes() == always.state32.tobytes()
    after = [console.render(AFTER) for console in (grown, always)]
    for ours, theirs in (before, after):
        assert np.abs(theirs).max() > 0.01
        assert ours.tobytes() == theirs.tobytes()
    assert grown.meters.tobytes() == always.meters.tobytes()


def test_classes_differ_in_no_sign():
    """Where all eight tracks are off, their negative samples do not make a negative zero in one class only."""
    audio = [-np.abs(noise(BEFORE, seed)) for seed in range(8)]
    off = {f"{lane}/{name}": value for lane in range(8) for name, value in (("fader_db", -90.0), ("send/1/level_db", -90.0))}
    narrow, wide = (start(tracks, audio, off) for tracks in (8, 16))
    assert narrow.render(BEFORE).tobytes() == wide.render(BEFORE).tobytes()


def test_new_lanes_are_rest_lanes():
    """A track on a new lane fades in from what an untouched strip is."""
    audio = stems(9)
    grown = start(8, audio[:8])
    grown.clips = grown.clips[:8]
    grown.render(BEFORE)
    grown = widened(grown, 16)
    always = start(16, audio[:8])
    always.render(BEFORE)
    for console in (grown, always):
        sources = Console(audio, tracks=16)
        console.sources, console.clips, console.stems = sources.sources, sources.clips, audio
        console.events = events([*GLIDES, (BEFORE, "8/audible", 1.0, 15), (BEFORE, "8/send/1/level_db", -6.0, 15)], 16)
    assert grown.render(AFTER).tobytes() == always.render(AFTER).tobytes()
    assert grown.meters[-1, track_meter("peak_l", 8, 16)] > 0.1


@pytest.mark.parametrize(("narrow", "wide"), PAIRS)
def test_the_vector_of_a_wider_class(narrow, wide):
    """Every parameter is where the wide class has it; new lanes are at rest and not audible."""
    values = np.arange(engine_size(narrow)) + 1000.0
    rest = rest_values(wide)
    found = Widening(narrow, wide).values(values, rest)
    taken = [Widening(narrow, wide).index(index) for index in range(len(values))]
    assert found[taken].tolist() == values.tolist()
    new = np.setdiff1d(np.arange(len(found)), taken)
    assert found[new].tolist() == rest[new].tolist()
    assert not found[[track_index(AUDIBLE.name, lane, wide) for lane in range(narrow, wide)]].any()
    paths = ["0/trim_db", f"{narrow - 1}/fader_db", "3/pan", "reverb/width", "master/limiter/release_ms"]
    assert [taken[index_of(path, narrow)] for path in paths] == [index_of(path, wide) for path in paths]


@pytest.mark.parametrize("narrow", CLASSES[:-1])
def test_the_meters_of_a_wider_class(narrow):
    """Every column keeps its name."""
    row, wide = np.arange(1.0, meter_columns(narrow) + 1, dtype=np.float32)[None], np.ones((1, meter_columns(64)), np.float32)
    Widening(narrow, 64).meters(row, wide)
    found = {name: value for name, value in zip(meter_names(64), wide[0].tolist(), strict=True) if value}
    assert found == dict(zip(meter_names(narrow), row[0].tolist(), strict=True))


def test_a_class_never_shrinks():
    """There is no way back."""
    with pytest.raises(ValueError, match="expected a wider class"):
        Widening(16, 8)


def test_the_rest_of_a_class_is_what_the_layout_says():
    """Its slot has the class's size."""
    layout = StateLayout(16)
    assert (len(rest(16).state64), len(rest(16).state32), len(defaults(16))) == (layout.n64, layout.n32, engine_size(16))
