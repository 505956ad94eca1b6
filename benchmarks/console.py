"""Audio seconds per CPU second of our console against its peers on the same stems, in one run and on one thread.

Three desks of ours are timed: the equal chain that the peers get too, everything that the catalogue has switched on, and all
bypassed; then what a tail that fades away costs against loud music. The peers are pedalboard and libavfilter (ffmpeg's filters)
at their cheapest block size; what they lack is said in ``consoles.py``. Rounds are interleaved, medians are compared; targets
stand beside what was measured.

    python benchmarks/console.py [--seconds 10] [--rounds 7] [--tracks 8,16,32]
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]

import numpy as np  # noqa: E402 - after the thread limits
from consoles import Audio, best_block, cpu_seconds, libav, ours, pedalboard, stems  # noqa: E402
from report import Report  # noqa: E402

from dsp.grid import QUANTUM, RATE  # noqa: E402

CHUNK = 4800
TARGETS = {8: (18.0, 8.0), 32: (22.0, 12.0)}
"""Times as fast as pedalboard, by tracks: on the equal chain, and with everything on."""
BYPASSED_SHARE, TAIL = 0.2, 1.2


def speeds(audio: list[Audio], rounds: int) -> dict[str, float]:
    """Audio seconds per CPU second of every contender."""
    runs = {
        "equal chain, 960 frames": ours(audio, QUANTUM), "equal chain, 4800 frames": ours(audio, CHUNK),
        "everything on": ours(audio, QUANTUM, "everything"), "all bypassed": ours(audio, QUANTUM, "bypassed"),
        "pedalboard": pedalboard(audio, best_block(audio, pedalboard)), "libavfilter": libav(audio, best_block(audio, libav)),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            spent = cpu_seconds(run)
            if number:
                took[name].append(spent)
    return {name: len(audio[0]) / RATE / statistics.median(spent) for name, spent in took.items()}


def per_second(audio: list[Audio]) -> list[float]:
    """CPU time of every second of a performance with everything on."""
    spent = []

    def clock() -> None:
        spent.append(time.process_time())

    clock()
    ours(audio, QUANTUM, "everything", clock)()
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
    equal, everything = TARGETS.get(tracks, (None, None))
    for name, target in (("equal chain, 960 frames", equal), ("equal chain, 4800 frames", equal), ("everything on", everything)):
        aim = f"times pedalboard (target: at least {target:g})" if target else "times pedalboard"
        report.row(f"M{tracks}: {name}", speed[name] / speed["pedalboard"], aim)
        report.row(f"M{tracks}: {name}", speed[name] / speed["libavfilter"], "times libavfilter")
    share = speed["everything on"] / speed["all bypassed"]
    report.row(f"M{tracks}: all bypassed", share, f"of the cost of everything on (target: below {BYPASSED_SHARE:g})")
    report.row(f"M{tracks}: a tail", tail_ratio(tracks, seconds, rounds), f"of the cost of loud music (target: at most {TAIL:g})")


def main() -> None:
    """Print a table and write ``bench-results/console.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tracks", default="8,16,32")
    arguments = parser.parse_args()
    report = Report("console", "The console against its peers, one thread")
    print(f"  scsynth is {'not driven by this benchmark' if shutil.which('scsynth') else 'not installed here'}: not measured")
    for tracks in arguments.tracks.split(","):
        measure(report, int(tracks), arguments.seconds, arguments.rounds)
    report.write()


if __name__ == "__main__":
    main()
