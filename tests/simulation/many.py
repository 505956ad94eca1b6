"""Many worlds, one after the other in every processor, and what they came to."""

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import count

from simulation.plan import plan
from simulation.running import Outcome, run

MOST_BROKEN = 20
"""So many broken worlds are enough."""


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
            if found.stream_s < hours * 3600 and len(found.broken) < MOST_BROKEN:
                running.add(pool.submit(timed, next(seeds), seconds))
    return found
