"""Facts about people and classes."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from classroom.models import Cohort, CohortVersion, Membership, Role, User, normalise_code

HERE = timedelta(minutes=3)
# A projector asks every second and a half; one that has not asked for so long is closed.
PROJECTED = timedelta(seconds=15)


def memberships_of(user: User | AnonymousUser) -> QuerySet[Membership]:
    """All classes of a person, open ones first."""
    return (
        Membership.objects.filter(user_id=user.pk or 0)
        .select_related("cohort", "user")
        .order_by("cohort__archived", "cohort__name", "pk")
    )


def students_of(cohort: Cohort) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(cohort=cohort, role=Role.STUDENT)
        .select_related("user")
        .order_by("user__display_name", "pk")
    )


def is_here(membership: Membership) -> bool:
    """Was this person active in the last three minutes?"""
    last = membership.last_active_at
    return last is not None and timezone.now() - last < HERE


def is_projected(version: CohortVersion) -> bool:
    """Does a projector show this class now?"""
    return version.projected_at is not None and timezone.now() - version.projected_at < PROJECTED


def cohort_with_code(typed: str) -> Cohort | None:
    return Cohort.objects.filter(join_code=normalise_code(typed), archived=False).first()
