"""Errands: what else is asked of a worker while it computes a long run, from a badge to a rehearsal's next turn.

Runs have a queue of their own. What lies in the other one takes milliseconds, and need not wait for the end of a run.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

from billiard.exceptions import SoftTimeLimitExceeded
from celery import current_app
from django.conf import settings
from kombu import Connection, Message
from kombu.exceptions import OperationalError
from kombu.simple import SimpleQueue

logger = logging.getLogger(__name__)
RUNS = settings.RUNS_QUEUE
AT_ONCE = 1.0  # seconds: so long a run stands still at most, unless a single errand takes longer


def run_all() -> None:
    """Carry out what waits and is due. A broker that is away is no fault of the run: its next breath asks again."""
    if current_app.conf.task_always_eager:
        return
    link = _link()
    away: tuple[type[BaseException], ...] = (*link.connection_errors, *link.channel_errors, OperationalError, OSError)
    until, early = time.monotonic() + AT_ONCE, []
    try:
        try:
            while time.monotonic() < until:
                message = _mailbox().get_nowait()
                if _at(message.headers.get("eta"), else_=0) > time.time():
                    early.append(message)
                else:
                    _run(message)
        except SimpleQueue.Empty:
            pass
        finally:
            for message in early:
                message.requeue()
    except away as error:
        logger.warning("the broker cannot be reached (%s); what waits there waits for the end of a run", error)
        forget()


def forget() -> None:
    """Take a new way to the broker the next time. What was not carried out is there again once the old one is shut."""
    if _link.cache_info().currsize:
        with suppress(Exception):  # it may be away
            _link().release()
    _link.cache_clear()
    _mailbox.cache_clear()


def _run(message: Message) -> None:
    try:
        errand = _errand(message)
        if errand is not None and _at(message.headers.get("expires"), else_=math.inf) > time.time():
            errand()
    except SoftTimeLimitExceeded:
        # The time that is up is the run's.
        message.requeue()
        raise
    except Exception:
        logger.exception("%s failed", message.headers.get("task"))
    message.ack()


def _errand(message: Message) -> Callable[[], object] | None:
    """What a message asks for. One for a run lies here if an earlier version sent it: the row is announced again.

    Raises
    ------
    KeyError, kombu.exceptions.ContentDisallowed
        If it is no message to a worker of this version.
    """
    task = current_app.tasks[message.headers["task"]]
    if current_app.amqp.router.route({}, task.name)["queue"].name == RUNS:
        return None
    arguments, named, *__ = message.payload
    return lambda: task(*arguments, **named)


def _at(moment: str | None, *, else_: float) -> float:
    if moment is None:
        return else_
    at = datetime.fromisoformat(moment)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


@cache
def _link() -> Connection:
    """This process's own way to the broker, beside the worker's."""
    return current_app.connection_for_read()


@cache
def _mailbox() -> SimpleQueue:
    return _link().SimpleQueue(current_app.conf.task_default_queue)
