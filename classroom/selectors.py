"""Facts about people and classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from classroom import signs
from classroom.models import Cohort, CohortVersion, Membership, Role, User, normalise_code

HERE = timedelta(minutes=3)
JUST_NOW = timedelta(minutes=10)
# A projector asks every second and a half; one that has not asked for so long is closed.
PROJECTED = timedelta(seconds=15)


def memberships_of(user: User | AnonymousUser) -> QuerySet[Membership]:
    """All classes that a person is in, open ones first."""
    return (
        Membership.objects.present()
        .filter(user_id=user.pk or 0)
        .select_related("cohort", "user")
        .order_by("cohort__archived", "cohort__name", "pk")
    )


def joined_just_now(cohort: Cohort, username: str) -> Membership | None:
    """The student of a username, if they joined a class within the last ten minutes."""
    since = timezone.now() - JUST_NOW
    return students_of(cohort).filter(user__username=signs.fold(username.strip()), joined_at__gt=since).first()


def is_kept_out(user: User | AnonymousUser, cohort: Cohort) -> bool:
    """Tell whether the code of a class does not bring somebody back who was removed."""
    return Membership.objects.filter(user_id=user.pk or 0, cohort=cohort, kept_out=True).exists()


def left_by(user: User | AnonymousUser) -> QuerySet[Membership]:
    """The classes that a person was removed from, or whose work there went to another account of theirs."""
    left = Membership.objects.filter(user_id=user.pk or 0, removed_at__isnull=False, cohort__archived=False)
    return left.select_related("cohort", "merged_into__user").order_by("cohort__name", "pk")


def students_of(cohort: Cohort) -> QuerySet[Membership]:
    """The students who are in a class now. Whoever was removed is not among them."""
    return (
        Membership.objects.present()
        .filter(cohort=cohort, role=Role.STUDENT)
        .select_related("user")
        .order_by("user__display_name", "pk")
    )


def removed_from(cohort: Cohort) -> QuerySet[Membership]:
    """The students who were removed from a class, the last one first."""
    left = Membership.objects.filter(cohort=cohort, role=Role.STUDENT, removed_at__isnull=False)
    return left.select_related("user", "removed_by__user", "merged_into__user").order_by("-removed_at", "-pk")


def by_students(cohort: Cohort, of: str = "membership") -> Q:
    """Condition for rows of the students who are in a class now. Whatever counts, lists or shows a class's rows asks
    by it, so that nobody who was removed is counted anywhere.

    Parameters
    ----------
    of : how a row names its member
    """
    return Q(**{f"{of}__cohort": cohort, f"{of}__role": Role.STUDENT, f"{of}__removed_at": None})


def by_students_ever(cohort: Cohort) -> Q:
    """Condition for rows of everybody who is or was a student of a class, but for what a double left aside.

    It is for what happened in the room while they were there: a vote that was closed keeps its answers.
    """
    return Q(membership__cohort=cohort, membership__role=Role.STUDENT, membership__merged_into=None)


def told_apart(people: Iterable[Membership]) -> dict[int, str]:
    """Name each of these people, by their membership; two whose names look alike with their usernames too."""
    people = list(people)
    met = Counter(_looks_like(str(each.user)) for each in people)
    return {each.pk: with_username(each) if met[_looks_like(str(each.user))] > 1 else str(each.user) for each in people}


def with_username(membership: Membership) -> str:
    """Name somebody so that nobody else of the class has the same."""
    return f"{membership.user} ({membership.user.get_username()})"


def _looks_like(name: str) -> str:
    return " ".join(signs.skeleton(name).split())


def numbers_of(students: Iterable[int]) -> dict[int, int]:
    """Number a class's students, given by their keys, in the order in which they joined: in place of names."""
    return {pk: number for number, pk in enumerate(sorted(students), start=1)}


def is_here(membership: Membership) -> bool:
    """Was this person active in the last three minutes?"""
    last = membership.last_active_at
    return last is not None and timezone.now() - last < HERE


def students_here(cohort: Cohort) -> list[int]:
    """Which students of a class were active in the last three minutes."""
    here = students_of(cohort).filter(last_active_at__gt=timezone.now() - HERE)
    return list(here.order_by().values_list("pk", flat=True))


def is_projected(version: CohortVersion) -> bool:
    """Does a projector show this class now?"""
    return version.projected_at is not None and timezone.now() - version.projected_at < PROJECTED


def cohort_with_code(typed: str) -> Cohort | None:
    """The class of a join code, whether or not joining is open; an archived one is found by nobody."""
    return Cohort.objects.filter(join_code=normalise_code(typed), archived=False).first()
