"""What badges do with news from lessons: after each commit that may have met a criterion."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

import lessons.catalogue
from badges import catalogue, services, tasks
from badges.catalogue import Badge
from classroom import outbox
from classroom.events import Event, recorded
from classroom.models import Membership
from lessons.authoring.loader import LoadedLesson
from lessons.events import (
    AloudTakenBack,
    ExplainedAloud,
    Reviewed,
    ReviewTakenBack,
    RunMeasured,
    StepAccepted,
)


@receiver(recorded, sender=StepAccepted)
def ask_to_consider(
    sender: type[Event], event: StepAccepted, membership: Membership, by: Membership | None, **kwargs: Any
) -> None:
    """An answer that leaves more to do meets no criterion; after the last one a worker is asked, and nobody waits."""
    if event.is_last and _badge_about(event) is not None:
        outbox.post(tasks.consider, membership.pk, event.lesson, by.pk if by else None)


@receiver(recorded, sender=RunMeasured)
@receiver(recorded, sender=Reviewed)
@receiver(recorded, sender=ReviewTakenBack)
@receiver(recorded, sender=ExplainedAloud)
@receiver(recorded, sender=AloudTakenBack)
def consider_badge(
    sender: type[Event], event: Any, membership: Membership, by: Membership | None, **kwargs: Any
) -> None:
    """What an instructor decides is seen at once; what was measured is told by a worker."""
    if (found := _badge_about(event)) is not None:
        services.consider(membership, *found, by=by)


def _badge_about(event: Any) -> tuple[LoadedLesson, Badge] | None:
    badge, lesson = catalogue.of_lesson(event.lesson), lessons.catalogue.get(event.lesson)
    if badge is None or lesson is None or not badge.is_about(event.activity):
        return None
    return lesson, badge
