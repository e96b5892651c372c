"""What badges do with news from lessons: after each commit that may have met a criterion."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

import lessons.catalogue
from badges import catalogue, services
from classroom.events import Event, recorded
from classroom.models import Membership
from lessons.events import (
    AloudTakenBack,
    ExplainedAloud,
    Reviewed,
    ReviewTakenBack,
    RunMeasured,
    StepAccepted,
)


@receiver(recorded, sender=StepAccepted)
@receiver(recorded, sender=RunMeasured)
@receiver(recorded, sender=Reviewed)
@receiver(recorded, sender=ReviewTakenBack)
@receiver(recorded, sender=ExplainedAloud)
@receiver(recorded, sender=AloudTakenBack)
def consider_badge(
    sender: type[Event], event: Any, membership: Membership, by: Membership | None, **kwargs: Any
) -> None:
    badge, lesson = catalogue.of_lesson(event.lesson), lessons.catalogue.get(event.lesson)
    if badge is not None and lesson is not None and badge.is_about(event.activity):
        services.consider(membership, lesson, badge, by=by)
