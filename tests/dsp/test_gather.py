"""The gather against numpy: what enters the desk is what the tables say, sample by sample."""

import itertools

import numpy as np
from helpers.console import Audio, Console, noise
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsp.grid import JUMP_FADE, LATENCY
from dsp.tables import CLIP

FRAMES = 2048
SOURCES = [noise(length, seed) for seed, length in enumerate((700, 1500, 3000))]
Clip = tuple[int, int, int, int, int, float, int, int, int]
Segment = tuple[int, int, int, int]


def ramp(age: np.ndarray, length: int) -> np.ndarray:
    """A linear fade of ``length`` frames."""
    return np.where(age >= length, 1.0, (age + 0.5) / max(length, 1))


def song(table: int, positions: np.ndarray, clips: list[Clip]) -> np.ndarray:
    """The sum of a table's clips at the given positions, float64."""
    heard = np.zeros((len(positions), 2))
    for number, _lane, source, fade_in, fade_out, gain, at, start, length in clips:
        age = positions - at
        place = age + start
        inside = (number == table) & (age >= 0) & (age < length) & (place >= 0) & (place < len(SOURCES[source]))
        level = gain * ramp(age, fade_in) * ramp(length - 1 - age, fade_out)
        heard[inside] += SOURCES[source][place[inside]] * level[inside, None]
    return heard


def expected(segments: list[Segment], clips: list[Clip]) -> np.ndarray:
    """Every frame from the newest segment back."""
    frames = np.arange(FRAMES)
    heard = np.zeros((FRAMES, 2))
    for starts_at, position, table, fade in segments:
        age = frames - starts_at
        share = np.where(age < 0, 0.0, ramp(age, fade))[:, None]
        heard = share * song(table, position + age, clips) + (1.0 - share) * heard
    return heard


def gathered(segments: list[Segment], clips: list[Clip]) -> Audio:
    """What the kernel plays."""
    console = Console(SOURCES, clips=np.array(clips, CLIP), segments=segments)
    return console.play(FRAMES)


CLIPS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 7), st.integers(0, 2),
        st.sampled_from([0, 1, 100, 999]), st.sampled_from([0, 1, 64, 500]),
        st.sampled_from([1.0, 0.5, 2.0]), st.integers(0, 1200), st.integers(-50, 900), st.integers(0, 2500),
    ),
    max_size=10,
)  # fmt: skip
SEGMENTS = st.lists(
    st.tuples(st.integers(0, FRAMES), st.integers(0, 2000), st.integers(0, 1), st.sampled_from([0, JUMP_FADE])), max_size=6
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@settings(max_examples=150, deadline=None)
@given(segments=SEGMENTS, clips=CLIPS)
@example(
    segments=[(0, 0, 0, 0), (500, 9, 0, 256), (600, 1000, 1, 256), (601, 3, 0, 256)], clips=[(0, 0, 2, 0, 0, 1.0, 0, 0, 3000)]
)
def test_clips_fades_and_jumps_are_what_the_tables_say(segments: list[Segment], clips: list[Clip]) -> None:
    """Any clips and segments, also with jumps within the fades of others, match numpy within float32."""
    assert np.allclose(gathered(segments, clips), expected(segments, clips), rtol=0, atol=3e-6)


def test_a_loop_may_turn_at_any_frame() -> None:
    """Passes of 333 frames without a fade repeat the song's samples exactly."""
    passes = [(333 * k, 50, 0, 0) for k in range(7)]
    heard = gathered(passes, [(0, 3, 2, 0, 0, 1.0, 0, 0, 3000)])
    assert np.array_equal(heard[:2000], np.concatenate([SOURCES[2][50:383]] * 7)[:2000])


def test_before_the_first_segment_there_is_silence() -> None:
    """Nothing plays until the first segment starts, on any frame."""
    heard = gathered([(777, 5, 0, 0)], [(0, 0, 2, 0, 0, 1.0, 0, 0, 3000)])
    assert not heard[:777].any()
    assert np.array_equal(heard[777:], SOURCES[2][5 : 5 + FRAMES - 777])


def test_opposite_fades_add_up_to_one() -> None:
    """Two clips of the same audio that cross over are the audio."""
    clips: list[Clip] = [(0, 0, 2, 0, 300, 1.0, 0, 0, 1000), (0, 0, 2, 300, 0, 1.0, 700, 700, 2000)]
    assert np.allclose(gathered([(0, 0, 0, 0)], clips), SOURCES[2][:FRAMES], rtol=0, atol=1e-6)


def test_clips_beyond_their_source_or_the_desk_are_silent() -> None:
    """A clip that reads before or behind its source, names no source or no lane, harms nobody."""
    wild: list[Clip] = [
        (0, 0, 0, 0, 0, 1.0, 0, 10**9, 2000), (0, 0, 0, 0, 0, 1.0, 0, -(10**9), 2000), (0, 0, 99, 0, 0, 1.0, 0, 0, 2000),
        (0, 0, -1, 0, 0, 1.0, 0, 0, 2000), (0, 8, 0, 0, 0, 1.0, 0, 0, 2000), (0, -1, 0, 0, 0, 1.0, 0, 0, 2000),
        (0, 0, 0, 0, 0, 1.0, 0, 0, -5), (0, 0, 0, -5, -5, 1.0, -100, 0, 90),
    ]  # fmt: skip
    assert not gathered([(0, 0, 0, 0)], wild).any()


def test_the_same_audio_read_in_place_or_staged_is_the_same_bits() -> None:
    """A tile that is mixed because of a neighbouring edge equals the tile read where it lies."""
    whole = gathered([(0, 0, 0, 0)], [(0, 0, 2, 0, 0, 0.7, 0, 0, 3000)])
    pieces = [(0, 0, 2, 0, 0, 0.7, a, a, b - a) for a, b in itertools.pairwise(range(0, 3001, 50))]
    assert np.array_equal(whole, gathered([(0, 0, 0, 0)], pieces))


def test_input_reaches_the_output_after_latency() -> None:
    """The helper takes off what the kernel adds."""
    assert not Console(SOURCES).render(LATENCY).any()
