"""Lines longer than 100 ms: whoever goes back to a slot finds its past, and nothing of what was rendered meanwhile."""

import numba
import numpy as np
import pytest
from helpers.console import Console, events, noise
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.simd.memory import load16, store
from dsp.slot.layout import LONGEST_ECHO, new_rings, ring_floats
from dsp.slot.rings import get, put

AHEAD = 150 * TILE
FRAMES = 300 * QUANTUM
STEMS = [noise(FRAMES, seed) for seed in range(2)]
SETTINGS = {
    "0/send/1/level_db": 0.0, "0/send/2/level_db": 0.0, "1/send/2/level_db": -6.0, "delay/frames": 40_001.0,
    "delay/feedback": 0.7, "reverb/predelay_ms": 250.0, "reverb/decay_s": 0.8,
}  # fmt: skip
MOVES = [
    (50_000, "delay/frames", 96_000.0, 15), (52_000, "delay/ping_pong", 0.0, 15), (64_400, "reverb/size", 0.6, 75),
    (96_000, "reverb/predelay_ms", 3.0, 15), (200_000, "delay/frames", 500.0, 15), (120_000, "0/send/2/level_db", -20.0, 15),
    (150_000, "reverb/predelay_ms", 249.0, 15), (240_000, "delay/frames", 90_001.0, 15),
]  # fmt: skip
MOVES = [(at // TILE * TILE, *rest) for at, *rest in MOVES]
WRONG = [(at, path, value / 2, glide) for at, path, value, glide in MOVES]


def console(rings):
    """A console with everything on; the lines hold rubbish where nothing is written."""
    made = Console(STEMS, SETTINGS, events=events(MOVES))
    made.rings = rings
    return made


def stand(made, slot):
    """Put a console to where a slot stands."""
    made.frame, made.state64[:], made.state32[:] = slot[0], slot[1], slot[2]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30))
def test_any_order_of_going_back_gives_the_same_bits(seed):
    """Chunks rendered, given up half-way, superseded by others and rendered again are, in the end, one unbroken render.

    No line is longer than need be: the longest delay, and ``AHEAD`` frames between a slot and what was written beyond it.
    """
    rng = np.random.default_rng(seed)
    whole = console(new_rings()).render(FRAMES)
    made = console(np.full(ring_floats(AHEAD), 7.0, np.float32))
    heard, slots = np.zeros_like(whole), [(0, made.state64.copy(), made.state32.copy())]
    while slots[-1][0] < FRAMES:
        slots = [slot for slot in slots if slots[-1][0] - slot[0] < AHEAD]
        furthest = min(FRAMES, slots[0][0] + AHEAD)
        if rng.random() < 0.4:  # a splice drops what is later
            del slots[1 + int(rng.integers(len(slots))) :]
        back = slots[-1]
        stop = min(furthest, back[0] + TILE * int(rng.integers(1, AHEAD // TILE + 1)))
        if stop <= back[0]:
            slots = slots[1:]  # nobody will go back so far any more
            continue
        stand(made, back)
        fate = rng.random()
        made.events = events(WRONG if fate < 0.3 else MOVES)
        start = made.frame
        audio = made.render(stop - start)
        if fate < 0.5:
            continue  # superseded, or given up: what it wrote is still in the lines
        heard[start:stop] = audio
        slots.append((stop, made.state64.copy(), made.state32.copy()))
    assert np.array_equal(heard, whole)


def test_how_far_ahead_lines_are_written_is_not_heard():
    """Lines of any length give the same bits."""
    outs = [console(np.full(ring_floats(ahead), 7.0, np.float32)).render(FRAMES) for ahead in (0, TILE, 127_200)]
    assert np.array_equal(outs[0], outs[1])
    assert np.array_equal(outs[0], outs[2])


def test_a_second_run_hears_nothing_of_the_first():
    """A fresh slot over lines that another run has filled plays as over new ones, wherever in time it starts."""
    used = new_rings(TILE)
    console(used).render(FRAMES)
    late, first = console(used), console(new_rings())
    for made in (late, first):
        made.frame, made.segments, made.events = 7 * 9_600, ((7 * 9_600, 0, 0, 0),), events([])
    assert np.array_equal(late.render(FRAMES), first.render(FRAMES))


def test_a_slot_and_its_lines_copied_play_on_alike():
    """The state and the lines are all there is."""
    one = console(new_rings())
    one.render(96_000)
    two = console(one.rings.copy())
    stand(two, (one.frame, one.state64, one.state32))
    assert np.array_equal(one.render(FRAMES - 96_000), two.render(FRAMES - 96_000))


def test_the_longest_echo_fits_exactly():
    """What went in 2 s ago comes out, across the end of the lines, while nothing is ahead."""
    stem = noise(3 * LONGEST_ECHO, 5)
    settings = {"0/send/2/level_db": 0.0, "delay/frames": float(LONGEST_ECHO), "delay/feedback": 0.0, "delay/ping_pong": 0.0}
    wet, dry = Console([stem], settings), Console([stem])
    out = wet.render(len(stem)) - dry.render(len(stem))
    first, second = (out[after * LONGEST_ECHO + LATENCY :][: LONGEST_ECHO - LATENCY] for after in (1, 2))
    assert np.abs(np.corrcoef(first[:, 0], stem[: len(first), 0])[0, 1]) > 0.4
    assert np.abs(np.corrcoef(second[:, 0], stem[LONGEST_ECHO:][: len(second), 0])[0, 1]) > 0.4


@numba.njit
def _pass(line, values, age, out):
    put(line, 0, 0, 64, 0, load16(values, 0))
    store(out, 0, get(line, 64, age))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e20])
def test_what_is_no_sample_is_not_kept(bad):
    """It is written as silence, in both copies of the first tile; what lies before the line's beginning reads as silence."""
    line, out = np.full(96, 5.0, np.float32), np.zeros(16, np.float32)
    values = np.arange(1, 17).astype(np.float32)
    values[3] = bad
    kept = np.where(np.arange(16) == 3, 0.0, values)
    for age, heard in ((100, kept), (0, kept), (-5, np.where(np.arange(16) < 5, 0.0, kept)), (-99, np.zeros(16))):
        _pass(line, values, age, out)
        assert out.tolist() == heard.tolist()
    assert line[:16].tolist() == line[64:80].tolist() == kept.tolist()


@pytest.mark.parametrize("frames", [-32, 16, 33])
def test_lines_are_whole_tiles(frames):
    """How far ahead is a number of tiles."""
    with pytest.raises(ValueError, match="expected whole tiles"):
        ring_floats(frames)
