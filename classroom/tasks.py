"""Housekeeping on the worker."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.core.management import call_command


@shared_task(name="classroom.clear_expired_sessions")
def clear_expired_sessions() -> None:
    """Forget log-ins that have expired. Safe to deliver twice."""
    call_command("clearsessions")


@worker_ready.connect
def _tidy_up(**kwargs: Any) -> None:
    """Each worker begins its day with the housekeeping, on its own queue."""
    clear_expired_sessions.delay()
