"""The child process that makes a bounce: ``python -m streaming.offline.bounce``, plan on standard input, progress by lines.

At idle priority it renders what was asked for, bit for bit as a live stream, into a raw file of the work folder; killed at any
instant, it goes on from its last checkpoint. The raw file then becomes the file that was asked for: mastered if it is to have a
loudness, or one file for each stem.
"""

import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av

from streaming.offline.errand import Refused, Report
from streaming.offline.mastering import Master
from streaming.offline.plan import Measured, Plan
from streaming.offline.processed import Stems
from streaming.offline.takes import Recording
from streaming.offline.working import refusing, tell, work

_RENDERING = 0.6
"""The share of the work that rendering is; the rest is making and measuring the file."""


class _Passes:
    """Turns passes over the audio, of which nobody knows how many it takes, into progress that never goes back."""

    def __init__(self, report: Report, expected: float) -> None:
        self._report, self._expected, self._done = report, expected, 0.0

    def worked(self, share: float) -> None:
        """So much of a pass has been worked off."""
        self._done += share
        self._report(1 - (1 - _RENDERING) * math.exp(-self._done / self._expected))


def carry_out(plan: Plan, report: Report) -> Measured:
    """Make a bounce and tell what it came to. Raises :class:`Refused`."""
    out = Path(plan.work) / "out.part"
    with refusing():
        made = Stems(plan, report).make(out) if plan.kind == "stems" else _mixed(plan, out, report)
        with out.open("rb") as file:
            os.fsync(file.fileno())
        out.rename(plan.out)
    return made


def _mixed(plan: Plan, out: Path, report: Report) -> Measured:
    recording = Recording(plan)
    frames = recording.render(lambda share: report(_RENDERING * share))
    if not frames:
        raise Refused("nothing_to_bounce", "There is nothing to hear in what was asked for.")
    passes = _Passes(report, 3.0 if plan.target is None else 10.0)
    return Master(recording.raw, frames, Path(plan.work), plan.delivery, passes.worked).make(out, plan.target)


def _made(values: dict[str, Any]) -> dict[str, Any]:
    av.logging.set_level(None)
    return asdict(carry_out(Plan.of(values), tell))


if __name__ == "__main__":
    work(_made)
