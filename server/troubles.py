"""What listeners are told when something of theirs cannot be stored."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from streaming.protocol.troubles import DISK_FULL, NOT_STORED, Trouble

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def trouble_of(error: Exception) -> Trouble:
    """Whether it was for want of room."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return DISK_FULL
    cause = error.orig if isinstance(error, DBAPIError) else None
    is_full = isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return DISK_FULL if is_full else NOT_STORED
