"""One tile's worth of motion: events, glides, and what each stage derives from the parameters that moved."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.channel.compressor import COMPRESSOR_PARAMETERS, derive_compressor, settle_compressor
from dsp.channel.eq import EQ_PARAMETERS, derive_eq, precise_at, settle_filters
from dsp.channel.filters import CUT_PARAMETERS, derive_cuts, land_filters
from dsp.channel.gate import GATE_PARAMETERS, derive_gate, settle_gate
from dsp.channel.saturation import (
    SATURATION_PARAMETERS,
    age_master_saturation,
    age_saturation,
    derive_master_saturation,
    derive_saturation,
    settle_saturation,
)
from dsp.channel.strip import TRIM_PARAMETERS, derive_trim
from dsp.effects.delay import derive_delay, land_delay
from dsp.effects.reverb import derive_reverb, land_reverb
from dsp.grid import TILE
from dsp.master.limiter import derive_master
from dsp.master.match import MATCH_PARAMETERS, derive_match, land_match
from dsp.master.multiband import MULTIBAND_PARAMETERS, derive_multiband, land_multiband
from dsp.master.tone import derive_tone, land_tone, settle_tone
from dsp.master.width import derive_width
from dsp.routing.buses import MIX_PARAMETERS, derive_groups, derive_mix, land_groups, land_mix, settle_groups, settle_mix
from dsp.slot.glide import BUS_ROWS, TRACK_ROWS, settle_all, step, take_event
from dsp.slot.layout import (
    BANDS,
    BUS_SIZE,
    CEILING,
    CEILING_TO,
    CUT_FILTERS,
    CUTS,
    CUTS_MOVED,
    DRY,
    DRY_TO,
    EQ_FILTERS,
    EQ_MOVED,
    GATE_DRY,
    GATE_DRY_TO,
    GATE_WET,
    GATE_WET_TO,
    GLIDE,
    GROUP_SIZE,
    LANES,
    LIMIT,
    LIMIT_TO,
    MASTER,
    MASTER_TO,
    MATCH_ON,
    MATCH_ON_TO,
    MULTIBAND_ON,
    MULTIBAND_ON_TO,
    OUT_TRIM,
    OUT_TRIM_TO,
    STARTED,
    TRACKS,
    TRIM,
    TRIM_TO,
    WET,
    WET_TO,
    WIDTH,
    WIDTH_TO,
)  # fmt: skip

TRIM_STAGE, CUT_STAGE, EQ_STAGE, COMPRESSOR_STAGE, MIX_STAGE, SATURATION_STAGE, GATE_STAGE = (1 << k for k in range(7))
EVERY_STAGE = 127


def _stage_of_rows() -> list[int]:
    stages = {
        **dict.fromkeys(TRIM_PARAMETERS, TRIM_STAGE),
        **dict.fromkeys(CUT_PARAMETERS, CUT_STAGE),
        **dict.fromkeys(EQ_PARAMETERS, EQ_STAGE),
        **dict.fromkeys(COMPRESSOR_PARAMETERS, COMPRESSOR_STAGE),
        **dict.fromkeys(GATE_PARAMETERS, GATE_STAGE),
        **dict.fromkeys(SATURATION_PARAMETERS, SATURATION_STAGE),
        **dict.fromkeys(MIX_PARAMETERS, MIX_STAGE),
    }
    return [stages[row] for row in range(TRACK_ROWS)]


_STAGE = np.array(_stage_of_rows(), np.int64)
OTHER_BUSES, MATCH_STAGE, MULTIBAND_STAGE = 1, 2, 4
EVERY_BUS = 7
_BUS_STAGE = np.full(BUS_ROWS, OTHER_BUSES, np.int64)
_BUS_STAGE[list(MATCH_PARAMETERS)] = MATCH_STAGE
_BUS_STAGE[list(MULTIBAND_PARAMETERS)] = MULTIBAND_STAGE


@outlined
def derive_track(state64, state32, tracks, lane, stages):
    """Derive a track's stages anew."""
    row, side = BUS_SIZE + lane // TRACKS * GROUP_SIZE, 2 * (lane % TRACKS)
    if stages & TRIM_STAGE:
        derive_trim(state64, state32, tracks, lane, row, side)
    if stages & CUT_STAGE:
        derive_cuts(state64, state32, tracks, lane, row, side)
    if stages & EQ_STAGE:
        derive_eq(state64, state32, tracks, lane, row, side)
    if stages & COMPRESSOR_STAGE:
        derive_compressor(state64, state32, tracks, lane, row)
    if stages & GATE_STAGE:
        derive_gate(state64, state32, tracks, lane, row)
    if stages & SATURATION_STAGE:
        derive_saturation(state64, state32, tracks, lane, row, side)
    if stages & MIX_STAGE:
        derive_mix(state64, state32, tracks, lane, row, side)


@outlined
def derive_buses(state64, state32, tracks, stages):
    """Derive the numbers of the groups, the effects and the master's stages anew."""
    if stages & OTHER_BUSES:
        derive_groups(state64, state32, tracks)
        derive_reverb(state64, state32, tracks)
        derive_delay(state64, state32, tracks)
        derive_tone(state64, state32, tracks)
        derive_width(state64, state32, tracks)
        derive_master_saturation(state64, state32, tracks)
        derive_master(state64, state32, tracks)
    if stages & MATCH_STAGE:
        derive_match(state64, state32, tracks)
    if stages & MULTIBAND_STAGE:
        derive_multiband(state64, state32, tracks)


@outlined
def settle_group(state64, state32, tracks, group):
    """Decide how a group runs each stage from here on."""
    row = BUS_SIZE + group * GROUP_SIZE
    settle_filters(state32, row)
    settle_compressor(state64, state32, tracks, group, row)
    settle_gate(state64, state32, tracks, group, row)
    settle_saturation(state32, row)
    settle_mix(state32, row)


@inlined
def land(state32, row):
    """Let a group's gains stand where they would go."""
    for _ in range(2):
        age_saturation(state32, row)
    for k in range(row, row + LANES):
        state32[k + TRIM] = state32[k + TRIM_TO]
        state32[k + GATE_WET] = state32[k + GATE_WET_TO]
        state32[k + GATE_DRY] = state32[k + GATE_DRY_TO]
        state32[k + WET] = state32[k + WET_TO]
        state32[k + DRY] = state32[k + DRY_TO]
    land_mix(state32, row)
    state32[row + CUTS_MOVED] = state32[row + EQ_MOVED] = np.float32(0.0)
    land_filters(state32, row + CUT_FILTERS, CUTS)
    land_filters(state32, row + EQ_FILTERS, BANDS)


@outlined
def start(state64, state32, tracks):
    """Take the values of a fresh slot, without a glide."""
    settle_all(state64, tracks)
    for lane in range(tracks):
        derive_track(state64, state32, tracks, lane, EVERY_STAGE)
    derive_buses(state64, state32, tracks, EVERY_BUS)
    land_groups(state32)
    land_tone(state64, state32, tracks)
    settle_tone(state64, state32, tracks)
    for _ in range(2):
        age_master_saturation(state32)
    for now, to in ((MASTER, MASTER_TO), (LIMIT, LIMIT_TO), (CEILING, CEILING_TO), (OUT_TRIM, OUT_TRIM_TO)):
        state32[now] = state32[to]
    for now, to in ((MATCH_ON, MATCH_ON_TO), (WIDTH, WIDTH_TO), (MULTIBAND_ON, MULTIBAND_ON_TO)):
        state32[now] = state32[to]
    land_match(state32)
    land_multiband(state32)
    land_reverb(state32)
    land_delay(state32)
    for group in range(tracks // TRACKS):
        land(state32, BUS_SIZE + group * GROUP_SIZE)
        land_filters(state64, precise_at(tracks, 1 + group), BANDS)
        settle_group(state64, state32, tracks, group)
    settle_groups(state32, tracks)
    state64[STARTED] = 1.0


@outlined
def glide(state64, state32, tracks):
    """Move every parameter that moves by one tile."""
    size = TRACK_ROWS * tracks + BUS_ROWS
    age_master_saturation(state32)
    for group in range(tracks // TRACKS):
        age_saturation(state32, BUS_SIZE + group * GROUP_SIZE)
    for lane in range(tracks):
        stages = 0
        for row in range(TRACK_ROWS):
            if step(state64, size, row * tracks + lane):
                stages |= _STAGE[row]
        derive_track(state64, state32, tracks, lane, stages)
    stages = 0
    for index in range(TRACK_ROWS * tracks, size):
        if step(state64, size, index):
            stages |= _BUS_STAGE[index - TRACK_ROWS * tracks]
    derive_buses(state64, state32, tracks, stages)
    settle_tone(state64, state32, tracks)
    for group in range(tracks // TRACKS):
        settle_group(state64, state32, tracks, group)
    settle_groups(state32, tracks)
    state64[GLIDE] -= 1.0


@inlined
def move(state64, state32, tracks, frame, events, event):
    """Take the events of the tile at ``frame`` and one step of every glide; returns the place of the next event."""
    while event < len(events) and events[event]["frame"] < frame + TILE:
        take_event(state64, state32, tracks, events[event])
        event += 1
    if state64[GLIDE] > 0.0:
        glide(state64, state32, tracks)
    return event
