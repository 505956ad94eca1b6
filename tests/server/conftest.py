"""The application and its guests, for every test of the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers.demo_song import make_folder
from helpers.desk import Desk, Guest, desk

from config import logs


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Desk]:
    """The application on a database of its own."""
    async with desk(tmp_path) as made:
        yield made


@pytest.fixture
async def guest(house: Desk) -> Guest:
    """A guest with a workspace."""
    return await house.guest()


@pytest.fixture(autouse=True, scope="session")
def _plain_logs() -> None:
    """Records as the server writes them; the default would paint every traceback."""
    logs.configure("json", "error")


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose library has the demo song; it is played once for all tests."""
    return make_folder(tmp_path_factory.mktemp("demo"))
