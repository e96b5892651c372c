"""What a worker does about badges: when asked, and on a clock."""

from celery import shared_task

from badges import services


@shared_task(name="badges.consider")
def consider(member: int, lesson: str, by: int | None = None) -> None:
    """Bring a lesson's badge up to date with what a member has done. Safe to deliver twice, and too late."""
    services.consider_again(member, lesson, by)


@shared_task(name="badges.sweep")
def sweep() -> None:
    """Award what a crash has missed. Safe to do at any time."""
    services.sweep()
