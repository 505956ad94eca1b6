"""Waiting for what another process does: until it is so, within a generous limit."""

import asyncio
import os
import select
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], limit_s: float = 30.0) -> None:
    """Look again and again until something holds."""
    give_up = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        await asyncio.sleep(0.002)


def wait_for_death(pidfds: list[int], limit_s: float = 30.0) -> None:
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
