"""What all tests share: hypothesis asserts no time, for the machine may be busy; what a folder's tests share ends with them."""

from collections.abc import Iterator

import pytest
from helpers.shared import Shared
from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

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
