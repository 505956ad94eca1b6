"""One tile's worth of motion: events, glides, and what each stage derives from the parameters that moved."""

import numpy as np

from dsp.cache import inlined
from dsp.glide import BUS_ROWS, TRACK_ROWS, settle_all, step, take_event
from dsp.grid import TILE
from dsp.layout import BUS_SIZE, GAIN, GAIN_TO, GLIDE, GROUP_SIZE, HEAD, LANES, MASTER, MASTER_TO, SEND, SEND_TO, STARTED, TRACKS, TRIM, TRIM_TO
from dsp.params import master_index
from dsp.strip import MIX_PARAMETERS, TRIM_PARAMETERS, derive_mix, derive_trim, settle_mix

TRIM_STAGE, HIGHPASS_STAGE, EQ_STAGE, COMPRESSOR_STAGE, MIX_STAGE = (1 << k for k in range(5))
EVERY_STAGE = 31


def _stage_of_rows() -> list[int]:
    stages = dict.fromkeys(TRIM_PARAMETERS, TRIM_STAGE) | dict.fromkeys(MIX_PARAMETERS, MIX_STAGE)
    return [stages.get(row, 0) for row in range(TRACK_ROWS)]


_STAGE = np.array(_stage_of_rows(), np.int64)
_MASTER = TRACK_ROWS + master_index("fader_db", 0)


@inlined
def derive_track(state64, state32, tracks, lane, stages):  # type: ignore[no-untyped-def]
    """Derive a track's stages anew."""
    row, side = BUS_SIZE + lane // TRACKS * GROUP_SIZE, 2 * (lane % TRACKS)
    if stages & TRIM_STAGE:
        derive_trim(state64, state32, tracks, lane, row, side)
    if stages & MIX_STAGE:
        derive_mix(state64, state32, tracks, lane, row, side)


@inlined
def derive_buses(state64, state32, tracks):  # type: ignore[no-untyped-def]
    """Derive the reverb's and the master's numbers anew."""
    state32[MASTER_TO] = state64[HEAD + TRACK_ROWS * (tracks - 1) + _MASTER]


@inlined
def settle_group(state32, row):  # type: ignore[no-untyped-def]
    """Decide how a group runs each stage from here on."""
    settle_mix(state32, row)


@inlined
def land(state32, row):  # type: ignore[no-untyped-def]
    """Let a group's gains stand where they would go."""
    for k in range(LANES):
        state32[row + TRIM + k] = state32[row + TRIM_TO + k]
        state32[row + GAIN + k] = state32[row + GAIN_TO + k]
        state32[row + SEND + k] = state32[row + SEND_TO + k]


@inlined
def start(state64, state32, tracks):  # type: ignore[no-untyped-def]
    """Take the values of a fresh slot, without a glide."""
    settle_all(state64, tracks)
    for lane in range(tracks):
        derive_track(state64, state32, tracks, lane, EVERY_STAGE)
    derive_buses(state64, state32, tracks)
    state32[MASTER] = state32[MASTER_TO]
    for group in range(tracks // TRACKS):
        land(state32, BUS_SIZE + group * GROUP_SIZE)
        settle_group(state32, BUS_SIZE + group * GROUP_SIZE)
    state64[STARTED] = 1.0


@inlined
def glide(state64, state32, tracks):  # type: ignore[no-untyped-def]
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
        settle_group(state32, BUS_SIZE + group * GROUP_SIZE)
    state64[GLIDE] -= 1.0


@inlined
def move(state64, state32, tracks, frame, events, event):  # type: ignore[no-untyped-def]
    """Take the events of the tile at ``frame`` and one step of every glide; returns the place of the next event."""
    while event < len(events) and events[event]["frame"] < frame + TILE:
        take_event(state64, tracks, events[event])
        event += 1
    if state64[GLIDE] > 0.0:
        glide(state64, state32, tracks)
    return event
