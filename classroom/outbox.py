"""Outbox: messages to the workers that hold nobody up, since what they ask for would also be done without them."""

from __future__ import annotations

import logging
import queue
import threading
from functools import cache
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
MOST_WAITING = 200


def post(task: Task[Any, Any], *args: Any) -> None:
    """Ask a worker for a task, and go on at once: the broker may be slow, or away, and then the message is lost."""
    if task.app.conf.task_always_eager:
        task.apply(args, throw=True)
        return
    try:
        _letters().put_nowait((task, args))
    except queue.Full:
        logger.info("too many messages wait for the broker; %s%s is left to the clock", task.name, args)


@cache
def _letters() -> queue.Queue[tuple[Task[Any, Any], tuple[Any, ...]]]:
    """The letters of this process, and the thread that posts them; with the process, both end."""
    letters: queue.Queue[tuple[Task[Any, Any], tuple[Any, ...]]] = queue.Queue(MOST_WAITING)
    threading.Thread(target=_carry, args=[letters], name="outbox", daemon=True).start()
    return letters


def _carry(letters: queue.Queue[tuple[Task[Any, Any], tuple[Any, ...]]]) -> None:
    while True:
        task, args = letters.get()
        try:
            task.apply_async(args, retry=False)
        except (OperationalError, OSError) as error:
            logger.warning("the broker cannot be reached (%s); %s%s is left to the clock", error, task.name, args)
        except Exception:
            # Whatever is wrong with one letter, the next ones are carried.
            logger.exception("%s%s could not be sent", task.name, args)
