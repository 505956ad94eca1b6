"""What parameters in motion do to a group's state."""

import numpy as np
from helpers.console import Console, events, noise

from dsp.grid import TILE
from dsp.slot.layout import (
    BUS_SIZE,
    GAIN,
    GAIN_TO,
    MIXED,
    MODE_COMPRESSOR,
    MODE_CUTS,
    MODE_EQ,
    MODE_GATE,
    MODE_HEARD,
    MODE_INTO,
    MODE_RMS,
    MODE_SATURATION,
    REVERB_SEND,
    SKIP,
)

MODES = (MODE_COMPRESSOR, MODE_CUTS, MODE_EQ, MODE_INTO + REVERB_SEND, MODE_GATE, MODE_SATURATION, MODE_HEARD, MODE_RMS)


def modes(console: Console) -> list[float]:
    """How the first group runs its optional stages."""
    return [float(console.state32[BUS_SIZE + mode]) for mode in MODES]


def test_a_resting_desk_skips_what_is_off() -> None:
    """By default a group runs none of its optional stages."""
    console = Console([noise(960)])
    console.render(960)
    assert modes(console) == [SKIP] * len(MODES)


def test_a_stage_that_goes_off_is_skipped_once_it_has_faded() -> None:
    """Blended during the glide and left out from the tile after it."""
    on = {f"{lane}/compressor/on": 1.0 for lane in range(8)}
    console = Console([noise(9600)], on, events=events([(0, f"{lane}/compressor/on", 0.0, 5) for lane in range(8)]))
    seen = []
    for _ in range(8):
        console.render(TILE)
        seen.append(modes(console)[0])
    assert seen == [MIXED] * 5 + [SKIP] * 3


def test_gains_stand_where_they_went() -> None:
    """After a glide a group's present gains are the ones it went to."""
    console = Console([noise(960)], events=events([(0, "2/pan", 0.5, 4), (64, "2/fader_db", -3.0, 9)]))
    console.render(960)
    row = console.state32[BUS_SIZE:]
    assert np.array_equal(row[GAIN : GAIN + 16], row[GAIN_TO : GAIN_TO + 16])
