"""Celery's queue of the laptop: messages are files in a folder, and each is there only once it is whole.

Celery's own transport opens a file under the name that workers look for and writes into it afterwards. A worker that
looks in between takes an empty message and ends of it, and so does a process that reads a table of queues which
another has opened and not yet written: on a busy machine every few minutes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):  # type: ignore[misc]  # kombu has no types
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        """Write a message under another name, then give it the one that workers look for."""
        draft = Path(self.data_folder_out, f"{time.time_ns()}_{uuid.uuid4()}.{queue}.draft")
        draft.write_text(dumps(payload))
        draft.rename(draft.with_suffix(".msg"))

    def _queue_bind(self, *binding: str) -> None:
        with self._alone():
            super()._queue_bind(*binding)

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:
        with self._alone():
            table: list[filesystem.exchange_queue_t] = super().get_table(exchange)
            return table

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep all others, threads and processes, from the tables that say which queue gets what."""
        with Path(self.control_folder, "lock").open("a") as held:
            filesystem.lock(held, filesystem.LOCK_EX)
            try:
                yield
            finally:
                # Closing is not enough: a process that was forked meanwhile has the file open as well.
                filesystem.unlock(held)


class Transport(filesystem.Transport):  # type: ignore[misc]  # kombu has no types
    Channel = Channel
