"""How our child processes confine themselves: resource limits, idle priority, and no life beyond their parent's.

A child calls these on itself after it has started, so that the parent may spawn it by vfork and never runs code in between.
"""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Be killed when process ``parent`` ends; the check afterwards covers its end before the call."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def run_idle() -> None:
    """Run only when nobody else wants the processor; at the lowest nice level where the system has no idle class."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (OSError, AttributeError):
        os.nice(19)


def limit(*, cpu_seconds: int, memory_bytes: int, file_bytes: int) -> None:
    """Bound processor time, address space, size of any file written and open files; leave no core dump."""
    for which, bound in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        lowered = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(which, (lowered, lowered))
