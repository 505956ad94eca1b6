"""A failure told with less: fewer people and sorts of actions, no guests, healthy workers; as long as it still fails."""

import re
import time
from collections.abc import Callable

from simulation.plan import Plan, without
from simulation.running import Outcome, run

LIMIT_S = 60.0
"""How long a failure may be made smaller."""


def kind(broken: str | None) -> str:
    """What sort of a failure it is: its sentence without names and numbers."""
    sentence = (broken or "").partition(": ")[2]
    return re.sub(r"\d+|[0-9a-f]{8,}", "#", sentence)[:40]


def shrunk(outcome: Outcome, seconds: Callable[[], float] = time.monotonic) -> tuple[Outcome, list[str]]:
    """The smallest world found that fails in the same way, and what was left out of it."""
    wanted, give_up, left_out = kind(outcome.broken), seconds() + LIMIT_S, list[str]()
    tried: set[Plan] = set()
    while True:
        for what, smaller in without(outcome.plan):
            if smaller == outcome.plan or smaller in tried or seconds() > give_up:
                continue
            tried.add(smaller)
            again = run(smaller)
            if again.broken and kind(again.broken) == wanted:
                outcome = again
                left_out.append(what)
                break
        else:
            return outcome, left_out
