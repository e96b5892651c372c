"""The demo class and its three people, and beside it a class as it is after an evening."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from classroom import cards, services
from classroom.models import Cohort, Role, User
from downhill.public_password import PUBLIC_PASSWORD
from rehearsal import evening

PEOPLE = {"student": "Sam Student", "instructor": "Ines Instructor", "admin": "Ada Admin"}
EVENING = "demo-evening"
# Passwords by username, as they are printed.
Passwords = dict[str, str]


def make(*, is_public: bool) -> Passwords:
    """Make what is missing of the demo class; give the passwords of the people who are new."""
    there = set(User.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    fresh = {name: PUBLIC_PASSWORD if is_public else cards.new_password() for name in PEOPLE if name not in there}
    people = [_person(username, password) for username, password in fresh.items()]
    with transaction.atomic():
        cohort = Cohort.objects.filter(slug="demo").first() or services.open_cohort(
            slug="demo", name="Demo class", join_code="DEMO-2026"
        )
        for user in people:
            user.save()
        services.enrol(User.objects.get(username="student"), cohort)
        services.enrol(User.objects.get(username="instructor"), cohort, Role.INSTRUCTOR)
        if settings.DEMO_EVENING:
            add_evening(cohort)
    return fresh


def _person(username: str, password: str) -> User:
    is_admin = username == "admin"
    rights = {"is_staff": is_admin, "is_superuser": is_admin}
    return User.objects.unsaved(username, password, display_name=PEOPLE[username], **rights)


def add_evening(cohort: Cohort) -> None:
    """Put a class beside the demo class that a worker plays to the end of an evening, unless it is there.

    A newcomer's grid is empty otherwise: nobody sees what it is for before a first session.
    """
    if not Cohort.objects.filter(slug=EVENING).exists():
        owner = User.objects.get(username="instructor")
        evening.begin(owner, cohort, slug=EVENING, name="Rehearsal · Demo class, after an evening")


def renew_public() -> Passwords:
    """Give a new password to each of the demo's people who still has the public one."""
    return _renew(lambda user: user.check_password(PUBLIC_PASSWORD))


def renew_all() -> Passwords:
    """Give a new password to each of the demo's people."""
    return _renew(lambda user: True)


def _renew(needs_one: Callable[[User], bool]) -> Passwords:
    """Give new passwords. Sessions and tokens that were had with the old ones end."""
    due = [user for user in User.objects.filter(username__in=PEOPLE).order_by("pk") if needs_one(user)]
    fresh = {user.username: cards.new_password() for user in due}
    for user in due:
        user.set_password(fresh[user.username])
    with transaction.atomic():
        for user in due:
            user.save(update_fields=["password"])
    return fresh
