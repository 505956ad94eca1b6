"""Meters against numpy, quantum by quantum, and loudness as a live meter of EBU Tech 3341 has to show it."""

import numpy as np
import pytest
from helpers.console import Console, noise
from helpers.ebu import INTEGRATED, RANGES, SILENCE, SINES, sine, tones, transient
from helpers.programme import programmes
from numpy.typing import NDArray

from dsp.desk.params import reset_index
from dsp.desk.units import LUFS_OF_ONE
from dsp.grid import LATENCY, QUANTUM, RATE, STRIP_DELAY, TILE
from dsp.metering.loudness import Meter
from dsp.slot.columns import bus_meter, bus_meter_names, meter_columns, meter_names, track_meter
from dsp.tables import EVENT

FRAMES = 10 * QUANTUM


def test_peaks_and_rms_are_those_of_the_samples() -> None:
    """Master meters are those of the frames that left in the quantum; a track's those of what it put into the mix."""
    stem = noise(FRAMES)
    console = Console([np.zeros_like(stem), stem], {"1/fader_db": -6.0, "1/pan": 0.4})
    out = console.render(FRAMES + LATENCY)[LATENCY:]
    ahead = LATENCY - STRIP_DELAY
    for k, row in enumerate(console.meters[1:]):
        left = out[k * QUANTUM : (k + 1) * QUANTUM].astype(float)
        entered = out[k * QUANTUM + ahead : (k + 1) * QUANTUM + ahead].astype(float)
        master = [row[bus_meter(f"master/{name}", 8)] for name in ("peak_l", "peak_r", "rms_l", "rms_r")]
        assert np.allclose(master, [*np.abs(left).max(axis=0), *np.sqrt((left**2).mean(axis=0))], rtol=1e-5)
        if len(entered) == QUANTUM:
            track = [row[track_meter(name, 1, 8)] for name in ("peak_l", "peak_r", "rms")]
            assert np.allclose(track, [*np.abs(entered).max(axis=0), np.sqrt((entered**2).mean())], rtol=1e-5)


def test_a_row_comes_with_every_quantum_and_begins_anew() -> None:
    """Ten quanta give ten rows (and one for the latency); levels of silence after a burst read 0."""
    stem = np.zeros((FRAMES, 2), np.float32)
    stem[:500] = noise(500)
    console = Console([stem])
    console.render(FRAMES + LATENCY)
    assert len(console.meters) == 11
    assert console.meters[1].max() > 0.1
    levels = [bus_meter(f"master/{name}", 8) for name in ("peak_l", "rms_r", "true_peak_l", "true_peak_r")]
    assert not console.meters[4:, levels].any()


def test_columns_have_names() -> None:
    """Every column has one name, and the lookups agree with it."""
    names = meter_names(16)
    assert len(names) == len(set(names)) == meter_columns(16)
    assert names[track_meter("rms", 5, 16)] == "rms/5"
    assert names[bus_meter("master/rms_r", 16)] == "master/rms_r"
    assert names[4 * 16 :] == bus_meter_names()


Audio = NDArray[np.float32]


def played(audio: Audio, resets: tuple[int, ...] = ()) -> Console:
    """A console that has played audio as it is, and begun the loudness anew at some stream frames."""
    console = Console([audio], events=np.array([(at + LATENCY, reset_index(8), 0, 0.0) for at in resets], EVENT))
    console.play(-(-len(audio) // QUANTUM) * QUANTUM + QUANTUM)
    return console


def column(console: Console, name: str) -> NDArray[np.float64]:
    """A master's meter, row by row from stream frame 0 on."""
    return console.meters[1:, bus_meter(f"master/{name}", 8)].astype(np.float64)


def lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness of a column of powers."""
    return np.asarray(LUFS_OF_ONE + 10.0 * np.log10(np.maximum(power, 1e-12)))


def rows_of(seconds: float) -> int:
    """How many rows a time has."""
    return round(seconds * RATE / QUANTUM)


def segments(window: float, step: float) -> list[list[tuple[float, float]]]:
    """Cases 11 and 14: 20 tones, each of a window and 1 dB louder than the one before, shifted by a step more."""
    return [[(i * step, SILENCE), (window, -38.0 + i), (20 * step - i * step, SILENCE)] for i in range(20)]


@pytest.mark.parametrize("case", INTEGRATED)
def test_live_loudness_of_tech_3341(case: int) -> None:
    """Cases 1 to 5: the last row's integrated loudness is right within 0.1 LU; of 1 and 2 the others are, all the time."""
    parts, expected = INTEGRATED[case]
    console = played(tones(parts))
    assert lufs(column(console, "integrated")[-1:])[0] == pytest.approx(expected, abs=0.1)
    if case in (1, 2):
        tone = rows_of(20.0)
        assert lufs(column(console, "momentary")[rows_of(0.4) : tone]) == pytest.approx(expected, abs=0.1)
        assert lufs(column(console, "short_term")[rows_of(3.0) : tone]) == pytest.approx(expected, abs=0.1)


def test_constant_loudness_of_tech_3341() -> None:
    """Cases 9 and 12: windows of 3 s and of 400 ms over a repeated pattern stand still at -23.0 within 0.1 LU."""
    short = played(tones([(1.34, -20.0), (1.66, -30.0)] * 5))
    assert lufs(column(short, "short_term")[rows_of(3.0) : rows_of(15.0)]) == pytest.approx(-23.0, abs=0.1)
    momentary = played(tones([(0.18, -20.0), (0.22, -30.0)] * 25))
    assert lufs(column(momentary, "momentary")[rows_of(1.0) : rows_of(10.0)]) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(("name", "window", "step"), [("short_term", 3.0, 0.15), ("momentary", 0.4, 0.02)])
def test_successive_maxima_of_tech_3341(name: str, window: float, step: float) -> None:
    """Cases 11 and 14: tones of a window's length read -38.0, -37.0, ... -19.0 within 0.1 LU, wherever they begin."""
    console = played(tones([part for segment in segments(window, step) for part in segment]))
    loudest = lufs(column(console, name)[: rows_of(20 * (window + 20 * step))]).reshape(20, -1).max(axis=1)
    assert loudest == pytest.approx(np.arange(-38.0, -18.0), abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_bursts_of_tech_3341(number: int) -> None:
    """Cases 10 and 13, as a live meter shows them after a start: the maxima read -23.0 within 0.1 LU."""
    short = played(tones([(0.15 * number, SILENCE), (3.0, -23.0), (1.0, SILENCE)]))
    assert lufs(column(short, "max_short_term")[-1:]) == pytest.approx(-23.0, abs=0.1)
    momentary = played(tones([(0.02 * number, SILENCE), (0.4, -23.0), (1.0, SILENCE)]))
    assert lufs(column(momentary, "max_momentary")[-1:]) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("case", RANGES)
def test_live_range_of_tech_3342(case: int) -> None:
    """Cases 1 to 4: the last row's range is right within 1 LU."""
    parts, expected = RANGES[case]
    assert column(played(tones(parts)), "range_lu")[-1] == pytest.approx(expected, abs=1.0)


def test_live_true_peak_of_tech_3341() -> None:
    """Cases 15 to 23: the highest true peak since the start, and the highest of the rows, lie within +0.2 and -0.4 dB."""
    for audio, expected in [(sine(case), SINES[case][3]) for case in SINES] + [(transient(k), 0.0) for k in range(4)]:
        console = played(audio)
        highest = [column(console, "max_true_peak")[-1], *(column(console, f"true_peak_{side}").max() for side in "lr")]
        assert all(-0.4 <= decibels - expected <= 0.2 for decibels in 20.0 * np.log10(highest))


def test_it_is_the_meter_of_finished_audio() -> None:
    """What a console shows at the end is what :class:`dsp.metering.loudness.Meter` says of the same audio."""
    audio = programmes(10)["swelling"]
    console, meter = played(audio), Meter()
    meter.feed(audio)
    told = meter.result()
    shown = {
        name: float(column(console, name)[-1]) for name in ("integrated", "max_momentary", "max_short_term", "max_true_peak")
    }
    assert lufs(np.array(shown["integrated"])) == pytest.approx(told.integrated_lufs, abs=0.01)
    assert lufs(np.array(shown["max_momentary"])) == pytest.approx(told.max_momentary_lufs, abs=0.01)
    assert lufs(np.array(shown["max_short_term"])) == pytest.approx(told.max_short_term_lufs, abs=0.01)
    assert 20.0 * np.log10(shown["max_true_peak"]) == pytest.approx(told.true_peak_dbtp, abs=0.01)


@pytest.mark.parametrize("at", [4 * RATE, 4 * RATE + 7 * TILE])
def test_a_reset_measures_anew(at: int) -> None:
    """After a reset in the middle of anything, only what comes after it counts; momentary and short-term loudness go on."""
    audio = np.concatenate([tones([(4.5, -10.0)]), tones([(5.5, -30.0)])])
    console, without = played(audio, (at + RATE,)), played(audio)
    assert lufs(column(console, "integrated")[-1:]) == pytest.approx(-30.0, abs=0.1)
    assert lufs(column(console, "max_momentary")[-1:]) == pytest.approx(-30.0, abs=0.1)
    assert 20.0 * np.log10(column(console, "max_true_peak")[-1]) == pytest.approx(-30.0, abs=0.2)
    assert column(console, "range_lu")[-1] < 0.2
    assert lufs(column(without, "integrated")[-1:]) > -15.0
    for name in ("momentary", "short_term", "correlation", "peak_l"):
        assert np.array_equal(column(console, name), column(without, name))


def test_correlation_is_that_of_the_last_300_ms() -> None:
    """Against numpy, row by row, for sides that are equal, opposite, unrelated, mixed, and where one is silent."""
    side = noise(RATE)[:, :1]
    mixed = noise(RATE, 1) @ np.array([[1.0, 0.5], [0.2, -0.6]], np.float32)
    parts = [np.tile(side, 2), np.hstack([side, -side]), noise(RATE, 2), mixed, np.hstack([side, 0.0 * side])]
    audio = np.concatenate(parts).astype(np.float32)
    shown = column(played(audio), "correlation")
    left, right = np.concatenate([np.zeros((15 * QUANTUM, 2)), audio]).astype(np.float64).T
    for row in range(len(audio) // QUANTUM):
        a, b = (plane[(row + 1) * QUANTUM : (row + 16) * QUANTUM] for plane in (left, right))
        power = np.sqrt((a @ a) * (b @ b))
        assert shown[row] == pytest.approx(a @ b / power if power > 0.0 else 0.0, abs=1e-4)


def test_loudness_does_not_depend_on_cuts() -> None:
    """Rows and slots are the same bits whatever the calls are, with a reset among them."""
    audio = programmes(4)["swelling"]
    whole = Console([audio], events=np.array([(RATE + 3 * TILE, reset_index(8), 0, 0.0)], EVENT))
    pieces = Console([audio], events=whole.events)
    whole.render(3 * RATE)
    pieces.render_in([TILE, 3 * TILE, 96, 480, 960, RATE - 96 - 480 - 960 - 4 * TILE, 7 * TILE, 2 * RATE - 7 * TILE])
    assert whole.meters.tobytes() == pieces.meters.tobytes()
    assert whole.state64.tobytes() == pieces.state64.tobytes()
    assert whole.state32.tobytes() == pieces.state32.tobytes()
