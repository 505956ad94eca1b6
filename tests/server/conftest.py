"""The application and its guests, for every test of the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers.desk import Desk, Guest, desk


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Desk]:
    """The application on a database of its own."""
    async with desk(tmp_path) as made:
        yield made


@pytest.fixture
async def guest(house: Desk) -> Guest:
    """A guest with a workspace."""
    return await house.guest()
