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


class Channel(filesystem.Channel):
    def _put(  # type: ignore[override]  # kombu's own classes differ in it
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        """Write a message under another name, then give it the one that workers look for."""
        draft = Path(self.data_folder_out, f"{time.time_ns()}_{uuid.uuid4()}.{queue}.draft")
        draft.write_text(dumps(payload))
        draft.rename(draft.with_suffix(".msg"))

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        with self._alone():
            super()._queue_bind(exchange, routing_key, pattern, queue)

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:  # type: ignore[override]  # likewise
        with self._alone():
            return super().get_table(exchange)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep all others, threads and processes, from the tables that say which queue gets what."""
        with Path(self.control_folder, "lock").open("a") as held:
            filesystem.lock(held, filesystem.LOCK_EX)  # type: ignore[attr-defined]  # one of each system's own
            try:
                yield
            finally:
                # Closing is not enough: a process that was forked meanwhile has the file open as well.
                filesystem.unlock(held)


class Transport(filesystem.Transport):
    Channel = Channel
