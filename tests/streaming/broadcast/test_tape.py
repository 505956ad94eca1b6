"""What is cut from a stream for those who cannot be told of a splice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dsp.grid import RATE
from streaming.broadcast.tape import BEHIND, BURST, FADE, PATIENCE_US, Cut, Standing, Tape

RING = 3 * RATE


def plays(playhead: int, **more: int) -> Standing:
    """A stream that plays and is rendered well ahead."""
    return Standing(max(0, playhead - RATE), playhead - BEHIND, playhead + RATE, **more)


def rests(frame: int, over: bool = False) -> Standing:
    """A stream that stands at a frame."""
    return Standing(max(0, frame - RATE), frame, frame + RATE, frame, over)


def test_it_begins_with_the_past_that_there_is() -> None:
    """On a young stream the burst is all of it, without a fade at the song's first frame; later it is what the ring holds."""
    assert list(Tape(plays(RATE // 2), 0).turn(plays(RATE // 2), 0)) == [Cut(0, RATE // 2 - BEHIND)]
    (cut,) = Tape(plays(9 * RATE), 0).turn(plays(9 * RATE), 0)
    assert cut == Cut(8 * RATE, RATE - BEHIND, fades_in=True)
    held = Standing(0, 9 * RATE, 10 * RATE)
    (cut,) = Tape(held, 0).turn(held, 0)
    assert cut.frames == BURST


@given(st.lists(st.integers(0, 9_600), min_size=1, max_size=30))
def test_it_goes_on_where_it_was(steps: list[int]) -> None:
    """However often it is wound, what was final comes once and in a row."""
    tape, playhead, now_us, cuts = Tape(plays(RATE), 0), RATE, 0, []
    for step in steps:
        cuts += tape.turn(plays(playhead), now_us)
        playhead, now_us = playhead + step, now_us + 1_000
    at = 0
    for cut in cuts:
        assert cut.start == at
        at += cut.frames
    assert at <= playhead - BEHIND


def test_a_pause_is_silence_between_fades() -> None:
    """The audio fades out up to the frame of the pause, silence lasts as long as the pause, then it fades in."""
    tape = Tape(plays(RATE), 0)
    list(tape.turn(plays(RATE), 0))
    assert list(tape.turn(rests(RATE + 960), 100_000)) == [Cut(RATE - BEHIND, BEHIND + 960, fades_out=True)]
    assert list(tape.turn(rests(RATE + 960), 200_000)) == [Cut(None, RATE // 10)]
    assert list(tape.turn(plays(RATE + 960), 230_000)) == []
    assert list(tape.turn(plays(RATE + 5_760), 330_000)) == [Cut(RATE + 960, 4_800 - BEHIND, fades_in=True)]


def test_a_stream_that_falters_is_faded_out_too() -> None:
    """Silence that nobody announced waits a moment; what comes next is faded out and heard again."""
    tape = Tape(plays(RATE), 0)
    list(tape.turn(plays(RATE), 0))
    assert list(tape.turn(plays(RATE), PATIENCE_US - 1)) == []
    out, silence = tape.turn(plays(RATE), PATIENCE_US)
    assert out == Cut(RATE - BEHIND, FADE, fades_out=True)
    assert silence == Cut(None, PATIENCE_US * RATE // 1_000_000 - FADE)
    assert list(tape.turn(plays(RATE + 960), PATIENCE_US + 1)) == [Cut(RATE - BEHIND, 960, fades_in=True)]


def test_what_was_overwritten_is_left_out() -> None:
    """A tape that was not wound for too long goes on with the oldest frame that there is, out of a fade and into one."""
    tape = Tape(plays(RATE), 0)
    list(tape.turn(plays(RATE), 0))
    (cut,) = tape.turn(plays(9 * RATE), 8_000_000)
    assert cut == Cut(8 * RATE, RATE - BEHIND, fades_in=True)


def test_it_is_over_with_the_song() -> None:
    """The song's last frame is not faded, and then the tape is over; where nothing was played yet there is silence."""
    tape = Tape(plays(RATE), 0)
    list(tape.turn(plays(RATE), 0))
    (cut,) = tape.turn(rests(RATE, over=True), 100_000)
    assert not cut.fades_out
    assert not tape.over
    assert list(tape.turn(rests(RATE, over=True), 200_000)) == []
    assert tape.over
    late = Tape(Standing(0, 0, 0, 0, over=True), 0)
    assert list(late.turn(Standing(0, 0, 0, 0, over=True), 100_000)) == [Cut(None, 4_800)]


@given(st.integers(0, 1_000), st.booleans(), st.booleans())
def test_fades_reach_silence_and_leave_the_rest(frames: int, fades_in: bool, fades_out: bool) -> None:
    """A fade rises from nothing or falls to it, on its 256 frames at most."""
    shaped = Cut(0, frames, fades_in, fades_out).shaped(np.ones((frames, 2), np.float32))
    assert shaped.shape == (frames, 2)
    if frames >= 2 * FADE:
        assert np.all(shaped[FADE:-FADE] == 1.0)
        assert (shaped[0, 0] < 0.01) == fades_in
        assert (shaped[-1, 0] < 0.01) == fades_out
