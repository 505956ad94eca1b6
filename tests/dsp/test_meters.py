"""Meters against numpy, quantum by quantum."""

import re
from pathlib import Path

import numpy as np
from helpers.console import Console, noise

from dsp.grid import LATENCY, QUANTUM
from dsp.layout import bus_meter, meter_columns, meter_names, track_meter
from dsp.params import GROUPS

FRAMES = 10 * QUANTUM


def test_peaks_and_rms_are_those_of_the_samples() -> None:
    """Master meters are those of the frames that left in the quantum; a track's those of what it put into the mix."""
    stem = noise(FRAMES)
    console = Console([np.zeros_like(stem), stem], {"1/fader_db": -6.0, "1/pan": 0.4})
    out = console.render(FRAMES + LATENCY)[LATENCY:]
    strip = np.concatenate([np.zeros((0, 2)), out])
    for k, row in enumerate(console.meters[1:]):
        left = out[k * QUANTUM : (k + 1) * QUANTUM].astype(float)
        entered = strip[k * QUANTUM + LATENCY : (k + 1) * QUANTUM + LATENCY].astype(float)
        master = [row[bus_meter(f"master/{name}", 8)] for name in ("peak_l", "peak_r", "rms_l", "rms_r")]
        assert np.allclose(master, [*np.abs(left).max(axis=0), *np.sqrt((left**2).mean(axis=0))], rtol=1e-5)
        if len(entered) == QUANTUM:
            track = [row[track_meter(name, 1, 8)] for name in ("peak_l", "peak_r", "rms")]
            assert np.allclose(track, [*np.abs(entered).max(axis=0), np.sqrt((entered**2).mean())], rtol=1e-5)


def test_a_row_comes_with_every_quantum_and_begins_anew() -> None:
    """Ten quanta give ten rows (and one for the latency); silence after a burst reads 0."""
    stem = np.zeros((FRAMES, 2), np.float32)
    stem[:500] = noise(500)
    console = Console([stem])
    console.render(FRAMES + LATENCY)
    assert len(console.meters) == 11
    assert console.meters[1].max() > 0.1
    assert not console.meters[3:].any()


def test_columns_have_names() -> None:
    """Every column has one name, and the lookups agree with it."""
    names = meter_names(16)
    assert len(names) == len(set(names)) == meter_columns(16)
    assert names[track_meter("rms", 5, 16)] == "rms/5"
    assert names[bus_meter("master/rms_r", 16)] == "master/rms_r"


def test_the_web_console_reads_the_groups_where_they_are() -> None:
    """Its figures for the place of the first group's columns, and for those of a group, are the layout's."""
    text = (Path(__file__).parents[2] / "web" / "src" / "state" / "levels.ts").read_text()
    found = re.search(r"GROUPS = \{ first: (\d+), each: (\d+), count: (\d+) \}", text)
    assert found is not None
    first, second = (bus_meter(f"group/{group}/peak_l", 0) for group in (1, 2))
    assert [int(figure) for figure in found.groups()] == [first, second - first, GROUPS]
    assert [bus_meter(f"group/1/{name}", 0) - first for name in ("peak_l", "peak_r", "rms")] == [0, 1, 2]
