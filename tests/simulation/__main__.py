"""``python -m simulation --hours 10``: runs worlds until so many stream-hours were played, and says what they found.

A stream-hour is an hour of stream time in which a stream plays and somebody listens. Every world has a seed of its own; one whose
promise was broken is made smaller as long as it still breaks, and told with the command that plays it again.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator

from simulation.many import worlds
from simulation.plan import Plan, plan
from simulation.running import Outcome, run
from simulation.shrinking import shrunk

SHOWN = 40
"""Lines of a trace that are printed."""

HASH_SEED = "0"
"""Sets of strings are walked in the same order in every process, or a seed would not be replayed everywhere."""


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
        os.execv(sys.executable, [sys.executable, "-m", "simulation", *sys.argv[1:]])  # noqa: S606
    sys.exit(main())
