import hashlib
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from helpers.console import Console, events, noise, stereo
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.desk.params import CATALOGUE, CLASSES, DOCUMENT_ONLY, engine_size
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.render import ENDS_AFTER, render
from dsp.slot.columns import meter_columns
from dsp.slot.layout import HEAD, NONFINITE, StateLayout, fresh, new_rings
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE

FRAMES = 5 * QUANTUM
BUSY = {
    path: value
    for lane in range(8)
    for path, value in {
        f"{lane}/highpass/on": float(lane % 3 != 0),
        f"{lane}/highpass/frequency_hz": 60.0 + 40 * lane,
        f"{lane}/highpass/slope": float(lane % 2),
        f"{lane}/lowpass/on": float(lane % 3 != 1),
        f"{lane}/lowpass/slope": float(lane > 3),
        f"{lane}/polarity": float(lane % 2),
        f"{lane}/eq/2/kind": float(lane % 4),
        f"{lane}/eq/2/gain_db": 6.0,
        f"{lane}/eq/2/q": 18.0 if lane == 5 else 1.0,
        f"{lane}/eq/1/gain_db": 3.0 - lane,
        f"{lane}/eq/3/gain_db": lane - 4.0,
        f"{lane}/compressor/on": float(lane % 2),
        f"{lane}/compressor/threshold_db": -30.0,
        f"{lane}/compressor/detector": float(lane > 4),
        f"{lane}/compressor/sidechain_hz": 20.0 + 40 * (lane % 3),
        f"{lane}/gate/on": float(lane % 4 != 1),
        f"{lane}/gate/threshold_db": -18.0,
        f"{lane}/gate/hold_ms": float(lane),
        f"{lane}/saturation/on": float(lane % 4 > 1),
        f"{lane}/saturation/drive_db": 3.0 * lane,
        f"{lane}/pan": lane / 4 - 1,
        f"{lane}/pan_law": float(lane % 4),
        f"{lane}/width": 1.0 + lane % 3 / 2,
        f"{lane}/route/0": float(lane < 5),
        f"{lane}/route/2": float(lane >= 5),
        f"{lane}/send/1/level_db": -6.0 - lane,
        f"{lane}/send/2/level_db": -20.0 + lane,
    }.items()
} | {
    "master/saturation/on": 1.0, "master/limiter/on": 1.0, "master/limiter/ceiling_db": -6.0,
    "delay/frames": 700.0, "reverb/predelay_ms": 5.0,
    "master/eq/on": 1.0, "master/eq/1/gain_db": 3.0, "master/eq/2/kind": 3.0, "master/eq/4/gain_db": -3.0,
}  # fmt: skip
STEMS = [noise(FRAMES, seed) for seed in range(8)]
VALUES = st.floats(-100.0, 21_000.0)
EVENTS = st.lists(
    st.tuples(st.integers(0, FRAMES // TILE).map(lambda tile: tile * TILE), st.integers(0, engine_size(8) - 1),
              st.integers(0, 40), VALUES),
    max_size=40,
)  # fmt: skip
SEGMENTS = st.lists(
    st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES), st.just(0), st.sampled_from([0, 256])), max_size=6
)  # fmt: skip
CUTS = st.sets(st.integers(1, FRAMES // TILE - 1), max_size=60)


def table(rows: list[tuple[int, int, int, float]]) -> np.ndarray:
    """The event table of drawn rows."""
    return np.array(sorted((at, index, glide, value) for at, index, glide, value in rows), EVENT)


@settings(max_examples=60, deadline=None)
@given(rows=EVENTS, segments=SEGMENTS, cuts=CUTS)
def test_any_split_at_tiles_gives_the_same_bits(rows, segments, cuts) -> None:
    """Audio, meters and the slot do not depend on how a span with edits, jumps and loops is cut into calls."""
    console = {"settings": BUSY, "events": table(rows), "segments": ((0, 0, 0, 0), *sorted(segments))}
    whole, pieces = Console(STEMS, **console), Console(STEMS, **console)
    out = whole.render(FRAMES)
    edges = [0, *sorted(cuts), FRAMES // TILE]
    assert np.array_equal(out, pieces.render_in((b - a) * TILE for a, b in itertools.pairwise(edges)))
    assert np.array_equal(whole.meters, pieces.meters)
    assert np.array_equal(whole.state64, pieces.state64)
    assert np.array_equal(whole.state32, pieces.state32)
    assert np.isfinite(out).all()


def test_input_and_output_lie_latency_apart() -> None:
    """An impulse at frame 100 leaves at process frame 100 + LATENCY, limiter on or off."""
    impulse = np.zeros(FRAMES)
    impulse[100] = 0.5
    for on in (0.0, 1.0):
        out = Console([stereo(impulse)], {"master/limiter/on": on}).render(FRAMES)
        assert np.flatnonzero(out[:, 0]).tolist() == [100 + LATENCY]


def test_silence_in_is_silence_out() -> None:
    """With every stage at work nothing makes a sound of its own."""
    assert not Console([np.zeros((FRAMES, 2), np.float32)] * 8, BUSY).render(FRAMES).any()


def test_a_default_desk_passes_the_sum_of_its_stems() -> None:
    """Every stage at rest leaves the bits of the stems' sum alone, but for the order of additions."""
    out = Console(STEMS).play(FRAMES - LATENCY)
    assert np.allclose(out, np.sum(STEMS, axis=0)[: len(out)], rtol=0, atol=1e-6)


def test_fresh_equals_reset() -> None:
    """A used slot that is made fresh plays like a new one."""
    console = Console(STEMS, BUSY)
    first = console.render(FRAMES)
    again = Console(STEMS, BUSY)
    again.render(FRAMES)
    values = Console(STEMS, BUSY).state64
    fresh(8, again.state64, again.state32, values[HEAD : HEAD + engine_size(8)].copy())
    again.frame = 0
    assert np.array_equal(again.render(FRAMES), first)


def test_an_edit_changes_nothing_before_its_stream_frame() -> None:
    """An event at process frame s + LATENCY leaves every sample before stream frame s alone."""
    edit = events([(1920 + LATENCY, "3/fader_db", -60.0, 15), (1920 + LATENCY, "master/limiter/ceiling_db", -12.0, 15)])
    plain, edited = Console(STEMS, BUSY).play(4000), Console(STEMS, BUSY, events=edit).play(4000)
    assert np.array_equal(plain[:1920], edited[:1920])
    assert not np.array_equal(plain[1920:2400], edited[1920:2400])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sample_is_muted(bad: float) -> None:
    """Samples that are no numbers, or absurd, are silence: the same as a stem with zeros there."""
    broken, clean = STEMS[0].copy(), STEMS[0].copy()
    broken[700:900:7, 0], clean[700:900:7, 0] = bad, 0.0
    console = Console([broken, *STEMS[1:]], BUSY)
    assert np.array_equal(console.render(FRAMES), Console([clean, *STEMS[1:]], BUSY).render(FRAMES))
    assert (console.state64[NONFINITE] > 0) == (not np.isfinite(bad))


def test_values_out_of_range_are_taken_as_the_nearest_end() -> None:
    """No event can bring a parameter outside the catalogue, not even one that is no number."""
    names = [row.name for row in CATALOGUE if row.scope == "track" and ("track", row.name) not in DOCUMENT_ONLY]
    wild = events([(0, f"0/{name}", v, 1) for name in names for v in (np.nan, 1e9, -1e9)])
    assert np.isfinite(Console(STEMS, BUSY, events=wild).render(FRAMES)).all()


def test_a_lane_does_not_hear_its_neighbours() -> None:
    """A track's samples are the same bits whatever else runs, glides or rests on the desk."""
    solo = {"0/eq/2/gain_db": 6.0, "0/highpass/on": 1.0, "0/compressor/on": 1.0, "0/compressor/threshold_db": -40.0,
            "0/compressor/detector": 0.0, "0/gate/on": 1.0, "0/saturation/on": 1.0}  # fmt: skip
    quiet = [STEMS[0], *[np.zeros_like(STEMS[0])] * 7]
    others = {path: value for path, value in BUSY.items() if not path.startswith(("0/", "master/"))}
    busy = {**others, **solo, "reverb/return_db": -90.0}
    rows = [(960, f"{lane}/{name}", value, 9) for lane in range(1, 8) for name, value in (("eq/on", 0.0), ("trim_db", 6.0))]
    assert np.array_equal(Console(quiet, solo).render(FRAMES), Console(quiet, busy, events=events(rows)).render(FRAMES))


def test_a_lane_that_comes_and_goes_does_not_hear_its_neighbours() -> None:
    """Its stages switched on, turned and off again, a track is the same bits whether its group runs them already or not."""
    turns = [("gate/on", 1.0), ("compressor/on", 1.0), ("compressor/detector", 1.0), ("compressor/sidechain_hz", 90.0),
             ("saturation/on", 1.0), ("saturation/drive_db", 18.0)]  # fmt: skip
    rows = [(960, f"0/{name}", value, 7) for name, value in turns]
    rows += [(2400, "0/gate/on", 0.0, 3), (2400, "0/compressor/on", 0.0, 3), (2400, "0/saturation/on", 0.0, 1)]
    rows += [(3200, "0/gate/on", 1.0, 1), (3200, "0/compressor/on", 1.0, 1), (3200, "0/saturation/on", 1.0, 1)]
    solo = {"0/gate/threshold_db": -15.0, "0/gate/hold_ms": 5.0, "0/compressor/threshold_db": -30.0}
    others = {path: value for path, value in BUSY.items() if not path.startswith(("0/", "master/"))}
    quiet = [STEMS[0], *[np.zeros_like(STEMS[0])] * 7]
    outs = [
        Console(quiet, desk, events=events(rows)).render(FRAMES) for desk in (solo, {**others, **solo, "reverb/return_db": -90.0})
    ]
    assert np.array_equal(*outs)


@pytest.mark.parametrize("tracks", CLASSES)
def test_every_class_plays_the_same_mix(tracks: int) -> None:
    """Eight tracks on a larger console are the same bits."""
    assert np.array_equal(Console(STEMS, BUSY, tracks=tracks).render(FRAMES), Console(STEMS, BUSY).render(FRAMES))


def test_the_second_group_plays_as_the_first() -> None:
    """A track on lane 13 sounds as it does on lane 5."""
    strip = {"eq/2/gain_db": 5.0, "pan": -0.3, "compressor/on": 1.0, "compressor/threshold_db": -35.0, "send/1/level_db": -6.0,
             "gate/on": 1.0, "gate/threshold_db": -18.0, "saturation/on": 1.0}  # fmt: skip
    outs = []
    for lane in (5, 13):
        clips = np.array([(0, lane, 0, 0, 0, 1.0, 0, 0, FRAMES)], CLIP)
        settings_of = {f"{lane}/{name}": value for name, value in strip.items()}
        outs.append(Console([STEMS[0]], settings_of, tracks=16, clips=clips).render(FRAMES))
    assert np.array_equal(*outs)


def test_the_end_comes_after_the_tails_whatever_the_chunks() -> None:
    """The kernel stops at the same frame in one call and in many, at least ENDS_AFTER silent frames past the last sound."""
    stops = []
    for piece in (TILE, QUANTUM, 100 * QUANTUM):
        console = Console([noise(2000)], {"0/send/1/level_db": 0.0, "reverb/decay_s": 0.2}, ends_at=2000)
        heard = [console.render(piece)]
        while len(heard[-1]):
            heard.append(console.render(piece))
        stops.append(console.frame)
        last = np.flatnonzero((np.abs(np.concatenate(heard)) >= 1e-5).any(axis=1))[-1]
        assert ENDS_AFTER <= console.frame - last <= ENDS_AFTER + 2 * TILE
    assert len(set(stops)) == 1
    assert stops[0] > 2000 + ENDS_AFTER


def test_a_song_that_ends_in_silence_ends_at_its_end() -> None:
    """Silence before the end counts, but the end is not moved forward."""
    console = Console([np.zeros((20_000, 2), np.float32)], ends_at=20_000)
    assert len(console.render(32_000)) == -(-(20_000 + LATENCY) // TILE) * TILE


def test_slots_may_be_views_of_mapped_memory_and_tables_copies_of_bytes(tmp_path) -> None:
    """The signature takes what a worker has at hand: views into a mapping, tables from a datagram."""
    layout = StateLayout(8)
    path = tmp_path / "arena"
    path.write_bytes(bytes(layout.nbytes + 8 * 960 + 4096))
    arena = np.memmap(path, np.uint8, "r+")
    state64 = arena[: 8 * layout.n64].view(np.float64)
    state32 = arena[8 * layout.n64 : layout.nbytes].view(np.float32)
    out = arena[layout.nbytes : layout.nbytes + 8 * 960].view(np.float32).reshape(960, 2)
    fresh(8, state64, state32, Console([]).state64[HEAD : HEAD + engine_size(8)].copy())
    tables = [np.frombuffer(np.zeros(1, kind).tobytes(), kind).copy() for kind in (EVENT, SEGMENT, CLIP, SOURCE)]
    meters = np.zeros((2, meter_columns(8)), np.float32)
    views = (np.asarray(state64), np.asarray(state32))
    assert render(*views, new_rings(), 8, 0, 30, 1 << 60, *tables, np.asarray(out), meters) == 30


def digest() -> str:
    """A hash of a busy second of audio and of its slot."""
    rows = [(TILE * k, f"{k % 8}/{name}", value, 20) for k, (name, value) in enumerate(
        [("eq/1/frequency_hz", 55.5), ("eq/2/q", 3.3), ("eq/4/gain_db", 7.7), ("pan", 0.33), ("compressor/attack_ms", 0.7),
         ("trim_db", 4.4), ("fader_db", -3.3), ("highpass/frequency_hz", 333.0), ("eq/2/kind", 2.0), ("lowpass/slope", 1.0),
         ("polarity", 0.0),
         ("gate/release_ms", 33.3), ("saturation/drive_db", 13.3), ("compressor/sidechain_hz", 133.0)] * 3)]  # fmt: skip
    rows += [
        (QUANTUM, "reverb/decay_s", 3.3, 20),
        (QUANTUM, "reverb/damping", 0.77, 20),
        (QUANTUM, "master/fader_db", 3.3, 20),
        (QUANTUM, "master/eq/2/kind", 0.0, 20),
        (QUANTUM, "master/saturation/drive_db", 15.0, 20),
        (QUANTUM, "4/saturation/on", 1.0, 9),
    ]
    rows += [(QUANTUM, "delay/frames", 999.0, 20), (QUANTUM, "delay/lowpass_hz", 3_333.0, 20), (QUANTUM, "reverb/size", 0.77, 20)]
    console = Console(STEMS, BUSY, events=events(rows))
    out = console.render(FRAMES)
    return hashlib.sha256(out.tobytes() + console.state32.tobytes() + console.state64.tobytes()).hexdigest()


def test_another_cpu_renders_the_same_bits() -> None:
    """Machine code for AVX2 and this machine's own give the same audio and the same slot, bit for bit."""
    code = "import sys; sys.path[:0] = ['.', 'tests', 'tests/dsp']; from test_render import digest; print(digest())"
    environment = {**os.environ, "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+popcnt,+sse4.2"}
    child = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert child.stdout.strip() == digest()
