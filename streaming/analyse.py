"""The child process that analyses: ``python -m streaming.analyse``, question on standard input, progress by lines, idle priority.

Every kind of analysis is a function from a question to findings; killed, it begins again (a rendered mix goes on).
"""

import errno
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from streaming.analyses import alignment, check, levels, match, trim
from streaming.child import die_with_parent, run_idle
from streaming.errand import Refused, Report, progress_line, read_order, refusal_line, result_line
from streaming.question import Findings, Kind, Question

KINDS: Mapping[Kind, Callable[[Question, Report], Findings]] = {
    "alignment": alignment.compare,
    "levels": levels.measure,
    "trim": trim.find_silence,
    "check": check.check,
    "match": match.compare,
}
"""What answers each kind of question."""


def carry_out(question: Question, report: Report) -> Findings:
    """Answer a question. Raises :class:`Refused`."""
    try:
        return KINDS[question.kind](question, report)
    except FileNotFoundError:
        raise Refused("audio_missing", "Audio that the mix plays is no longer stored.") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Refused("disk_full", "The server's disk is full.") from None


def main() -> None:
    """Read a question, step back behind everybody else, answer."""
    values, parent = read_order(sys.stdin.buffer.read())
    die_with_parent(parent)
    run_idle()
    try:
        found = carry_out(Question.of(values), lambda fraction: print(progress_line(fraction), flush=True))
        last = result_line(asdict(found))
    except Refused as refusal:
        last = refusal_line(refusal)
    print(last, flush=True)


if __name__ == "__main__":
    main()
