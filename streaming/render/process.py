"""A process that may not be our child, held by its pidfd: it can be watched, ended and let go of, race-free."""

import contextlib
import os
import signal
from typing import Protocol


class Process(Protocol):
    """Whoever is at the other end of a worker's socket. A loop's readers take it: it is readable when it is dead."""

    def fileno(self) -> int:
        """The descriptor that says when it is dead."""
        ...

    def kill(self) -> None:
        """End it, whatever it does."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class PidfdProcess:
    """A process of this machine."""

    def __init__(self, pidfd: int) -> None:
        self._pidfd = pidfd

    def fileno(self) -> int:
        """Its pidfd."""
        return self._pidfd

    def kill(self) -> None:
        """Send SIGKILL; one that is dead already stays so."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Close the pidfd."""
        os.close(self._pidfd)
