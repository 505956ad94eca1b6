"""``python -m simulation --hours 10``: runs worlds until so many stream-hours were played, and says what they found.

A stream-hour is an hour of stream time in which a stream plays and somebody listens. Every world has a seed of its own; one whose
promise was broken is made smaller as long as it still breaks, and told with the command that plays it again.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import count

from simulation.plan import Plan, plan
from simulation.shrinking import shrunk
from simulation.world import Outcome, run

SHOWN = 40
"""Lines of a trace that are printed."""

HASH_SEED = "0"
"""Sets of strings are walked in the same order in every process, or a seed would not be replayed everywhere."""


@dataclass
class Sum:
    """What many worlds came to."""

    worlds: int = 0
    stream_s: float = 0.0
    listener_s: float = 0.0
    cpu_s: float = 0.0
    figures: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome, cpu_s: float) -> None:
        """Count one world."""
        self.worlds += 1
        self.stream_s += outcome.stream_s
        self.listener_s += outcome.listener_s
        self.cpu_s += cpu_s
        self.figures.update(outcome.figures)
        for name, value in outcome.most.items():
            self.most[name] = max(self.most[name], value)
        if outcome.broken:
            self.broken.append(outcome)

    def __str__(self) -> str:
        """A paragraph."""
        speed = self.stream_s / self.cpu_s if self.cpu_s else 0.0
        figures = ", ".join(f"{count} {name}" for name, count in sorted(self.figures.items()))
        most = ", ".join(f"{name} {value}" for name, value in sorted(self.most.items()))
        return (
            f"{self.worlds} worlds, {self.stream_s / 3600:.2f} stream-hours, {self.listener_s / 3600:.2f} listener-hours, "
            f"{speed:.0f} times as fast as time (a processor); {len(self.broken)} broken\n  {figures}\n  most: {most}"
        )


def timed(seed: str, seconds: float) -> tuple[Outcome, float]:
    """Run one world; answers its processor time as well."""
    began = time.process_time()
    return run(plan(seed, seconds)), time.process_time() - began


def worlds(first: str, hours: float, seconds: float, processes: int) -> Sum:
    """Run worlds until they have played so long."""
    found, seeds = Sum(), (f"{first}.{number}" for number in count())
    with ProcessPoolExecutor(processes, max_tasks_per_child=50) as pool:
        running = {pool.submit(timed, next(seeds), seconds) for _ in range(2 * processes)}
        while running:
            done = next(as_completed(running))
            running.remove(done)
            outcome, cpu_s = done.result()
            found.add(outcome, cpu_s)
            if outcome.broken:
                print(f"seed {outcome.plan.seed} after {found.stream_s / 3600:.2f} stream-hours: {outcome.broken}", flush=True)
            if found.stream_s < hours * 3600 and len(found.broken) < 20:
                running.add(pool.submit(timed, next(seeds), seconds))
    return found


def told(outcome: Outcome, seconds: float) -> Iterator[str]:
    """A broken promise, as briefly as it can be told."""
    yield f"seed {outcome.plan.seed}: {outcome.broken}"
    small, left_out = shrunk(outcome)
    yield f"  the same without {', '.join(left_out) or 'anything'}: {small.broken}"
    yield from (f"  {line}" for line in small.trace[-SHOWN:])
    yield f"  play it again: make simulate SEED={outcome.plan.seed} STAY={seconds:g}"


def replayed(whole: Plan) -> int:
    """Run one world and tell all of it."""
    outcome = run(whole)
    print(f"seed {whole.seed}: {outcome.broken or 'every promise was kept'}; checksum {outcome.checksum:08x}")
    if outcome.broken:
        print("\n".join(told(outcome, whole.seconds)))
    return int(outcome.broken is not None)


def main() -> int:
    """Read the command line; answers 1 if any promise was broken."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="stream-hours to play")
    parser.add_argument(
        "--seed", default="", help="first part of the worlds' seeds; with a number after a dot one world is replayed"
    )
    parser.add_argument("--seconds", type=float, default=90.0, help="how long a world's people stay")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    chosen = parser.parse_args()
    if "." in chosen.seed:
        return replayed(plan(chosen.seed, chosen.seconds))
    first = chosen.seed or str(time.time_ns() // 1_000_000_000)
    print(f"seed {first}, {chosen.hours:g} stream-hours", flush=True)
    found = worlds(first, chosen.hours, chosen.seconds, chosen.processes)
    for outcome in found.broken[:5]:
        print("\n".join(told(outcome, chosen.seconds)))
    print(found)
    return int(bool(found.broken))


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        os.environ["PYTHONHASHSEED"] = HASH_SEED
        os.execv(sys.executable, [sys.executable, "-m", "simulation", *sys.argv[1:]])
    sys.exit(main())
