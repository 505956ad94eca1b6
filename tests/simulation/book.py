"""What a simulation writes down: its first broken promise, a trace of what happened before it, figures, and a checksum of it
all.
"""

import contextlib
import logging
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator

import structlog

KEPT = 400
"""Lines of the trace that are kept."""


class Broken(Exception):
    """A promise was broken; the sentence says which, by whom and when."""


class Book(logging.Handler):
    """The record of one world. The server's log goes here as well: an error in it is a promise broken, unless it is expected."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        super().__init__(logging.WARNING)
        self._now_us = now_us
        self.trace: deque[str] = deque(maxlen=KEPT)
        self.broken: str | None = None
        self.figures: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.deaths: Counter[tuple[int, int]] = Counter()
        """Deaths in the midst of a job, by arena and number."""
        self.checksum = 0
        self.told: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def attached(self) -> Iterator[None]:
        """Take the log of everything in, and let nothing through to elsewhere."""
        root, before = logging.getLogger(), logging.getLogger().handlers
        root.handlers, level = [self], root.level
        root.setLevel(logging.WARNING)
        structlog.configure(logger_factory=structlog.stdlib.LoggerFactory(), processors=[structlog.stdlib.render_to_log_kwargs])
        try:
            yield
        finally:
            root.handlers = before
            root.setLevel(level)
            structlog.reset_defaults()

    def note(self, who: str, what: str) -> None:
        """Something has happened; what comes after a broken promise is of no interest."""
        if self.broken is not None:
            return
        line = f"{self._now_us() / 1e6:11.6f} {who:10} {what}"
        self.trace.append(line)
        self.checksum = zlib.crc32(line.encode(), self.checksum)

    def fail(self, who: str, what: str) -> None:
        """A promise was broken: the first one counts."""
        if self.broken is None:
            self.note(who, f"BROKEN {what}"[:500])
            self.broken = f"{self._now_us() / 1e6:.6f} s, {who}: {what}"
            self.told()

    def highest(self, name: str, value: int) -> None:
        """A figure of which the highest counts."""
        self.most[name] = max(self.most[name], value)

    def emit(self, record: logging.LogRecord) -> None:
        """The server has logged something."""
        message = record.getMessage()
        self.note("log", message[:300])
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, _ = record.exc_info
            self.fail("log", f"{message}: {kind.__name__}: {error}{where(error)}")

    def caught(self, _loop: object, context: dict[str, object]) -> None:
        """The loop caught what a callback or task let out."""
        error = context.get("exception")
        self.fail("loop", f"{context.get('message')}: {error!r}" + where(error))


def where(error: object) -> str:
    """The last places of a traceback."""
    trace, places = getattr(error, "__traceback__", None), list[str]()
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " at " + " < ".join(reversed(places[-5:]))
