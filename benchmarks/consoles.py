"""Our console as it is compared: the stems, the settings, and the desk on the equal chain, with everything on, all bypassed.

The equal chain is, per track, a high-pass, four EQ bands, a compressor, gain and pan, with a send to one reverb and a limiter on
the sum.
"""

import mmap
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.cache import direct
from dsp.desk.catalogue import MATCH_HZ
from dsp.desk.params import BUSES, GROUPS, TRACK, engine_size, track_index
from dsp.grid import QUANTUM, RATE, TILE
from dsp.render import render
from dsp.slot.columns import meter_columns
from dsp.slot.layout import fresh, new_rings, new_state
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE

Audio = NDArray[np.float32]
Run = Callable[[], Audio]
NEVER = 1 << 60


def settings(track: int) -> dict[str, float]:
    """A busy strip, a little different on every track."""
    sign = (-1) ** track
    return {
        "highpass/on": 1.0, "highpass/frequency_hz": 30.0 + 7 * (track % 8), "compressor/on": 1.0,
        "eq/1/frequency_hz": 110.0 + 5 * track, "eq/1/gain_db": 2.0 * sign, "eq/1/q": 0.707,
        "eq/2/frequency_hz": 400.0 + 30 * track, "eq/2/gain_db": -3.0 * sign, "eq/2/q": 1.0,
        "eq/3/frequency_hz": 2500.0 + 90 * track, "eq/3/gain_db": 2.5 * sign, "eq/3/q": 1.4,
        "eq/4/frequency_hz": 8000.0 + 100 * (track % 8), "eq/4/gain_db": 3.0 * sign, "eq/4/q": 0.707,
        "compressor/threshold_db": -24.0 + track % 5, "compressor/ratio": 2.5 + 0.25 * (track % 4),
        "compressor/attack_ms": 5.0 + 2 * (track % 4), "compressor/release_ms": 80.0 + 20 * (track % 5),
        "fader_db": -6.0 - track % 3, "pan": track * 37 % 100 / 50.0 - 1.0, "send/1/level_db": -18.0 + track % 4,
    }  # fmt: skip


def stems(tracks: int, frames: int) -> list[Audio]:
    """Music-like noise: bursts, decays and hum, interleaved stereo."""
    random = np.random.default_rng(3)
    beat = np.exp(-(np.arange(frames) % (RATE // 2)) / (0.1 * RATE))[:, None]
    hum = np.sin(2 * np.pi * 55.0 * np.arange(frames) / RATE)[:, None]
    loud = (0.02 + 0.3 * beat) if tracks <= 16 else (0.02 + 0.2 * beat)
    return [from_a_page(loud * (random.standard_normal((frames, 2)) * 0.3 + hum)) for _ in range(tracks)]


def from_a_page(audio: NDArray[np.float64]) -> Audio:
    """Return audio where a mapped file would have it: from the beginning of a page on."""
    memory = np.empty(audio.size * 4 + mmap.PAGESIZE, np.uint8)
    start = -memory.ctypes.data % mmap.PAGESIZE
    placed = memory[start : start + audio.size * 4].view(np.float32).reshape(audio.shape)
    placed[:] = audio
    return placed


@dataclass(frozen=True)
class Desk:
    """What the strips (by number) and the master are set to, where that is not their default."""

    strip: Callable[[int], dict[str, float]]
    master: dict[str, float]


def everything(track: int) -> dict[str, float]:
    """All of a strip at work: every switch on, filters at 24 dB per octave, both sends, through a group."""
    return {
        **switches("track", on=True), **settings(track), "send/2/level_db": -20.0, "width": 1.3, "gate/threshold_db": -50.0,
        "compressor/sidechain_hz": 90.0, "compressor/mix": 0.8, "highpass/slope": 1.0, "lowpass/slope": 1.0, "route/0": 0.0,
        f"route/{1 + track % GROUPS}": 1.0,
    }  # fmt: skip


def everything_of_master() -> dict[str, float]:
    """All of the master at work."""
    bells = {f"match/gain/{k}": 2.0 * (-1) ** k for k in range(1, 1 + len(MATCH_HZ))}
    bands = {f"eq/{k}/gain_db": 2.0 * (-1) ** k for k in range(1, 5)}
    return {**switches("master", on=True), **bells, **bands, "match/width": 1.2, "width": 0.9}


def switches(scope: str, *, on: bool) -> dict[str, float]:
    """Return all stages of a strip or of the master that can be switched, on or off."""
    return {row.name: float(on) for row in (*TRACK, *BUSES) if row.scope == scope and row.name.endswith("/on")}


EQUAL = Desk(settings, {})
EVERYTHING = Desk(everything, everything_of_master())
BYPASSED = Desk(lambda _: switches("track", on=False), switches("master", on=False))


def engine_vector(tracks: int, desk: Desk) -> NDArray[np.float64]:
    """The engine's values for a desk."""
    values = np.zeros(engine_size(tracks))
    strips = [desk.strip(lane) for lane in range(tracks)]
    for parameter in TRACK:
        for lane, strip in enumerate(strips):
            values[track_index(parameter.name, lane, tracks)] = strip.get(parameter.name, parameter.default)
    chosen = [desk.master.get(row.name, row.default) if row.scope == "master" else row.default for row in BUSES]
    values[len(TRACK) * tracks :] = chosen
    return values


def ours(audio: list[Audio], chunk: int, desk: Desk = EQUAL, clock: Callable[[], None] = lambda: None) -> Run:
    """Our console, ``chunk`` frames a call, from a fresh slot each time; ``clock`` is called after every second of audio."""
    tracks, frames = len(audio), len(audio[0])
    values, (state64, state32), rings = engine_vector(tracks, desk), new_state(tracks), new_rings()
    sources, clips = np.zeros(tracks, SOURCE), np.zeros(tracks, CLIP)
    for lane, stem in enumerate(audio):
        sources[lane] = (stem.ctypes.data, frames)
        clips[lane] = (0, lane, lane, 0, 0, 1.0, 0, 0, frames)
    kernel, segments, events = direct(render), np.zeros(1, SEGMENT), np.zeros(0, EVENT)
    out, meters = np.empty((frames, 2), np.float32), np.empty((chunk // QUANTUM + 2, meter_columns(tracks)), np.float32)

    def run() -> Audio:
        fresh(tracks, state64, state32, values)
        for at in range(0, frames, chunk):
            tables = (events, segments, clips, sources)
            kernel(state64, state32, rings, tracks, at, chunk // TILE, NEVER, *tables, out[at : at + chunk], meters)
            if (at + chunk) % RATE == 0:
                clock()
        return out

    return run


def cpu_seconds(run: Run) -> float:
    """CPU time of one call."""
    began = time.process_time()
    run()
    return time.process_time() - began
