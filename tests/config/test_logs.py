"""Logs: one record a line, in one form, whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from config import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_records_are_json_lines() -> None:
    """Ours and the standard library's records are JSON, with what is bound to the task."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    with structlog.contextvars.bound_contextvars(request="r1"):
        structlog.get_logger("ours").info("hello", number=1)
        logging.getLogger("theirs").warning("there %s", "too")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert (ours["event"], ours["number"], ours["request"], ours["logger"]) == ("hello", 1, "r1", "ours")
    assert (theirs["event"], theirs["level"], theirs["request"]) == ("there too", "warning", "r1")


@pytest.mark.parametrize("form", ["json", "console"])
def test_tracebacks_hold_no_values(form: str) -> None:
    """An exception is logged with its lines, but without what the variables held."""
    stream = io.StringIO()
    logs.configure(form, "info", stream)
    secret = "".join(("a cookie", "'s value"))
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        structlog.get_logger("ours").exception("failed")
    assert "broken" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_quiet_records_are_left_out() -> None:
    """What is below the level, and what chatty libraries say, does not appear."""
    stream = io.StringIO()
    logs.configure("console", "warning", stream)
    structlog.get_logger("ours").info("hello")
    logging.getLogger("aiosqlite").warning("heard")
    logging.getLogger("aiosqlite").info("unheard")
    assert "hello" not in stream.getvalue()
    assert "unheard" not in stream.getvalue()
    assert "heard" in stream.getvalue()
