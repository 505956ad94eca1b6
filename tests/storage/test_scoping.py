"""Every repository function names the workspace it works for."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from storage import analyses, bounces, invitations, mixes, projects, stems, streams, workspaces

UNSCOPED = {"by_session", "by_token", "expire", "unfinished", "referenced_blobs"}
"""What a session or a link opens, what is over, what waits to be rendered, what any row refers to: none is of one workspace."""


def functions() -> list[tuple[str, Callable[..., Any]]]:
    """The public functions of all repositories."""
    modules = (analyses, bounces, invitations, mixes, projects, stems, streams, workspaces)
    found = (
        (module.__name__, *member) for module in modules for member in inspect.getmembers(module, inspect.iscoroutinefunction)
    )
    return [(f"{module}.{name}", member) for module, name, member in found if member.__module__ == module and name[0] != "_"]


@pytest.mark.parametrize("function", [pytest.param(member, id=name) for name, member in functions()])
def test_a_repository_function_is_scoped(function: Callable[..., Any]) -> None:
    """After the connection comes the workspace."""
    if function.__name__ in UNSCOPED:
        return
    second = list(inspect.signature(function).parameters)[1]
    assert second == "workspace"
