"""Waiting for what another process does: until it is so, within a generous limit."""

import asyncio
import os
import select
import signal
import time
from collections.abc import Callable, Iterable


async def until(condition: Callable[[], object], limit_s: float = 90.0) -> None:
    """Look again and again until something holds."""
    give_up = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        await asyncio.sleep(0.002)


def wait_for_death(pidfds: list[int], limit_s: float = 90.0) -> None:
    """Return when all of these processes are dead."""
    poll = select.poll()
    for pidfd in pidfds:
        poll.register(pidfd, select.POLLIN)
    give_up = time.monotonic() + limit_s
    left = set(pidfds)
    while left:
        assert time.monotonic() < give_up, f"{len(left)} processes live on"
        for pidfd, _ in poll.poll(1000):
            poll.unregister(pidfd)
            left.discard(pidfd)
            os.close(pidfd)


def kill(pids: Iterable[int]) -> int:
    """End processes with SIGKILL and wait until they are dead; answers how many there were to kill."""
    pidfds = []
    for pid in pids:
        try:
            pidfds.append(os.pidfd_open(pid))
        except ProcessLookupError:
            continue  # it is dead already
        signal.pidfd_send_signal(pidfds[-1], signal.SIGKILL)
    wait_for_death(pidfds)
    return len(pidfds)
