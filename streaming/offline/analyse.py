"""The child process that analyses: ``python -m streaming.offline.analyse``, question on stdin, progress by lines, idle priority.

Every kind of analysis is a function from a question to findings; killed, it begins again (a rendered mix goes on).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from streaming.offline.analyses import alignment, check, compare, levels, match, trim
from streaming.offline.errand import Report
from streaming.offline.question import Findings, Kind, Question
from streaming.offline.working import refusing, tell, work

KINDS: Mapping[Kind, Callable[[Question, Report], Findings]] = {
    "alignment": alignment.compare,
    "levels": levels.measure,
    "trim": trim.find_silence,
    "check": check.check,
    "match": match.compare,
    "compare": compare.compare,
}
"""What answers each kind of question."""


def carry_out(question: Question, report: Report) -> Findings:
    """Answer a question. Raises :class:`Refused`."""
    with refusing():
        return KINDS[question.kind](question, report)


def _found(values: dict[str, Any]) -> dict[str, Any]:
    return asdict(carry_out(Question.of(values), tell))


if __name__ == "__main__":
    work(_found)
