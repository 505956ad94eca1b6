"""The meter for finished audio: the synthetic cases of EBU Tech 3341 and 3342, libav's filter, other rates, bad input."""

import math

import numpy as np
import pytest
from helpers.ebu import INTEGRATED, RANGES, SILENCE, SINES, sine, tones, transient
from helpers.libav import ebur128
from helpers.programme import programmes
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from dsp.metering.loudness import Loudness, Meter
from dsp.synth import stems

Audio = NDArray[np.float32]


def measured(audio: Audio, rate: int = 48_000, block: int = 65_536) -> Loudness:
    """What a meter says that was fed in blocks."""
    meter = Meter(rate)
    for at in range(0, len(audio), block):
        meter.feed(audio[at : at + block])
    return meter.result()


def true_peak_16x(audio: Audio) -> float:
    """True peak in dB of sixteen times as many points through a filter of 128 taps."""
    window = firwin(2 * 64 * 16 + 1, 1 / 16, window=("kaiser", 10.0))
    return 20.0 * math.log10(np.abs(resample_poly(audio.astype(np.float64), 16, 1, axis=0, window=window)).max())


@pytest.mark.parametrize("case", INTEGRATED)
def test_integrated_loudness_of_tech_3341(case: int) -> None:
    """Cases 1 to 5: integrated loudness within 0.1 LU; of 1 and 2 the highest momentary and short-term loudness too."""
    parts, expected = INTEGRATED[case]
    loudness = measured(tones(parts))
    assert loudness.integrated_lufs == pytest.approx(expected, abs=0.1)
    if case in (1, 2):
        assert loudness.max_momentary_lufs == pytest.approx(expected, abs=0.1)
        assert loudness.max_short_term_lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_bursts_in_files_of_tech_3341(number: int) -> None:
    """Cases 10 and 13: a burst of a window's length reads -23.0 within 0.1 LU wherever it begins."""
    short = measured(tones([(0.15 * number, SILENCE), (3.0, -23.0), (1.0, SILENCE)]))
    assert short.max_short_term_lufs == pytest.approx(-23.0, abs=0.1)
    momentary = measured(tones([(0.02 * number, SILENCE), (0.4, -23.0), (1.0, SILENCE)]))
    assert momentary.max_momentary_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("case", RANGES)
def test_loudness_range_of_tech_3342(case: int) -> None:
    """Cases 1 to 4: the range within 1 LU (and ours within 0.1)."""
    parts, expected = RANGES[case]
    assert measured(tones(parts)).range_lu == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("case", SINES)
def test_true_peak_of_sines_of_tech_3341(case: int) -> None:
    """Cases 15 to 19: the peaks of sines that are sampled beside them, within +0.2 and -0.4 dB."""
    expected = SINES[case][3]
    assert expected - 0.4 <= measured(sine(case)).true_peak_dbtp <= expected + 0.2


@pytest.mark.parametrize("offset", range(4))
def test_true_peak_of_transients_of_tech_3341(offset: int) -> None:
    """Cases 20 to 23: a single period reads 0 dBTP within +0.2 and -0.4 dB, wherever the samples fall."""
    assert -0.4 <= measured(transient(offset)).true_peak_dbtp <= 0.2


@pytest.mark.parametrize("name", programmes(1))
def test_it_agrees_with_libav(name: str) -> None:
    """Integrated, range, and the highest momentary and short-term loudness agree with the filter's within 0.1 LU."""
    audio = programmes()[name]
    ours, theirs = measured(audio), ebur128(audio)
    assert max(ours.integrated_lufs, -70.0) == pytest.approx(theirs.integrated_lufs, abs=0.1)
    assert ours.range_lu == pytest.approx(theirs.range_lu, abs=0.1)
    assert ours.max_momentary_lufs == pytest.approx(theirs.max_momentary_lufs, abs=0.1)
    assert ours.max_short_term_lufs == pytest.approx(theirs.max_short_term_lufs, abs=0.1)


@pytest.mark.parametrize("name", programmes(1))
def test_true_peak_is_that_of_sixteen_points_a_frame(name: str) -> None:
    """Within 0.1 dB of a reference that is oversampled 16 times, through a much longer filter."""
    audio = programmes(6)[name]
    assert measured(audio).true_peak_dbtp == pytest.approx(true_peak_16x(audio), abs=0.1)


def test_the_demo_song_reads_what_libav_and_the_reference_say() -> None:
    """Music, its stems added up: all figures within 0.1."""
    audio = np.sum([stems.render(name) for name in ("Drums", "Bass", "Keys")], axis=0, dtype=np.float32)
    ours, theirs = measured(audio), ebur128(audio)
    assert ours.integrated_lufs == pytest.approx(theirs.integrated_lufs, abs=0.1)
    assert ours.range_lu == pytest.approx(theirs.range_lu, abs=0.1)
    assert ours.true_peak_dbtp == pytest.approx(true_peak_16x(audio), abs=0.1)


def test_blocks_of_any_length_give_the_same_figures() -> None:
    """Whatever the blocks are, the result is the same number; asking for it in between changes nothing."""
    audio = programmes(5)["swelling"]
    whole = measured(audio, block=len(audio))
    assert measured(audio, block=777) == measured(audio, block=31) == whole
    meter = Meter()
    for at in range(0, len(audio), 9_999):
        meter.feed(audio[at : at + 9_999])
        meter.result()
    assert meter.result() == whole


@pytest.mark.parametrize("rate", [44_100, 88_200, 96_000])
def test_other_rates_read_the_same(rate: int) -> None:
    """At any rate tones across the band are as loud as at 48 kHz, within 0.05 LU below 5 kHz and 0.15 at 10 kHz."""
    for hz, tolerance in ((40.0, 0.05), (1000.0, 0.05), (5000.0, 0.05), (10_000.0, 0.15)):
        expected = measured(tones([(4.0, -20.0)], hz=hz))
        loudness = measured(tones([(4.0, -20.0)], rate, hz), rate)
        assert loudness.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=tolerance)
        if hz <= 1000.0:  # above, its abrupt ends ring
            assert loudness.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)


def test_silence_and_short_audio_read_nothing() -> None:
    """Levels of silence, and of less than a window, are -inf, the range is 0; what is no number counts as silence."""
    nothing = Loudness(-math.inf, 0.0, -math.inf, -math.inf, -math.inf)
    assert Meter().result() == nothing
    assert measured(np.full((50_000, 2), np.nan, np.float32)) == nothing
    short = measured(tones([(0.399, -20.0)]))
    assert (short.integrated_lufs, short.max_momentary_lufs) == (-math.inf, -math.inf)
    assert short.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)


def test_the_last_frame_counts() -> None:
    """A peak in the very last frame is found, and a block that ends there is gated."""
    audio = tones([(0.4, -20.0)], 44_100)
    audio[-1] = 0.9
    loudness = measured(audio, 44_100)
    assert loudness.true_peak_dbtp > -1.0
    assert loudness.integrated_lufs > -21.0


@pytest.mark.parametrize("rate", [0, 7_900, 44_101, 384_000])
def test_impossible_rates_are_refused(rate: int) -> None:
    """A step of 10 ms must be whole frames."""
    with pytest.raises(ValueError, match="expected a rate"):
        Meter(rate)


@pytest.mark.parametrize("block", [np.zeros((2, 64), np.float32), np.zeros((64, 2)), np.zeros(64, np.float32)])
def test_other_blocks_are_refused(block: NDArray[np.float32]) -> None:
    """Planes, float64 and mono are not what a meter takes."""
    with pytest.raises(ValueError, match="expected float32 of shape"):
        Meter().feed(block)
