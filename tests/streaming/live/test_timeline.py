import numpy as np
import pytest
from helpers.fake_engine import read_in
from helpers.mixes import ASSET, OTHER, clip, desk
from hypothesis import given
from hypothesis import strategies as st

from dsp.desk.params import reset_index, track_index
from dsp.grid import JUMP_FADE, TILE
from streaming.live.timeline import FEW_CLIPS, MIN_LOOP, Segment, Timeline
from streaming.render.job import NEVER

SOURCES = {ASSET: 3, OTHER: 5}


def timeline(start=0, position=0, loop=None):
    """A run of a desk with clips of one second."""
    return Timeline(desk(), 8, SOURCES, start, position, loop)


def rows(segments):
    """Segments as tuples."""
    return [(row.starts_at, row.position, row.table, row.fade) for row in segments]


def test_start():
    """A run at the song's beginning needs no fade; one inside the song fades in."""
    assert rows(timeline(960).segments(960, 2000)) == [(960, 0, 0, 0)]
    assert rows(timeline(960, 500).segments(960, 2000)) == [(960, 500, 0, JUMP_FADE)]


def test_edit():
    """An edit is one event for each engine parameter that changes, in the catalogue's unit."""
    run = timeline()
    run.edit(640, run.mix.set("tracks/t1/fader_db", -6.0))
    events, _, _ = run.window(0, 4_800)
    assert [(int(row["frame"]), int(row["index"]), float(row["value"])) for row in events] == [
        (640, track_index("fader_db", 1, 8), -6.0)
    ]
    assert events["glide"][0] > 0


def test_widen():
    """A timeline that grew is the one of an engine that was wide from the start; it never shrinks."""
    grown, wide = timeline(), Timeline(desk(), 32, SOURCES, 0, 0)
    for run in (grown, wide):
        run.edit(640, run.mix.set("tracks/t1/fader_db", -6.0).set("master/fader_db", -3.0))
    for tracks in (16, 32, 8):
        grown.widen(tracks)
    for run in (grown, wide):
        run.edit(960, run.mix.set("tracks/t1/pan", 0.5).set("tracks/n", {"lane": 31, "clips": [clip("c")]}))
    assert grown.tracks == 32
    assert grown.values.tolist() == wide.values.tolist()
    assert [part.tolist() for part in grown.window(0, 4_800)] == [part.tolist() for part in wide.window(0, 4_800)]


def test_edits_at_one_frame():
    """Commits at one frame leave one event for a parameter: the last."""
    run = timeline()
    for value in (-6.0, -9.0):
        run.edit(640, run.mix.set("tracks/t1/fader_db", value))
    run.edit(640, run.mix.set("tracks/t0/fader_db", -1.0))
    assert sorted(run.window(0, 4_800)[0]["value"].tolist()) == [-9.0, -1.0]


def test_reset_of_loudness():
    """Resets at one frame are one event, that keeps its meaning in a wider engine."""
    timeline = Timeline(desk(), 8, SOURCES, 0, 0)
    timeline.reset_loudness(960)
    timeline.reset_loudness(960)
    timeline.reset_loudness(1_920)
    timeline.widen(16)
    events = timeline.window(0, 9_600)[0].tolist()
    assert events == [(frame, reset_index(16), 0, 0.0) for frame in (960, 1_920)]


def test_window_takes_events_from_its_start_on():
    """A slot at an edit's frame was saved before it, so a render from there takes the event; the one that ends there does not."""
    run = timeline()
    run.edit(640, run.mix.set("tracks/t1/fader_db", -6.0))
    assert len(run.window(0, 640)[0]) == 0
    assert len(run.window(640, 672)[0]) == 1
    assert len(run.window(672, 960)[0]) == 0


def test_jump():
    """A jump reads elsewhere from its frame on, with a fade."""
    run = timeline()
    run.jump(9_600, 100)
    assert run.position(9_599) == 9_599
    assert run.position(9_601) == 101
    assert rows(run.segments(0, 10_000)) == [(0, 0, 0, 0), (9_600, 100, 0, JUMP_FADE)]
    assert rows(run.segments(9_600, 10_000)) == [(9_600, 100, 0, JUMP_FADE)]


def test_window_holds_what_a_running_fade_needs():
    """While a fade runs, the segment that it leaves is there."""
    run = timeline()
    run.jump(9_600, 100)
    assert len(run.window(9_600 + JUMP_FADE - TILE, 19_200)[1]) == 2
    assert len(run.window(9_600 + JUMP_FADE, 19_200)[1]) == 1


def test_last_move_at_one_frame_counts():
    """Of two jumps at one frame the last one counts, and a loop that follows a jump keeps its fade."""
    run = timeline()
    run.jump(960, 100)
    run.jump(960, 200)
    run.set_loop(960, (0, 4_800))
    assert rows(run.segments(0, 2_000)) == [(0, 0, 0, 0), (960, 200, 0, JUMP_FADE)]


def test_loop_passes():
    """Passes follow one another at exact frames; their fade depends on whether a clip is cut."""
    run = timeline(0, 0, (0, 48_000))
    assert rows(run.segments(0, 100_000)) == [(0, 0, 0, 0), (48_000, 0, 0, 0), (96_000, 0, 0, 0)]
    run = timeline(0, 0, (1_000, 31_001))
    assert rows(run.segments(50_000, 70_000)) == [(31_001, 1_000, 0, JUMP_FADE), (61_002, 1_000, 0, JUMP_FADE)]
    assert run.ends_at(70_000) == NEVER


def test_loop_ahead_does_not_jump():
    """A loop that is set while the cursor is before its end changes nothing until that end."""
    run = timeline()
    run.set_loop(960, (20_000, 30_000))
    assert rows(run.segments(0, 30_001)) == [(0, 0, 0, 0), (30_000, 20_000, 0, JUMP_FADE)]
    assert run.turns(0, 2_000) == [960]
    assert (run.loop_at(959), run.loop_at(960)) == (None, (20_000, 30_000))


def test_loop_behind_jumps():
    """A loop whose end the cursor has passed makes it jump to its start."""
    run = timeline()
    run.set_loop(9_600, (1_000, 9_600))
    assert rows(run.segments(9_600, 9_700)) == [(9_600, 1_000, 0, JUMP_FADE)]


def test_loop_off():
    """When a loop is cleared the pass goes on to the song's end."""
    run = timeline(0, 0, (0, 4_800))
    run.set_loop(10_560, None)
    assert rows(run.segments(10_560, 60_000)) == [(9_600, 0, 0, JUMP_FADE)]
    assert run.ends_at(60_000) == 9_600 + 48_000


def test_seek_beyond_the_loop_plays_on():
    """A cursor that was put beyond the loop does not go back to it."""
    run = timeline(0, 0, (0, 4_800))
    run.jump(960, 40_000)
    assert run.ends_at(20_000) == 960 + 8_000


def test_other_clips():
    """Other clips make a new table, faded in at the same place of the song."""
    run = timeline()
    run.edit(960, run.mix.set("tracks/t0/clips", [clip("c7", asset=OTHER, length=96_000)]))
    events, segments, clips = run.window(0, 1_920)
    assert len(events) == 0
    assert segments.tolist() == [(0, 0, 0, 0), (960, 960, 1, JUMP_FADE)]
    assert sorted((row["table"], row["source"]) for row in clips) == [(0, 3), (0, 3), (1, 3), (1, 5)]
    assert run.ends_at(1_920) == 96_000


def test_end_is_not_before_the_last_change():
    """A shorter song ends at the change, not before it."""
    run = timeline(0, 40_000)
    run.edit(960, run.mix.set("tracks/t0/clips", []).set("tracks/t1/clips", []))
    assert run.ends_at(1_920) == 960
    assert run.ends_at(960) == 8_000


def test_unheard_clips_do_not_travel():
    """Of many clips a window carries those that it can read."""
    run = timeline()
    run.edit(960, run.mix.set("tracks/t0/clips", [clip(f"m{n}", at=n * 9_600, length=9_600) for n in range(FEW_CLIPS)]))
    assert len(run.window(9_600, 19_200)[2]) == 2
    run.jump(19_200, 490_000)
    assert len(run.window(19_200 + JUMP_FADE, 24_000)[2]) == 1


def test_forget():
    """What is forgotten is not needed from that frame on."""
    run = timeline()
    run.edit(640, run.mix.set("tracks/t1/fader_db", -6.0))
    run.jump(9_600, 100)
    run.edit(19_200, run.mix.set("tracks/t0/clips", []))
    before = [table.tolist() for table in run.window(19_200, 24_000)]
    run.forget(19_200)
    assert [table.tolist() for table in run.window(19_200, 24_000)] == before
    assert len(run.window(0, 24_000)[0]) == 0


commits = st.lists(
    st.one_of(
        st.tuples(st.just("jump"), st.integers(0, 60_000)),
        st.tuples(st.just("loop"), st.tuples(st.integers(0, 50_000), st.integers(MIN_LOOP, 9_000))),
        st.tuples(st.just("unloop"), st.none()),
        st.tuples(st.just("clips"), st.integers(0, 20_000)),
        st.tuples(st.just("wait"), st.integers(1, 300)),
    ),
    max_size=12,
)


@given(commits=commits, cuts=st.lists(st.integers(1, 200), min_size=1, max_size=8))
def test_any_cut_reads_the_same(commits, cuts):
    """Whatever was committed, each tile is read alike in one window and in many, also after forgetting."""
    run, frame = timeline(), 0
    for number, (kind, value) in enumerate(commits):
        match kind:
            case "jump":
                run.jump(frame, value)
            case "loop":
                run.set_loop(frame, (value[0], value[0] + value[1]))
            case "unloop":
                run.set_loop(frame, None)
            case "clips":
                run.edit(frame, run.mix.set("tracks/t0/clips", [clip(f"n{number}", at=value, length=9_000)]))
            case "wait":
                frame += value * TILE
    stop = frame + 20_000 // TILE * TILE
    _, segments, clips = (table.tolist() for table in run.window(0, stop))
    whole = [read_in(tile, segments, clips) for tile in range(0, stop, TILE)]
    pieces, at = [], 0
    while at < stop:
        until = min(at + cuts[len(pieces) % len(cuts)] * TILE, stop)
        run.forget(at)
        _, segments, clips = (table.tolist() for table in run.window(at, until))
        pieces.extend(read_in(tile, segments, clips) for tile in range(at, until, TILE))
        at = until
    assert pieces == whole


def test_values():
    """The engine starts from the desk's values."""
    run = timeline()
    assert run.values[track_index("audible", 0, 8)] == 1.0
    assert np.isfinite(run.values).all()


def test_segment_at():
    """A segment maps frames to positions."""
    assert Segment(100, 5, 0, 0).at(110) == 15


@pytest.mark.parametrize("frame", [0, 4_799, 4_800, 9_599, 14_401])
def test_position_in_a_loop(frame):
    """Positions go round."""
    assert timeline(0, 0, (0, 4_800)).position(frame) == frame % 4_800


def test_held_parameters_do_not_move():
    """What is held stands at its value from the start on, and no edit moves it; the rest moves as it did."""
    run, index = timeline(), track_index("fader_db", 1, 8)
    run.edit(640, run.mix.set("tracks/t1/fader_db", -6.0).set("tracks/t1/pan", 0.5))
    run.hold({index: -20.0})
    assert run.values[index] == -20.0
    assert [int(row["index"]) for row in run.window(0, 4_800)[0]] == [track_index("pan", 1, 8)]


def test_reached_values_are_known():
    """Whether a parameter ever stands above a value, at the start or after any edit."""
    run, index = timeline(), track_index("fader_db", 1, 8)
    run.edit(640, run.mix.set("tracks/t1/fader_db", 6.0))
    assert run.reaches(index, 5.0)
    assert not run.reaches(index, 7.0)
    assert not run.reaches(track_index("pan", 1, 8), 0.5)
