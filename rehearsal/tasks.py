"""Rehearsals on the worker."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from rehearsal import evening, services

logger = logging.getLogger(__name__)
NEXT_TURN = 0.5  # seconds


@shared_task(name="rehearsal.play")
def play(rehearsal_id: int) -> None:
    """Play what is due, and ask to be called again. Safe to deliver twice: one of the two finds it claimed and ends."""
    if evening.play_due(rehearsal_id) is not None:
        call(rehearsal_id)


@shared_task(name="rehearsal.take_up")
def take_up() -> None:
    """Call for the rehearsals whose message was lost. Safe to deliver twice."""
    for rehearsal_id in services.live():
        play.delay(rehearsal_id)


def call(rehearsal_id: int) -> None:
    """Have the next turn played soon. With the broker down, `take_up` does it later."""
    try:
        play.apply_async((rehearsal_id,), countdown=NEXT_TURN, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("the broker cannot be reached (%s); rehearsal %d waits", error, rehearsal_id)
