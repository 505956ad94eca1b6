import errno
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from server.troubles import trouble_of
from storage.errors import Full
from streaming.protocol.troubles import DISK_FULL, NOT_STORED


def sqlite_error(code: int) -> OperationalError:
    """What SQLAlchemy raises where SQLite fails with a code."""
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = code
    return OperationalError("INSERT", {}, cause)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "quota"), sqlite_error(sqlite3.SQLITE_FULL)]
)
def test_want_of_room_is_told_as_such(error: Exception) -> None:
    """By the system, by a quota, by the database."""
    assert trouble_of(error) is DISK_FULL


@pytest.mark.parametrize("error", [OSError(errno.EIO, "disk"), sqlite_error(sqlite3.SQLITE_BUSY), Full("bytes", 1)])
def test_anything_else_is_not_stored(error: Exception) -> None:
    """Whoever listens need not know more."""
    assert trouble_of(error) is NOT_STORED
