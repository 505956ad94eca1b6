"""The scope against sines, noise and samples."""

import numpy as np
import pytest

from dsp.grid import QUANTUM, RATE
from streaming.listening.scope import CENTRES_HZ, FRAMES, POINT_FRAMES, POINTS, Scope
from streaming.render.arena import Arena

RING = 50 * QUANTUM


@pytest.fixture
def arena():
    """The memory of a stream of 8 tracks."""
    arena = Arena(8, 1, RING)
    yield arena
    arena.close()


def bands(arena, audio, frame=None):
    """The spectrum of audio that ends at a stream frame."""
    frame = frame or len(audio)
    arena.write_pcm(frame - len(audio), audio.astype(np.float32))
    return np.array(Scope(arena).row(frame)[0])


def stereo(plane):
    """A plane in both channels."""
    return np.stack([plane, plane], axis=1)


def test_the_centres_are_thirds_of_an_octave():
    """31 bands from 20 Hz to 20 kHz."""
    assert len(CENTRES_HZ) == 31
    assert (round(CENTRES_HZ[0], 1), CENTRES_HZ[17], round(CENTRES_HZ[-1])) == (20.0, 1000.0, 19953)
    assert np.allclose(np.diff(np.log2(CENTRES_HZ)), np.log2(10.0) / 10.0)


@pytest.mark.parametrize("band", range(31))
def test_a_sine_reads_its_level_in_its_band(arena, band):
    """A sine at a band's centre reads its level within 0.2 dB there, and 15 dB less or lower still elsewhere."""
    plane = 0.5 * np.sin(2.0 * np.pi * CENTRES_HZ[band] * np.arange(FRAMES) / RATE)
    shown = bands(arena, stereo(plane), 20 * FRAMES)
    assert shown[band] == pytest.approx(-6.0, abs=0.2)
    assert np.delete(shown, band).max() < -21.0


def test_white_noise_rises_with_the_bandwidth(arena):
    """Averaged, every band reads the power of its width, within 1 dB."""
    rng = np.random.default_rng(1)
    shown = [10.0 ** (bands(arena, 0.1 * rng.standard_normal((FRAMES, 2)), k * FRAMES) / 10.0) for k in range(2, 32)]
    widths = np.array(CENTRES_HZ) * (10.0**0.05 - 10.0**-0.05)
    expected = 10.0 * np.log10(2.0 * 0.01 * widths / (RATE / 2))
    assert 10.0 * np.log10(np.mean(shown, axis=0))[3:] == pytest.approx(expected[3:], abs=1.0)


def test_one_side_alone_is_3_db_less(arena):
    """The bands hold the power of both channels; treble on the left, bass on the right."""
    t = np.arange(FRAMES) / RATE
    shown = bands(arena, np.stack([np.sin(2 * np.pi * 10_000.0 * t), np.sin(2 * np.pi * 100.0 * t)], axis=1))
    assert shown[[27, 7]] == pytest.approx(-3.0, abs=0.2)


def test_points_are_samples(arena):
    """Mid and side of every fifteenth of the last 960 frames; across the ring's end, too."""
    audio = np.random.default_rng(2).uniform(-1.0, 1.0, (FRAMES, 2)).astype(np.float32)
    frame = RING + POINT_FRAMES // 2
    arena.write_pcm(frame - FRAMES, audio)
    points = np.array(Scope(arena).row(frame)[1])
    left, right = audio[-POINT_FRAMES :: POINT_FRAMES // POINTS].T
    assert points == pytest.approx(np.stack([(left + right) / 2, (left - right) / 2], axis=1), abs=0.00051)


def test_a_stream_that_has_just_begun(arena):
    """What lies before stream frame 0 is silence, whatever the ring holds."""
    arena.write_pcm(0, np.ones((RING, 2), np.float32))
    arena.write_pcm(0, np.zeros((QUANTUM, 2), np.float32))
    shown, points = Scope(arena).row(QUANTUM)
    assert max(shown) == -120.0
    assert not np.array(points).any()
