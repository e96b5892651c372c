"""The outbox: what is posted is taken by a worker, and a broker that is away holds nobody up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from badges import tasks
from classroom import outbox
from downhill.celery import app
from tests.queues import Queue
from tests.running import wait_for


@pytest.fixture
def queue() -> Iterator[Queue]:
    app.conf.task_always_eager = False
    with Queue() as queue:
        yield queue
        outbox._letters().queue.clear()  # what it has not carried yet would go where the next test listens


def test_what_is_posted_lies_in_the_queue_soon(queue: Queue) -> None:
    found: list[tuple[str, ...]] = []

    outbox.post(tasks.consider, 7, "a-lesson")
    wait_for(lambda: bool(found.extend(queue.taken()) or found), "the message", seconds=20)

    assert found == [("badges.consider", 7, "a-lesson")]


def test_a_broker_that_does_not_answer_holds_nobody_up(queue: Queue) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # It takes the connection and says nothing.
        queue.lies_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", socket_timeout=1, max_retries=0)
        began = time.perf_counter()
        for member in range(2 * outbox.MOST_WAITING):
            outbox.post(tasks.consider, member, "a-lesson")
        spent = time.perf_counter() - began

    assert spent < 1
