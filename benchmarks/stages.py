"""Where our nanoseconds go: every stage of the console by itself, in nanoseconds per frame of the mix.

*Alone* is what a stage adds to a desk with all bypassed, on every track; *of all* is what the desk with everything on saves
without it. One process, rounds interleaved, medians. Stages that share a pass over the audio cost less together than one by one.

    python benchmarks/stages.py [--seconds 2] [--rounds 9] [--tracks 8,32]
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]

from consoles import BYPASSED, EQUAL, EVERYTHING, Desk, Run, cpu_seconds, ours, stems  # noqa: E402 - after the thread limits
from report import Report  # noqa: E402

from dsp.grid import QUANTUM, RATE  # noqa: E402

STRIP = {
    "high-pass": ("highpass/",), "low-pass": ("lowpass/",), "gate": ("gate/",), "four-band EQ": ("eq/",),
    "compressor": ("compressor/",), "saturation": ("saturation/",), "width": ("width",), "pan and fader": ("pan", "fader_db"),
    "reverb and its send": ("send/1/",), "delay and its send": ("send/2/",), "through a group": ("route/",),
}  # fmt: skip
MASTER = {
    "match": ("match/",), "master EQ": ("eq/",), "multiband": ("multiband/",), "master width": ("width",),
    "master saturation": ("saturation/",), "limiter": ("limiter/",),
}  # fmt: skip
"""A stage: how the names of its parameters begin."""


def moved(base: dict[str, float], source: dict[str, float], starts: tuple[str, ...]) -> dict[str, float]:
    """Return settings with those of one stage taken from others."""
    kept = {name: value for name, value in base.items() if not name.startswith(starts)}
    return kept | {name: value for name, value in source.items() if name.startswith(starts)}


def with_stage(base: Desk, source: Desk, starts: tuple[str, ...], of_master: bool) -> Desk:
    """Return a desk with one stage set as on another desk."""
    if of_master:
        return Desk(base.strip, moved(base.master, source.master, starts))
    return Desk(lambda track: moved(base.strip(track), source.strip(track), starts), base.master)


def desks() -> dict[str, Desk]:
    """All that is timed, by name."""
    found = {"bypassed": BYPASSED, "equal": EQUAL, "everything": EVERYTHING}
    for of_master, stages in ((False, STRIP), (True, MASTER)):
        for name, starts in stages.items():
            found[f"+{name}"] = with_stage(BYPASSED, EVERYTHING, starts, of_master)
            found[f"-{name}"] = with_stage(EVERYTHING, BYPASSED, starts, of_master)
    return found


def nanoseconds(runs: dict[str, Run], frames: int, rounds: int) -> dict[str, float]:
    """Time all desks; answers nanoseconds per frame."""
    took: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            spent = cpu_seconds(run)
            if number:
                took[name].append(spent)
    return {name: statistics.median(spent) / frames * 1e9 for name, spent in took.items()}


def measure(report: Report, tracks: int, seconds: int, rounds: int) -> None:
    """Take one class of mix apart."""
    audio = stems(tracks, seconds * RATE)
    cost = nanoseconds({name: ours(audio, QUANTUM, desk) for name, desk in desks().items()}, len(audio[0]), rounds)
    for name, desk in (("all bypassed", "bypassed"), ("equal chain", "equal"), ("everything on", "everything")):
        report.row(f"M{tracks}: {name}", cost[desk], "ns per frame")
    for name in (*STRIP, *MASTER):
        report.row(f"M{tracks}: {name}, alone", cost[f"+{name}"] - cost["bypassed"], "ns per frame")
        report.row(f"M{tracks}: {name}, of all", cost["everything"] - cost[f"-{name}"], "ns per frame")


def main() -> None:
    """Print a table and write ``bench-results/stages.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--tracks", default="8,32")
    arguments = parser.parse_args()
    report = Report("stages", "Stages of the console, one thread")
    for tracks in arguments.tracks.split(","):
        measure(report, int(tracks), arguments.seconds, arguments.rounds)
    report.write()


if __name__ == "__main__":
    main()
