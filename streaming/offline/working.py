"""What every child that works off an order does: read it, step back behind everybody else, and answer by lines."""

import errno
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from streaming.offline.child import die_with_parent, run_idle
from streaming.offline.errand import Refused, progress_line, read_order, refusal_line, result_line


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse work whose audio is gone or for which the disk has no room; raises :class:`Refused`."""
    try:
        yield
    except FileNotFoundError:
        raise Refused("audio_missing", "Audio that the mix plays is no longer stored.") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Refused("disk_full", "The server's disk is full.") from None


def tell(progress: float) -> None:
    """Tell the parent how far it is."""
    print(progress_line(progress), flush=True)


def work(carry_out: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Carry out the plan that comes on standard input; the last line is its result, or why it was refused."""
    plan, parent = read_order(sys.stdin.buffer.read())
    die_with_parent(parent)
    run_idle()
    try:
        last = result_line(carry_out(plan))
    except Refused as refusal:
        last = refusal_line(refusal)
    print(last, flush=True)
