"""Where messages to workers go in a test."""

from __future__ import annotations

from typing import Any, Self

from kombu import pools

from downhill.celery import app


class Queue:
    """Where messages go during a test: nowhere that a worker listens."""

    def __enter__(self) -> Self:
        conf = app.conf
        self._before = conf.broker_url, conf.broker_transport, conf.broker_transport_options
        self.lies_at("memory://downhill-tests/")
        self.taken()
        return self

    def __exit__(self, *error: object) -> None:
        url, transport, options = self._before
        self.lies_at(url, transport=transport, **options)

    def lies_at(self, url: str, *, transport: str | None = None, **options: Any) -> None:
        app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options = url, transport, options
        pools.reset()
        app._pool = None
        app.amqp._producer_pool = None

    def is_away(self) -> None:
        # Nobody listens on the first port.
        self.lies_at("redis://127.0.0.1:1/0", max_retries=1, interval_start=0, connect_retries_timeout=1)

    def taken(self) -> list[tuple[str, str]]:
        """Empty it; give the tasks that were asked for, and what for."""
        tasks = []
        with app.connection_for_read() as connection:
            for queue in app.amqp.queues.values():
                waiting = connection.SimpleQueue(queue)
                while waiting.qsize():
                    message = waiting.get(timeout=1)
                    message.ack()
                    tasks.append((message.headers["task"], *message.payload[0]))
        return tasks
