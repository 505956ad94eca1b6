"""Errands: what a server and its child tell each other survives the line."""

import json

import pytest

from streaming.errand import Refused, Told, order, progress_line, read_line, read_order, refusal_line, result_line


def test_an_order_is_read_as_it_was_given() -> None:
    """The plan and the parent's id."""
    plan = {"mix": {"name": "Sång"}, "start": 1 << 50}
    assert read_order(order(plan, 4_711)) == (plan, 4_711)


def test_lines_are_read_as_they_were_told() -> None:
    """Progress, a result, a refusal; each is one line."""
    assert read_line(progress_line(0.123456).encode()) == Told(progress=0.1235)
    assert read_line(result_line({"frames": 5}).encode()) == Told(result={"frames": 5})
    with pytest.raises(Refused) as refused:
        read_line(refusal_line(Refused("disk_full", "No room.\nNone.")).encode())
    assert (refused.value.code, refused.value.detail) == ("disk_full", "No room.\nNone.")
    assert "\n" not in refusal_line(Refused("a", "b\nc"))


def test_progress_of_nothing_is_still_progress() -> None:
    """0 is not an end."""
    told = read_line(progress_line(0.0).encode())
    assert (told.progress, told.result) == (0.0, None)


def test_what_is_no_line_is_an_error() -> None:
    """A child that says anything else is broken."""
    with pytest.raises(json.JSONDecodeError):
        read_line(b"Segmentation fault")
