"""The one public kernel: slot, rings, events and stems in; audio, meters and the same slot, moved on, out.

Blocks are float32, interleaved stereo, 48 kHz. Everything steps tile by tile of 32 frames and what a tile does is decided from
the slot and the tables alone, so a span rendered in any number of calls, cut at any tiles, is the same bits.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np
from numba import float32, float64, from_dtype, int64

from dsp.cache import inlined, kernel, outlined
from dsp.channel.compressor import compress
from dsp.channel.eq import filtered
from dsp.channel.saturation import saturate, saturate_master
from dsp.channel.strip import intake
from dsp.desk.params import CLASSES
from dsp.effects.delay import repeat
from dsp.effects.reverb import reverberate
from dsp.gather import FOREVER, PAIRS, plan_tile
from dsp.grid import LATENCY, QUANTUM, TILE
from dsp.master.limiter import faded, limit
from dsp.master.match import matched
from dsp.master.multiband import compress_bands
from dsp.master.tone import toned
from dsp.master.width import widened
from dsp.metering.meters import meter_output, write_row
from dsp.motion import move, start
from dsp.routing.buses import grouped, mix, unpacked
from dsp.simd.lanes import flush_denormals, restore_mode
from dsp.simd.memory import address_of, on_stack
from dsp.slot.layout import (
    BUS_SIZE,
    DELAY_SEND,
    DIRECT,
    ECHO_HEARD,
    GROUP_SIZE,
    MODE_SATURATION,
    PLACES,
    REVERB_HEARD,
    REVERB_SEND,
    SAT_DELAYED,
    SILENT,
    SKIP,
    STARTED,
    TRACKS,
)  # fmt: skip
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE

ENDS_AFTER = 4800
"""Frames of silent output in a row (longer than any of the reverb's lines) after which a song that has ended is over, unless an
echo is still to come."""

_MOST = max(CLASSES)
_stage = on_stack((_MOST + 1) * PAIRS, float32)
_whole_per_lane, _per_lane, _per_side = on_stack(_MOST, int64), on_stack(_MOST, float32), on_stack(2 * _MOST, float32)
_group, _levels, _buses, _plane = (on_stack(count * TILE, float32) for count in (16, 4, 2 * PLACES, 1))
"""Scratch of a call, for the largest class."""

_UNLIMITED = np.float32(3e38)
_LIMIT = np.float32(64.0)


@outlined
def steer(tracks, stage, addresses, strides, gains, levels, limits):
    """Turn a plan into what the intake reads: addresses that move on or stand, and per-lane gains and limits in pair order."""
    base = address_of(stage)
    silence = base + 4 * tracks * PAIRS
    for lane in range(tracks):
        address = addresses[lane]
        staged = base <= address < silence
        strides[lane] = 0 if staged or address == 0 else 8 * TILE
        if address == 0:
            addresses[lane] = silence
        for side in range(2):
            levels[2 * lane + side] = gains[lane]
            limits[2 * lane + side] = _UNLIMITED if staged else _LIMIT


@inlined
def is_over(state64, frame, ends_at):
    """Tell whether nothing is heard any more after the end of the song's content."""
    is_silent = state64[SILENT] >= ENDS_AFTER and state64[ECHO_HEARD] <= 0.0 and state64[REVERB_HEARD] <= 0.0
    return frame - LATENCY >= ends_at and is_silent


_SIGNATURE = int64(
    float64[::1], float32[::1], float32[::1], int64, int64, int64, int64,
    from_dtype(EVENT)[::1], from_dtype(SEGMENT)[::1], from_dtype(CLIP)[::1], from_dtype(SOURCE)[::1],
    float32[:, ::1], float32[:, ::1],
)  # fmt: skip


@kernel(_SIGNATURE)
def render(state64, state32, rings, tracks, frame, tiles, ends_at, events, segments, clips, sources, out, meters):  # noqa: C901, PLR0915
    """Render ``tiles`` tiles from process ``frame`` (a tile) on; returns how many: fewer only where the song is over.

    ``out[:tiles * 32]`` takes the audio; ``meters`` one row (see :mod:`dsp.slot.layout`) for every stream quantum that is
    completed, the first in ``meters[0]``. ``ends_at`` is the stream frame at which the song's content ends. ``rings`` (see
    :mod:`dsp.slot.rings`) are those that were given when the slot was rendered.
    """
    mode = flush_denormals()
    groups = tracks // TRACKS
    stage, weights, rest = _stage(), _plane(), _plane()
    addresses, strides, gains, levels, limits = _whole_per_lane(), _whole_per_lane(), _per_lane(), _per_side(), _per_side()
    y, z, reductions, buses = _group(), _group(), _levels(), _buses()
    left, right, send_left, send_right, echo_left, echo_right = _plane(), _plane(), _plane(), _plane(), _plane(), _plane()
    stage[tracks * PAIRS : (tracks + 1) * PAIRS] = np.float32(0.0)
    planned_at, planned_until = np.int64(0), np.int64(-FOREVER)
    row, done = 0, 0
    event = 0
    while event < len(events) and events[event]["frame"] < frame:
        event += 1
    if state64[STARTED] == 0.0:
        start(state64, state32, tracks)
    while done < tiles:
        if is_over(state64, frame, ends_at):
            break
        event = move(state64, state32, tracks, frame, events, event)
        if frame >= planned_until:
            planned_until = plan_tile(tracks, frame, segments, clips, sources, addresses, gains, stage, weights, rest)
            planned_at = frame
            steer(tracks, stage, addresses, strides, gains, levels, limits)
        buses[:] = np.float32(0.0)
        for group in range(groups):
            block = BUS_SIZE + group * GROUP_SIZE
            # Without a shaper strips work where the tile lies by which it delays: the mix takes that one before a new one comes.
            plain, at = state32[block + MODE_SATURATION] == SKIP, block + SAT_DELAYED
            tile = state32[at : at + 16 * TILE] if plain else y
            for turn in range(2):
                if plain == (turn == 0):
                    mix(state32, block, tile, buses)
                    continue
                intake(state64, state32, block, addresses, strides, levels, limits, (frame - planned_at) // TILE, group, tile)
                filtered(state64, state32, tracks, group, block, tile, z, reductions)
                compress(state32, block, tile, reductions, z)
                if not plain:
                    saturate(state32, block, tile)
        grouped(state32, buses)
        unpacked(buses, DIRECT, left, right)
        unpacked(buses, REVERB_SEND, send_left, send_right)
        unpacked(buses, DELAY_SEND, echo_left, echo_right)
        reverberate(state64, state32, rings, tracks, frame, send_left, send_right, left, right)
        repeat(state64, state32, rings, tracks, frame, echo_left, echo_right, left, right)
        matched(state32, left, right)
        toned(state64, state32, tracks, left, right)
        compress_bands(state32, left, right)
        widened(state32, left, right)
        saturate_master(state32, left, right)
        faded(state32, left, right)
        limit(state64, state32, out, done * PAIRS)
        state64[SILENT] = state64[SILENT] + TILE if meter_output(state64, state32, out, done * PAIRS, frame - LATENCY) else 0.0
        frame += TILE
        done += 1
        if (frame - LATENCY) % QUANTUM == 0:
            write_row(state64, state32, tracks, meters, row, (frame - LATENCY) // QUANTUM - 1)
            row += 1
    restore_mode(mode)
    return done
