"""Two mixes side by side: how loud each is, and the output trims with which both are equally loud."""

import math

from pydantic import JsonValue

from dsp.desk.mix import Mix
from dsp.desk.params import find
from streaming.offline.analyses.reading import counted, untrimmed
from streaming.offline.errand import Refused, Report
from streaming.offline.measuring import finite, loudness
from streaming.offline.question import Findings, Question

SIDES = ("mix", "against")


def compare(question: Question, report: Report) -> Findings:
    """Measure both mixes; the louder one is to be turned down. Raises :class:`Refused`."""
    documents = (question.mix, question.against or question.mix)
    heard = [
        loudness(untrimmed(question, Mix.parse(document), side, told), 48_000).integrated_lufs
        for side, document, told in zip(SIDES, documents, counted(report, len(SIDES)), strict=True)
    ]
    if not all(map(math.isfinite, heard)):
        raise Refused("too_quiet", "One of the mixes is silent: there is nothing to compare.")
    row, quietest = find("master", "trim_db"), min(heard)
    lowest = row.low if row else 0.0
    sides: list[JsonValue] = [
        {"loudness_lufs": finite(level), "trim_db": round(max(quietest - level, lowest), 2) + 0.0} for level in heard
    ]
    return Findings({"sides": sides})
