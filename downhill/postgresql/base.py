"""PostgreSQL as Django speaks it, for threads that are few: whether it is there takes no waiting."""

from __future__ import annotations

import select
import threading
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError

TRY_EVERY = 0.5  # seconds between two tries to reach a server that was away
TRY_TAKES = 5.0  # seconds after which a try that has told nothing counts for none


class Breaker:
    """A guard of something that may be away: while it is, one caller at a time finds out whether it is back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_away = False
        self._next_try = 0.0

    def may_try(self) -> bool:
        """Tell whether to try; if so, what comes of it is told by `worked` or `failed`."""
        now = time.monotonic()
        with self._lock:
            if self._is_away and now < self._next_try:
                return False
            self._next_try = now + TRY_TAKES
            return True

    def worked(self) -> None:
        self._is_away = False

    def failed(self) -> None:
        with self._lock:
            self._is_away = True
            self._next_try = time.monotonic() + TRY_EVERY


_breaker = Breaker()


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of one thread, kept from request to request."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; while the server is known to be away, fail at once.

        Raises
        ------
        OperationalError
            If it cannot be reached.
        """
        if not _breaker.may_try():
            raise OperationalError("the database server was away a moment ago")
        try:
            connection = super().get_new_connection(conn_params)
        except OperationalError:
            _breaker.failed()
            raise
        _breaker.worked()
        return connection

    def is_usable(self) -> bool:
        """Tell whether the server is at the other end: if it has gone, the socket can be read, to its end.

        Django asks once a request, and would put a question to the server.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        # It may have told something, too.
        return not poll.poll(0) or super().is_usable()
