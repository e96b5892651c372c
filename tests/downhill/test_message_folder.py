"""The queue of the laptop: a message is whole or not there yet, and a table of queues never half written."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection

from downhill.celery import app
from downhill.message_folder import Transport

pytestmark = pytest.mark.pure


@pytest.fixture
def channel(tmp_path: Path) -> Callable[[], Any]:
    """Make another channel to one and the same folder; each has a connection of its own, as each process has."""
    messages, control = tmp_path / "messages", tmp_path / "control"
    messages.mkdir()
    control.mkdir()
    folders = {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(control)}
    return lambda: Connection("filesystem://", transport=Transport, transport_options=folders).channel()


def test_a_worker_that_looks_while_a_message_is_being_written_finds_none_yet(channel: Callable[[], Any]) -> None:
    writer, worker = channel(), channel()

    class LooksMeanwhile:
        """What is written of it is what the worker finds at this moment."""

        def __json__(self) -> str:
            with pytest.raises(Empty):
                worker._get("celery")
            return "nothing yet"

    writer._put("celery", {"found": LooksMeanwhile()})

    assert worker._get("celery") == {"found": "nothing yet"}
    with pytest.raises(Empty):
        worker._get("celery")


def test_many_bind_a_queue_for_the_first_time(channel: Callable[[], Any]) -> None:
    def bind(exchange: str, queue: str) -> bool:
        own = channel()
        own._queue_bind(exchange, "", "", queue)
        return queue in {each.queue for each in own.get_table(exchange)}

    with ThreadPoolExecutor(4) as pool:
        for n in range(100):
            assert all(pool.map(lambda queue, n=n: bind(f"exchange{n}", queue), "abcd"))
            assert {each.queue for each in channel().get_table(f"exchange{n}")} == set("abcd")


def test_a_process_that_is_forked_meanwhile_keeps_nobody_out(channel: Callable[[], Any]) -> None:
    own, other = channel(), channel()
    forked = get_context("fork").Process(target=time.sleep, args=(60,))
    with own._alone():
        forked.start()
    with ThreadPoolExecutor(1) as pool:
        try:
            assert pool.submit(other.get_table, "none").result(timeout=5) == []
        finally:
            forked.kill()  # or what waits for its lock would wait for it
            forked.join()


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="the queue is on Redis here")
def test_it_is_what_the_laptop_uses() -> None:
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport)
