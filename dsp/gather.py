"""Reads the stems: which frames of which source are heard on each lane of a tile, faded at clip edges and jumps.

A *plan* holds, per lane, the address of its next 32 interleaved stereo frames and a gain. A lane that plays the inside of one
clip is read where it lies; any other is first mixed into a staging tile. Both give the same samples, so it does not matter which
is used. Whatever is no number, or larger than 64, is silence.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined, outlined
from dsp.grid import TILE
from dsp.simd.memory import address_of, float_at

FOREVER = 1 << 62
LIMIT = np.float32(64.0)
PAIRS = 2 * TILE
"""Floats of one lane's staging tile."""


@inlined
def newest_segment(segments, frame):
    """Return the place of the last segment that has started at ``frame``, or -1."""
    k = len(segments) - 1
    while k >= 0 and segments[k]["starts_at"] > frame:
        k -= 1
    return k


@inlined
def edge(age, length):
    """Weight of a linear fade ``age`` frames after its start; opposite fades of one length add up to 1."""
    if age >= length:
        return np.float32(1.0)
    return np.float32((age + 0.5) / length)


@inlined
def clip_bounds(clip, sources):
    """Return the first and last + 1 position at which a clip has samples; equal when it has none."""
    if clip["source"] < 0 or clip["source"] >= len(sources) or clip["length"] <= 0:
        return clip["at"], clip["at"]
    start = max(0, -clip["from"])
    stop = min(clip["length"], sources[clip["source"]]["frames"] - clip["from"])
    return clip["at"] + start, clip["at"] + max(start, stop)


@inlined
def sanitised(value):
    """Return a sample, or silence for what cannot be one."""
    if abs(value) <= LIMIT:
        return value
    return np.float32(0.0)


@outlined
def mix_clip(stage, at, clip, sources, position, weights, first, last):
    """Add frames ``first`` to ``last`` of a clip to a staging tile; ``position`` is where the tile's frame 0 lies."""
    start, stop = clip_bounds(clip, sources)
    if stop <= start:
        return
    address = sources[clip["source"]]["address"]
    for i in range(max(first, start - position), min(last, stop - position)):
        age = position + i - clip["at"]
        level = clip["gain"] * edge(age, clip["fade_in"]) * edge(clip["length"] - 1 - age, clip["fade_out"]) * weights[i]
        sample = address + 8 * (clip["from"] + age)
        stage[at + 2 * i] += sanitised(float_at(sample)) * level
        stage[at + 2 * i + 1] += sanitised(float_at(sample + 4)) * level


@inlined
def plan_inside(tracks, frame, segment, clips, sources, addresses, gains, stage, weights):  # noqa: C901
    """Plan a tile that lies within one segment; returns the frame until which the plan's addresses just move on."""
    position = segment["position"] + frame - segment["starts_at"]
    until = FOREVER
    weights[:] = np.float32(1.0)
    for lane in range(tracks):
        addresses[lane] = 0
        gains[lane] = np.float32(1.0)
    for c in range(len(clips)):
        clip = clips[c]
        lane = clip["lane"]
        start, stop = clip_bounds(clip, sources)
        if clip["table"] != segment["table"] or lane < 0 or lane >= tracks or stop <= position or stop <= start:
            continue
        if start >= position + TILE:
            until = min(until, start - position)
            continue
        inside = max(start, clip["at"] + clip["fade_in"])
        outside = min(stop, clip["at"] + clip["length"] - clip["fade_out"])
        if addresses[lane] == 0 and inside <= position and position + TILE <= outside:
            addresses[lane] = sources[clip["source"]]["address"] + 8 * (clip["from"] + position - clip["at"])
            gains[lane] = clip["gain"]
            until = min(until, outside - position)
        else:
            addresses[lane] = -1
            until = TILE
    for lane in range(tracks):
        if addresses[lane] == -1:
            gains[lane] = np.float32(1.0)
            stage[lane * PAIRS : (lane + 1) * PAIRS] = np.float32(0.0)
            for c in range(len(clips)):
                if clips[c]["table"] == segment["table"] and clips[c]["lane"] == lane:
                    mix_clip(stage, lane * PAIRS, clips[c], sources, position, weights, 0, TILE)
            addresses[lane] = address_of(stage) + 4 * lane * PAIRS
    return frame + max(until // TILE, 1) * TILE


@inlined
def plan_across(tracks, frame, newest, segments, clips, sources, addresses, gains, stage, weights, rest):
    """Plan a tile in which segments meet: weights from the newest segment back, until nothing is left to weigh."""
    for lane in range(tracks):
        addresses[lane] = address_of(stage) + 4 * lane * PAIRS
        gains[lane] = np.float32(1.0)
    stage[: tracks * PAIRS] = np.float32(0.0)
    rest[:] = np.float32(1.0)
    for k in range(newest, -1, -1):
        segment = segments[k]
        left = np.float32(0.0)
        for i in range(TILE):
            age = frame + i - segment["starts_at"]
            share = edge(age, segment["fade"]) if age >= 0 else np.float32(0.0)
            weights[i] = rest[i] * share
            rest[i] = rest[i] * (np.float32(1.0) - share)
            left = max(left, rest[i])
        first = max(0, segment["starts_at"] - frame)
        position = segment["position"] + frame - segment["starts_at"]
        for c in range(len(clips)):
            lane = clips[c]["lane"]
            if clips[c]["table"] == segment["table"] and 0 <= lane < tracks:
                mix_clip(stage, lane * PAIRS, clips[c], sources, position, weights, first, TILE)
        if left == 0.0:
            return


@outlined
def plan_tile(tracks, frame, segments, clips, sources, addresses, gains, stage, weights, rest):
    """Fill ``addresses`` (0: silence) and ``gains`` for a tile; returns the frame until which they just move on."""
    newest = newest_segment(segments, frame + TILE - 1)
    if newest < 0:
        for lane in range(tracks):
            addresses[lane] = 0
        return segments[0]["starts_at"] // TILE * TILE if len(segments) else FOREVER
    segment = segments[newest]
    if segment["starts_at"] + max(segment["fade"], 0) <= frame:
        until = plan_inside(tracks, frame, segment, clips, sources, addresses, gains, stage, weights)
        if newest + 1 < len(segments):
            until = min(until, segments[newest + 1]["starts_at"] // TILE * TILE)
        return until
    plan_across(tracks, frame, newest, segments, clips, sources, addresses, gains, stage, weights, rest)
    return frame + TILE
