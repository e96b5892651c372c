"""What can be done with people and classes, each act in one transaction."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import events, selectors
from classroom.acting import Acting
from classroom.models import CODE_LETTERS, Cohort, CohortVersion, GradientRule, Membership, Pace, Role, User
from classroom.refusals import Conflict, Forbidden

ACTIVITY_GRAIN = timedelta(minutes=1)
PROJECTOR_GRAIN = timedelta(seconds=5)


def open_cohort(*, slug: str, name: str, **fields: object) -> Cohort:
    """Make a cohort and its version counter."""
    with transaction.atomic():
        cohort = Cohort.objects.create(slug=slug, name=name, **fields)
        CohortVersion.objects.create(cohort=cohort)
    return cohort


def enrol(user: User, cohort: Cohort, role: str = Role.STUDENT) -> Membership:
    """Make `user` a member of `cohort`; somebody who is one already stays as they are."""
    with transaction.atomic():
        membership, created = Membership.objects.get_or_create(user=user, cohort=cohort, defaults={"role": role})
        if created:
            events.record(events.CohortJoined(), membership)
            touch(cohort)
    return membership


def register(*, username: str, display_name: str, password: str, cohort: Cohort) -> Membership:
    """Make a new person and enrol them as a student.

    Raises
    ------
    Conflict
        If somebody took the username a moment ago.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password, display_name=display_name)
            return enrol(user, cohort)
    except IntegrityError as error:
        raise Conflict(_("Somebody already has that username. Add a letter or a number.")) from error


def touch(cohort: Cohort) -> None:
    """Tell every open page of the cohort that something changed. Call it last in the transaction."""
    CohortVersion.objects.filter(cohort=cohort).update(number=F("number") + 1)


def note_activity(acting: Acting) -> None:
    """Remember that a member is here, at most once a minute; somebody who comes back shows at once.

    An instructor at their page is not them.
    """
    if not acting.is_own:
        return
    membership, now = acting.member, timezone.now()
    last = membership.last_active_at
    if last is not None and now - last < ACTIVITY_GRAIN:
        return
    was_here = selectors.is_here(membership)
    with transaction.atomic():
        stale = Q(last_active_at=None) | Q(last_active_at__lt=now - ACTIVITY_GRAIN)
        changed = Membership.objects.filter(stale, pk=membership.pk).update(last_active_at=now)
        if changed and not was_here:
            touch(membership.cohort)


def note_projector(cohort: Cohort) -> None:
    """Remember that a projector shows a class, at most every five seconds; one that has just been opened shows at once.

    Parameters
    ----------
    cohort : with its version
    """
    version, now = cohort.version, timezone.now()
    if version.projected_at is not None and now - version.projected_at < PROJECTOR_GRAIN:
        return
    was_open = selectors.is_projected(version)
    with transaction.atomic():
        stale = Q(projected_at=None) | Q(projected_at__lt=now - PROJECTOR_GRAIN)
        changed = CohortVersion.objects.filter(stale, pk=version.pk).update(projected_at=now)
        if changed and not was_open:
            touch(cohort)


def set_gradient_rule(cohort: Cohort, rule: str) -> None:
    """Change the rule for the slope.

    Raises
    ------
    Conflict
        If somebody's answers have been graded by the present rule.
    """
    if rule == cohort.gradient_rule:
        return
    changed = Cohort.objects.filter(pk=cohort.pk, rule_fixed_at=None).update(gradient_rule=rule)
    if not changed:
        raise Conflict(_("The gradient rule cannot change now: answers have been graded with it."))
    cohort.gradient_rule = rule


def lead_class(cohort: Cohort) -> None:
    """Lead a class from now on."""
    _set_pace(cohort, Pace.LED, ended_at=None)


def end_class(cohort: Cohort) -> None:
    """End a led session: the class is self-paced from now on, and remembers since when."""
    _set_pace(cohort, Pace.SELF, ended_at=timezone.now())


def _set_pace(cohort: Cohort, pace: Pace, *, ended_at: datetime | None) -> None:
    cohort.refuse_if_archived()
    Cohort.objects.filter(pk=cohort.pk).update(pace=pace, ended_at=ended_at)
    cohort.pace, cohort.ended_at = pace, ended_at


def reset_password(membership: Membership, student: Membership) -> str:
    """Give a student of the instructor's class a new password, which is said once and never again.

    Their log-ins elsewhere end with it.

    Raises
    ------
    Forbidden
        If the student is more than a student somewhere: an instructor's log-in is not for other instructors to take.
    """
    user = student.user
    teaches = Membership.objects.filter(user=user, role=Role.INSTRUCTOR).exists()
    if user.is_staff or user.is_superuser or teaches:
        raise Forbidden(_("This person is more than a student. Only an admin can give them a new password."))
    letters = [secrets.choice(CODE_LETTERS.lower()) for __ in range(12)]
    password = "-".join("".join(letters[i : i + 4]) for i in (0, 4, 8))
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        events.record(events.PasswordReset(), student, by=membership)
    return password


def fix_gradient_rule(cohort: Cohort) -> GradientRule:
    """Give the rule to grade by, and make sure that it stays the rule from now on."""
    if cohort.rule_fixed_at is None:
        Cohort.objects.filter(pk=cohort.pk, rule_fixed_at=None).update(rule_fixed_at=timezone.now())
        cohort.refresh_from_db(fields=["gradient_rule", "rule_fixed_at"])
    return GradientRule(cohort.gradient_rule)
