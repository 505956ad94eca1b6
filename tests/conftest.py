"""What all tests share.

Hypothesis asserts no time, for the machine may be busy, and tries the same examples every time; `make soak` has it search for
others. What a folder's tests share ends with them.
"""

from collections.abc import Iterator

import pytest
from helpers.shared import Shared
from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False, max_examples=500)
settings.load_profile("steady")

SHARED = pytest.StashKey[Shared]()


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    """What is closed when the tests go on in another folder, or at their end."""
    request.config.stash[SHARED] = things = Shared()
    yield things
    things.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The tests of other folders count processes: none of this one's is left to them."""
    if SHARED in item.config.stash and (nextitem is None or nextitem.path.parent != item.path.parent):
        item.config.stash[SHARED].close()
