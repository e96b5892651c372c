"""Outages of the database: what of an error is one, what the log says of it, and whether the disk was full."""

from __future__ import annotations

import errno
import logging
import shutil
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from psycopg.errors import DiskFull

# What Django raises when the database cannot do now what it could do later: it is gone, full, or busy for too long.
AWAY = (OperationalError, InterfaceError)
SAYS_EVERY = 10.0  # seconds between two lines about the same outage
FULL_FOR = 10.0  # seconds after a write that found no room
ROOM_ON_DISK = 20 * 1024 * 1024  # bytes; a class of forty writes less in an evening

logger = logging.getLogger(__name__)
_said_at = _full_at = float("-inf")


def note(error: Exception) -> None:
    """Log an outage: that the database is gone once in a while, what it refuses while it is there each time."""
    global _said_at, _full_at
    now = time.monotonic()
    if isinstance(error.__cause__, DiskFull) or "disk is full" in str(error):
        _full_at = now
    if _is_connected():
        logger.error("The database refused: %s", error, exc_info=error)
    elif now - _said_at > SAYS_EVERY:
        _said_at = now
        logger.error("The database is away: %s", str(error).strip().partition("\n")[0])


def _is_connected() -> bool:
    return connection.connection is not None and not getattr(connection.connection, "closed", False)


def is_full() -> bool:
    """Tell whether there is no room to write to: SQLite's disk is looked at, another server's found out by writing."""
    if time.monotonic() - _full_at < FULL_FOR:
        return True
    if connection.vendor != "sqlite":
        return False
    try:
        return shutil.disk_usage(settings.VAR_DIR).free < ROOM_ON_DISK
    except OSError as error:
        return error.errno == errno.ENOSPC
