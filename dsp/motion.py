"""One tile's worth of motion: events, glides, and what each stage derives from the parameters that moved."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.compressor import COMPRESSOR_PARAMETERS, derive_compressor, settle_compressor
from dsp.eq import EQ_PARAMETERS, derive_eq, settle_eq
from dsp.filters import HIGHPASS_PARAMETERS, derive_highpass, settle_highpass
from dsp.glide import BUS_ROWS, TRACK_ROWS, settle_all, step, take_event
from dsp.grid import TILE
from dsp.layout import (
    BUS_SIZE,
    CEILING,
    CEILING_TO,
    CROSS,
    CROSS_TO,
    DRY,
    DRY_TO,
    EQ_ON,
    EQ_ON_TO,
    GAIN,
    GAIN_TO,
    GLIDE,
    GROUP_SIZE,
    HP_ON,
    HP_ON_TO,
    LANES,
    LIMIT,
    LIMIT_TO,
    MASTER,
    MASTER_TO,
    SAME,
    SAME_TO,
    SEND,
    SEND_TO,
    STARTED,
    TRACKS,
    TRIM,
    TRIM_TO,
    WET,
    WET_TO,
)  # fmt: skip
from dsp.limiter import derive_master
from dsp.reverb import derive_reverb
from dsp.strip import MIX_PARAMETERS, TRIM_PARAMETERS, derive_mix, derive_trim, settle_mix

TRIM_STAGE, HIGHPASS_STAGE, EQ_STAGE, COMPRESSOR_STAGE, MIX_STAGE = (1 << k for k in range(5))
EVERY_STAGE = 31


def _stage_of_rows() -> list[int]:
    stages = {
        **dict.fromkeys(TRIM_PARAMETERS, TRIM_STAGE),
        **dict.fromkeys(HIGHPASS_PARAMETERS, HIGHPASS_STAGE),
        **dict.fromkeys(EQ_PARAMETERS, EQ_STAGE),
        **dict.fromkeys(COMPRESSOR_PARAMETERS, COMPRESSOR_STAGE),
        **dict.fromkeys(MIX_PARAMETERS, MIX_STAGE),
    }
    return [stages.get(row, 0) for row in range(TRACK_ROWS)]


_STAGE = np.array(_stage_of_rows(), np.int64)


@outlined
def derive_track(state64, state32, tracks, lane, stages):
    """Derive a track's stages anew."""
    row, side = BUS_SIZE + lane // TRACKS * GROUP_SIZE, 2 * (lane % TRACKS)
    if stages & TRIM_STAGE:
        derive_trim(state64, state32, tracks, lane, row, side)
    if stages & HIGHPASS_STAGE:
        derive_highpass(state64, state32, tracks, lane, row, side)
    if stages & EQ_STAGE:
        derive_eq(state64, state32, tracks, lane, row, side)
    if stages & COMPRESSOR_STAGE:
        derive_compressor(state64, state32, tracks, lane, row)
    if stages & MIX_STAGE:
        derive_mix(state64, state32, tracks, lane, row, side)


@outlined
def derive_buses(state64, state32, tracks):
    """Derive the reverb's and the master's numbers anew."""
    derive_reverb(state64, state32, tracks)
    derive_master(state64, state32, tracks)


@outlined
def settle_group(state64, state32, tracks, group):
    """Decide how a group runs each stage from here on."""
    row = BUS_SIZE + group * GROUP_SIZE
    settle_highpass(state32, row)
    settle_eq(state32, row)
    settle_compressor(state64, state32, tracks, group, row)
    settle_mix(state32, row)


@inlined
def land(state32, row):
    """Let a group's gains stand where they would go."""
    for k in range(row, row + LANES):
        state32[k + TRIM] = state32[k + TRIM_TO]
        state32[k + HP_ON] = state32[k + HP_ON_TO]
        state32[k + EQ_ON] = state32[k + EQ_ON_TO]
        state32[k + WET] = state32[k + WET_TO]
        state32[k + DRY] = state32[k + DRY_TO]
        state32[k + GAIN] = state32[k + GAIN_TO]
        state32[k + SEND] = state32[k + SEND_TO]


@outlined
def start(state64, state32, tracks):
    """Take the values of a fresh slot, without a glide."""
    settle_all(state64, tracks)
    for lane in range(tracks):
        derive_track(state64, state32, tracks, lane, EVERY_STAGE)
    derive_buses(state64, state32, tracks)
    for now, to in ((MASTER, MASTER_TO), (LIMIT, LIMIT_TO), (CEILING, CEILING_TO), (SAME, SAME_TO), (CROSS, CROSS_TO)):
        state32[now] = state32[to]
    for group in range(tracks // TRACKS):
        land(state32, BUS_SIZE + group * GROUP_SIZE)
        settle_group(state64, state32, tracks, group)
    state64[STARTED] = 1.0


@outlined
def glide(state64, state32, tracks):
    """Move every parameter that moves by one tile."""
    size = TRACK_ROWS * tracks + BUS_ROWS
    for lane in range(tracks):
        stages = 0
        for row in range(TRACK_ROWS):
            if step(state64, size, row * tracks + lane):
                stages |= _STAGE[row]
        derive_track(state64, state32, tracks, lane, stages)
    moved = False
    for index in range(TRACK_ROWS * tracks, size):
        moved |= step(state64, size, index)
    if moved:
        derive_buses(state64, state32, tracks)
    for group in range(tracks // TRACKS):
        settle_group(state64, state32, tracks, group)
    state64[GLIDE] -= 1.0


@inlined
def move(state64, state32, tracks, frame, events, event):
    """Take the events of the tile at ``frame`` and one step of every glide; returns the place of the next event."""
    while event < len(events) and events[event]["frame"] < frame + TILE:
        take_event(state64, tracks, events[event])
        event += 1
    if state64[GLIDE] > 0.0:
        glide(state64, state32, tracks)
    return event
