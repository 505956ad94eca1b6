"""What the tests of one folder share, and no other folder's ever see: servers, browsers."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Shared:
    """Things by name, each opened when it is first asked for."""

    def __init__(self) -> None:
        self._stack, self._things = ExitStack(), dict[str, Any]()

    def once(self, name: str, make: Callable[[], AbstractContextManager[Thing]]) -> Thing:
        """The thing of this name, opened if it is not open."""
        if name not in self._things:
            self._things[name] = self._stack.enter_context(make())
        thing: Thing = self._things[name]
        return thing

    def close(self) -> None:
        """Close everything."""
        self._things.clear()
        self._stack.close()
