"""Work on a clock."""

from celery import shared_task

from badges import services


@shared_task(name="badges.sweep")
def sweep() -> None:
    """Award what a crash has missed. Safe to do at any time."""
    services.sweep()
