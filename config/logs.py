"""Structured logs: one record a line, as JSON or for a terminal, with the request's id on every record made while serving it."""

import logging
import sys
from typing import TextIO

import structlog

QUIET = ("aiosqlite", "sqlalchemy", "alembic", "asyncio", "uvicorn", "uvicorn.error", "python_multipart", "numba")
"""Libraries of which only warnings are wanted; uvicorn's records of sockets would show the tickets in their addresses."""

_TRACES = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Tracebacks without the values of variables: those may hold what a visitor sent."""


def configure(log_format: str, level: str, stream: TextIO = sys.stderr) -> None:
    """Send every record of ours and of the standard library's logging to ``stream`` in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(log_format, stream)))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _ending(log_format: str, stream: TextIO) -> list[structlog.typing.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        return [strip, _TRACES, structlog.processors.JSONRenderer()]
    return [strip, structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
