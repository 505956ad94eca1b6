import numpy as np
import pytest
from helpers.tape import TRACKS, rest_values, whole_clips
from helpers.tape_player import stems
from hypothesis import given
from hypothesis import strategies as st

from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.slot.columns import meter_columns
from dsp.slot.layout import StateLayout, fresh, new_rings
from dsp.tables import EVENT, SEGMENT
from streaming.render.job import NEVER
from streaming.render.renderer import Renderer, Tables, is_finite, next_edge
from streaming.render.source import Maps

FRAMES = 960 * 20
NOTHING = Tables(np.empty(0, EVENT), np.empty(0, SEGMENT), whole_clips([], 0), Maps().table([]))


def console():
    """State of an untouched desk, standing at frame 0."""
    layout = StateLayout(TRACKS)
    state = np.zeros(layout.n64), np.zeros(layout.n32, np.float32)
    fresh(TRACKS, *state, rest_values())
    return *state, new_rings()


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Tables of a song of four stems, and the maps they are good with."""
    paths, maps = stems(tmp_path_factory.mktemp("stems"), 4, FRAMES), Maps()
    yield Tables(np.empty(0, EVENT), np.array([(0, 0, 0, 0)], SEGMENT), whole_clips(paths, FRAMES), maps.table(paths))
    maps.close()


@given(st.integers(0, 10**12))
def test_edges_lie_on_quanta_of_stream_time(frame):
    """The next edge is the first frame after this one at which whole quanta have left the console."""
    edge = next_edge(frame)
    assert (edge - LATENCY) % QUANTUM == 0
    assert frame < edge <= frame + QUANTUM


def test_pieces_meet_and_end_on_quanta():
    """Pieces follow each other without a gap, and but for the first and last each is one quantum with its meter row."""
    pieces = list(Renderer(TRACKS).pieces(*console(), 320, 320 + 5 * QUANTUM, NEVER, NOTHING))
    assert [piece.start + len(piece.audio) for piece in pieces] == [piece.stop - LATENCY for piece in pieces]
    assert [piece.start for piece in pieces[1:]] == [piece.stop - LATENCY for piece in pieces[:-1]]
    assert [(piece.stop - LATENCY) % QUANTUM == 0 for piece in pieces] == [piece.meters is not None for piece in pieces]
    assert len(pieces) == 6


def test_any_cuts_give_the_same_samples_and_meters(song):
    """A render stopped and taken up again at random tiles is bit-equal to one that was not."""
    rng, state, frame, parts, rows = np.random.default_rng(1), console(), 0, [], []
    while frame < FRAMES:
        stop = min(FRAMES, frame + TILE * int(rng.integers(1, 80)))
        for piece in Renderer(TRACKS).pieces(*state, frame, stop, NEVER, song):
            parts.append(piece.audio.copy())
            rows += [] if piece.meters is None else [piece.meters.copy()]
        frame = stop
    whole = [(p.audio.copy(), p.meters) for p in Renderer(TRACKS).pieces(*console(), 0, FRAMES, NEVER, song)]
    assert np.array_equal(np.concatenate(parts), np.concatenate([audio for audio, _ in whole]))
    assert np.shape(rows) == (sum(meters is not None for _, meters in whole), meter_columns(TRACKS))


def test_a_song_ends_once_its_tails_are_silent(song):
    """The last piece says so, and nothing comes after it."""
    pieces = list(Renderer(TRACKS).pieces(*console(), 0, 100 * FRAMES, FRAMES, song))
    assert [piece.ended for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert FRAMES < pieces[-1].stop < 20 * FRAMES


@pytest.mark.parametrize(("value", "finite"), [(1.0, True), (np.nan, False), (np.inf, False), (-np.inf, False)])
def test_what_is_finite(value, finite):
    """One bad value among many is found."""
    values = np.zeros(100, np.float32)
    values[57] = value
    assert is_finite(values) == finite
