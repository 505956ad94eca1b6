"""Glides, seen through the slot."""

import numpy as np
import pytest
from helpers.console import Console, events, index_of

from dsp.desk.params import reset_index
from dsp.grid import TILE
from dsp.slot.layout import GLIDE, HEAD


def value(console: Console, path: str) -> float:
    """What a parameter stands at, after its law."""
    return float(console.state64[HEAD + index_of(path, 8)])


@pytest.mark.parametrize(
    ("path", "unit", "lawful"),
    [("0/fader_db", -20.0, 0.1), ("0/fader_db", -90.0, 0.0), ("0/eq/2/frequency_hz", 1024.0, 10.0), ("0/pan", -0.25, -0.25),
     ("reverb/decay_s", 4.0, 2.0), ("master/limiter/ceiling_db", -12.0, 10 ** -0.6)],
)  # fmt: skip
def test_values_obey_their_laws(path: str, unit: float, lawful: float) -> None:
    """A fresh desk and an event put the same number behind a value."""
    started = Console([], {path: unit})
    started.render(TILE)
    moved = Console([], events=events([(0, path, unit, 1)]))
    moved.render(TILE)
    assert value(started, path) == value(moved, path) == pytest.approx(lawful, abs=1e-14)


def test_a_glide_takes_its_tiles_and_lands_exactly() -> None:
    """Over 7 tiles a pan moves by sevenths; on the last it is the target, and soon after nothing moves any more."""
    console = Console([], events=events([(2 * TILE, "4/pan", 0.7, 7)]))
    seen = []
    for _ in range(12):
        console.render(TILE)
        seen.append(value(console, "4/pan"))
    assert seen[:2] == [0.0, 0.0]
    assert np.allclose(seen[2:9], np.arange(1, 8) / 10, atol=1e-15)
    assert seen[8:] == [0.7] * 4
    assert console.state64[GLIDE] == 0.0


def test_events_before_the_span_and_beyond_the_engine_are_passed_over() -> None:
    """A call takes the events of its own tiles only, and no index leads outside."""
    rows = events([(0, "0/pan", 1.0, 1), (64, "0/pan", 0.5, 1)])
    rows = np.concatenate([rows, rows, rows])
    rows["index"][2:4], rows["index"][4:] = -1, reset_index(8) + 1
    console = Console([], events=np.sort(rows, order="frame"), frame=32)
    before = console.state64.copy()
    console.render(32)
    assert value(console, "0/pan") == 0.0
    console.render(32)
    assert value(console, "0/pan") == 0.5
    assert len(before) == len(console.state64)
