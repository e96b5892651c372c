"""Housekeeping on the worker."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="classroom.clear_expired_sessions")
def clear_expired_sessions() -> None:
    """Forget log-ins that have expired. Safe to deliver twice."""
    call_command("clearsessions")
