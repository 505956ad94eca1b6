"""Audio seconds per CPU second of our console against its peers on the same stems, in one run and on one thread.

Three desks of ours are timed: the equal chain that the peers get too, everything that the catalogue has switched on, and all
bypassed; then what a tail that fades away costs against loud music. The peers are pedalboard, ffmpeg (its filters in this process
or the program, whichever is faster) and SuperCollider's scsynth, each at its cheapest block size. What a peer lacks is printed
and kept beside the figures. Rounds are interleaved, medians are compared; targets stand beside what was measured.

    python benchmarks/console.py [--seconds 10] [--rounds 7] [--tracks 8,16,32]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]

import numpy as np  # noqa: E402 - after the thread limits
from consoles import BYPASSED, EVERYTHING, Audio, Run, cpu_seconds, ours, stems  # noqa: E402
from peers import best_block, libav, pedalboard  # noqa: E402
from programs import Program, best, ffmpeg, installed, scsynth  # noqa: E402
from report import Report  # noqa: E402

from dsp.grid import QUANTUM, RATE  # noqa: E402
from dsp.slot.layout import StateLayout  # noqa: E402

CHUNK = 4800
TARGETS = {8: (18.0, 8.0), 32: (22.0, 12.0)}
"""Times as fast as pedalboard, by tracks: on the equal chain, and with everything on."""
BYPASSED_SHARE, TAIL, SLOT_KIB = 0.2, 1.2, 256.0
LEAST_S = 3
LIKE_OURS_DB = 8.0
"""A peer whose mix is further from ours in level does not do the work that it is timed for."""
OMISSIONS = (
    "Ours on the equal chain does more than any peer: linked compressors with a knee, a limiter of true peaks, peak and RMS "
    "meters of every strip, loudness, true peak and correlation of the mix, switches without clicks.",
    "pedalboard: a high-pass of first order, compressors not linked and without a knee, a limiter that neither looks ahead "
    "nor knows true peaks, no meters; no pan, send and sum either (numpy does these).",
    "ffmpeg: an echo of eight taps instead of a reverb, no true-peak limiter, no meters.",
    "scsynth: compressors not linked and without a knee, a limiter that looks ahead but knows no true peaks, sides not "
    "linked, no meters; numbers are constants of the graph, so that nothing could be turned while it plays.",
    "The programs (ffmpeg, scsynth) are charged neither for their start nor for reading and writing files; ours and "
    "pedalboard read stems from memory.",
)


def contenders(audio: list[Audio], folder: Path) -> dict[str, Callable[[], float]]:
    """What is timed, by name: each answers its CPU seconds."""
    desks = {
        "equal chain, 960 frames": ours(audio, QUANTUM), "equal chain, 4800 frames": ours(audio, CHUNK),
        "everything on": ours(audio, QUANTUM, EVERYTHING), "all bypassed": ours(audio, QUANTUM, BYPASSED),
        "pedalboard": pedalboard(audio, best_block(audio, pedalboard)), "libavfilter": libav(audio, best_block(audio, libav)),
    }  # fmt: skip
    timed = {name: partial(cpu_seconds, run) for name, run in desks.items()}
    if installed("ffmpeg"):
        timed["ffmpeg"] = checked(ffmpeg(audio, folder, best(ffmpeg, audio, folder, (1024, 2048, 4096, 8192))), desks).seconds
    if installed("scsynth"):
        timed["scsynth"] = checked(scsynth(audio, folder, best(scsynth, audio, folder, (64, 128, 256, 512))), desks).seconds
    return timed


def checked(program: Program, desks: dict[str, Run]) -> Program:
    """Return a program that plays about what ours plays; it is not ours to time one that does not."""
    theirs, own = (20 * np.log10(np.sqrt(np.mean(np.square(x)))) for x in (program.heard(), desks["equal chain, 960 frames"]()))
    if not abs(theirs - own) < LIKE_OURS_DB:
        raise SystemExit(f"{program.work[0]} plays at {theirs:.1f} dBFS where ours plays at {own:.1f}")
    return program


def speeds(audio: list[Audio], rounds: int) -> dict[str, float]:
    """Audio seconds per CPU second of every contender; ``ffmpeg`` stands for the faster of its two forms."""
    with tempfile.TemporaryDirectory() as folder:
        runs = contenders(audio, Path(folder))
        took: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(rounds + 1):
            for name, run in runs.items():
                spent = run()
                if number:
                    took[name].append(spent)
    return {name: len(audio[0]) / RATE / statistics.median(spent) for name, spent in took.items()}


def per_second(audio: list[Audio]) -> list[float]:
    """CPU time of every second of a performance with everything on."""
    spent = []

    def clock() -> None:
        spent.append(time.process_time())

    clock()
    ours(audio, QUANTUM, EVERYTHING, clock)()
    return list(np.diff(spent))


def tail_ratio(tracks: int, seconds: int, rounds: int) -> float:
    """CPU time of the dearest second of a tail that fades for so long, over that of a second of loud music."""
    loud, quiet = stems(tracks, seconds * RATE), stems(tracks, seconds * RATE)
    for stem in quiet:
        stem[RATE:] = 0.0
    both = [(per_second(loud), per_second(quiet)) for _ in range(rounds)]
    music, tail = (np.median([pair[k][1:] for pair in both], axis=0) for k in range(2))
    return float(tail.max() / np.median(music))


def measure(report: Report, tracks: int, seconds: int, rounds: int) -> None:
    """Compare one class of mix."""
    speed = speeds(stems(tracks, seconds * RATE), rounds)
    for name, value in speed.items():
        report.row(f"M{tracks}: {name}", value, "audio seconds per CPU second")
    peers = {"pedalboard": speed["pedalboard"], "ffmpeg": max(speed["libavfilter"], speed.get("ffmpeg", 0.0))}
    peers |= {"scsynth": speed["scsynth"]} if "scsynth" in speed else {}
    equal, everything = TARGETS.get(tracks, (None, None))
    for name, target in (("equal chain, 960 frames", equal), ("equal chain, 4800 frames", equal), ("everything on", everything)):
        for peer, value in peers.items():
            aim = f" (target: at least {target:g})" if target and peer == "pedalboard" else ""
            report.row(f"M{tracks}: {name}", speed[name] / value, f"times {peer}{aim}")
    share = speed["everything on"] / speed["all bypassed"]
    report.row(f"M{tracks}: all bypassed", share, f"of the cost of everything on (target: below {BYPASSED_SHARE:g})")
    report.row(f"M{tracks}: a tail", tail_ratio(tracks, seconds, rounds), f"of the cost of loud music (target: at most {TAIL:g})")
    aim = f" (target: below {SLOT_KIB:g})" if tracks == 8 else ""
    report.row(f"M{tracks}: a slot of state", StateLayout(tracks).nbytes / 1024, f"KiB{aim}")


def main() -> None:
    """Print a table and write ``bench-results/console.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tracks", default="8,16,32")
    arguments = parser.parse_args()
    if arguments.seconds < LEAST_S:
        parser.error(f"a tail needs at least {LEAST_S} seconds")
    report = Report("console", "The console against its peers, one thread")
    for text in OMISSIONS:
        report.note(text)
    for name in ("ffmpeg", "scsynth"):
        if not installed(name):
            report.note(f"The program {name} is not installed here and not measured.")
    for tracks in arguments.tracks.split(","):
        measure(report, int(tracks), arguments.seconds, arguments.rounds)
    report.write()


if __name__ == "__main__":
    main()
