"""Audio seconds per CPU second of our console against pedalboard on the same stems, in one run and on one thread.

Pedalboard gets, per track, HighpassFilter, LowShelfFilter, two PeakFilters, HighShelfFilter, Compressor and Gain; a Reverb on the
send; a Limiter on the master; its best block size is found first. It has no pan, no send and no sum: numpy does these (three
multiplications and additions a track and block). Its high-pass is of first order where ours is of second, its limiter knows no
look-ahead and no peaks between samples, and it keeps no meters: it does less. Rounds are interleaved, medians are compared.

    python benchmarks/console.py [--seconds 10] [--rounds 7] [--tracks 8,16,32]
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - after the thread limits
import pedalboard as pb  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from dsp.grid import QUANTUM, RATE, TILE  # noqa: E402
from dsp.layout import StateLayout, fresh, meter_columns  # noqa: E402
from dsp.params import BUSES, TRACK, engine_size, track_index  # noqa: E402
from dsp.render import render  # noqa: E402
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE  # noqa: E402

Run = Callable[[], NDArray[np.float32]]
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


def stems(tracks: int, frames: int) -> list[NDArray[np.float32]]:
    """Music-like noise: bursts, decays and hum, interleaved stereo."""
    random = np.random.default_rng(3)
    beat = np.exp(-(np.arange(frames) % (RATE // 2)) / (0.1 * RATE))[:, None]
    hum = np.sin(2 * np.pi * 55.0 * np.arange(frames) / RATE)[:, None]
    loud = (0.02 + 0.3 * beat) if tracks <= 16 else (0.02 + 0.2 * beat)
    return [(loud * (random.standard_normal((frames, 2)) * 0.3 + hum)).astype(np.float32) for _ in range(tracks)]


def engine_vector(tracks: int) -> NDArray[np.float64]:
    """The catalogue's values with every track's settings."""
    values = np.zeros(engine_size(tracks))
    for parameter in TRACK:
        for lane in range(tracks):
            values[track_index(parameter.name, lane, tracks)] = settings(lane).get(parameter.name, parameter.default)
    values[len(TRACK) * tracks :] = [row.default for row in BUSES]
    return values


def ours(audio: list[NDArray[np.float32]], chunk: int) -> Run:
    """Our console, ``chunk`` frames a call, from a fresh slot each time."""
    tracks, frames = len(audio), len(audio[0])
    layout, values = StateLayout(tracks), engine_vector(tracks)
    state64, state32 = np.empty(layout.n64), np.empty(layout.n32, np.float32)
    sources, clips = np.zeros(tracks, SOURCE), np.zeros(tracks, CLIP)
    for lane, stem in enumerate(audio):
        sources[lane] = (stem.ctypes.data, frames)
        clips[lane] = (0, lane, lane, 0, 0, 1.0, 0, 0, frames)
    segments, events = np.zeros(1, SEGMENT), np.zeros(0, EVENT)
    out, meters = np.empty((frames, 2), np.float32), np.empty((chunk // QUANTUM + 2, meter_columns(tracks)), np.float32)

    def run() -> NDArray[np.float32]:
        fresh(tracks, state64, state32, values)
        for at in range(0, frames, chunk):
            tiles = chunk // TILE
            render(state64, state32, tracks, at, tiles, NEVER, events, segments, clips, sources, out[at : at + chunk], meters)
        return out

    return run


def strip(track: int) -> pb.Pedalboard:
    """Pedalboard's nearest chain for a track."""
    s = settings(track)
    return pb.Pedalboard(
        [
            pb.HighpassFilter(s["highpass/frequency_hz"]),
            pb.LowShelfFilter(s["eq/1/frequency_hz"], s["eq/1/gain_db"], s["eq/1/q"]),
            pb.PeakFilter(s["eq/2/frequency_hz"], s["eq/2/gain_db"], s["eq/2/q"]),
            pb.PeakFilter(s["eq/3/frequency_hz"], s["eq/3/gain_db"], s["eq/3/q"]),
            pb.HighShelfFilter(s["eq/4/frequency_hz"], s["eq/4/gain_db"], s["eq/4/q"]),
            pb.Compressor(
                s["compressor/threshold_db"], s["compressor/ratio"], s["compressor/attack_ms"], s["compressor/release_ms"]
            ),
            pb.Gain(s["fader_db"]),
        ]
    )


def pans(track: int) -> tuple[NDArray[np.float32], np.float32]:
    """Left and right gain, and the send's factor."""
    s = settings(track)
    angle = (s["pan"] + 1.0) * np.pi / 4.0
    gains = np.float32(np.sqrt(2.0)) * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    return gains, np.float32(10.0 ** (s["send/1/level_db"] / 20.0))


def theirs(audio: list[NDArray[np.float32]], block: int) -> Run:
    """Pedalboard, ``block`` frames a call."""
    planes = [np.ascontiguousarray(stem.T) for stem in audio]
    chains, gains = [strip(k) for k in range(len(audio))], [pans(k) for k in range(len(audio))]
    reverb = pb.Reverb(room_size=0.7, damping=0.4, wet_level=0.33, dry_level=0.0, width=1.0)
    limiter = pb.Limiter(-1.0, 80.0)
    frames = len(audio[0])
    out = np.empty((2, frames), np.float32)

    def run() -> NDArray[np.float32]:
        for at in range(0, frames, block):
            dry = np.zeros((2, min(block, frames - at)), np.float32)
            send = np.zeros_like(dry)
            for plane, chain, (gain, level) in zip(planes, chains, gains, strict=True):
                y = chain(np.ascontiguousarray(plane[:, at : at + block]), RATE, reset=False, buffer_size=8192) * gain
                dry += y
                send += y * level
            dry += reverb(send, RATE, reset=False)
            out[:, at : at + block] = limiter(dry, RATE, reset=False)
        return out

    return run


def cpu_seconds(run: Run) -> float:
    """CPU time of one call."""
    began = time.process_time()
    run()
    return time.process_time() - began


def best_block(audio: list[NDArray[np.float32]]) -> int:
    """Find pedalboard's cheapest block size."""
    cost = {block: min(cpu_seconds(theirs(audio, block)) for _ in range(2)) for block in (512, 1024, 2048, 4096, 8192)}
    return min(cost, key=cost.__getitem__)


def measure(tracks: int, seconds: float, rounds: int) -> dict[str, float]:
    """Compare one class of mix; all figures are audio seconds per CPU second."""
    chunk = 4800
    audio = stems(tracks, int(seconds * RATE) // chunk * chunk)
    block = best_block(audio)
    runs = {"ours_960": ours(audio, QUANTUM), "ours_4800": ours(audio, chunk), "pedalboard": theirs(audio, block)}
    took: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            spent = cpu_seconds(run)
            if number:
                took[name].append(spent)
    length = len(audio[0]) / RATE
    speed = {name: length / statistics.median(spent) for name, spent in took.items()}
    ratios = {f"ratio_{frames}": speed[f"ours_{frames}"] / speed["pedalboard"] for frames in (QUANTUM, chunk)}
    return {"tracks": tracks, "pedalboard_block": block, **speed, **ratios}


def main() -> None:
    """Print a table and write ``bench-results/console.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tracks", default="8,16,32")
    arguments = parser.parse_args()
    rows = [measure(int(tracks), arguments.seconds, arguments.rounds) for tracks in arguments.tracks.split(",")]
    print("audio seconds per CPU second, one thread\n\n      ours 960  ours 4800  pedalboard (block)   ratio 960  ratio 4800")
    for row in rows:
        print(
            f"M{row['tracks']:<4.0f}{row['ours_960']:9.0f}{row['ours_4800']:11.0f}{row['pedalboard']:12.1f}"
            f" ({row['pedalboard_block']:.0f}){row['ratio_960']:13.1f}x{row['ratio_4800']:11.1f}x"
        )
    target = ROOT / "bench-results" / "console.json"
    target.parent.mkdir(exist_ok=True)
    machine = {"processor": platform.processor() or platform.machine(), "python": platform.python_version()}
    target.write_text(json.dumps({"machine": machine, "console": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
