"""Answer calls for help, so that every instructor of the class knows; and take that back."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils.translation import gettext as _

import classroom.selectors
import classroom.services
import experiments.selectors
from classroom.models import Membership
from classroom.refusals import NotInClass, Refusal, TooMany
from lessons import selectors
from lessons.activities.base import type_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven
from lessons.run_context import RunContext


def give_help(membership: Membership, lesson: LoadedLesson, *, student: int, reason: str, occasion: str) -> bool:
    """Mark a call as answered by this instructor; tell whether nobody had done so before.

    Raises
    ------
    Refusal
        If the class has no such student, or there is no such call.
    """
    membership.cohort.refuse_if_archived()
    if reason not in HelpGiven.Reason.values or not 0 < len(occasion) <= 160 or not occasion.isprintable():
        raise Refusal(_("We could not tell whom you helped. Reload the page and press it again."))
    with transaction.atomic():
        here = classroom.selectors.students_of(membership.cohort).filter(pk=student)
        if not here.select_for_update(of=("self",), no_key=True):
            raise NotInClass
        __, is_new = HelpGiven.objects.get_or_create(
            membership_id=student,
            lesson=lesson.lesson.slug,
            reason=reason,
            occasion=occasion,
            defaults={"by": membership},
        )
        classroom.services.touch(membership.cohort)
    return is_new


def ask_again(membership: Membership, lesson: LoadedLesson, activity_key: str) -> int:
    """Ask once more for the runs of an activity that failed, for everybody who waits for one; give their number.

    Whoever has as many runs on their way as they may have is left out, and calls on.

    Raises
    ------
    Refusal
        If there is no such activity, or the class is archived.
    """
    membership.cohort.refuse_if_archived()
    __, activity = selectors.place_of(lesson, activity_key)
    start = RunContext.start_in(lesson.lesson.slug, activity.key)
    waiting = {each.membership_id for each in experiments.selectors.failed_requests(membership.cohort, start)}
    n = 0
    for student in classroom.selectors.students_of(membership.cohort).filter(pk__in=waiting).order_by("pk"):
        student.cohort = membership.cohort
        with suppress(TooMany):
            n += type_of(activity).ask_again(student, lesson, activity, by=membership)
    return n


def take_back(membership: Membership, lesson: LoadedLesson, *, student: int, reason: str, occasion: str) -> None:
    """Let a call wait again; one that waits already stays as it is."""
    membership.cohort.refuse_if_archived()
    if not occasion.isprintable() or reason not in HelpGiven.Reason.values:
        return  # no call has such a name, and PostgreSQL would not even look for some of them
    theirs = classroom.selectors.by_students(membership.cohort)
    given = HelpGiven.objects.filter(theirs, membership=student)
    with transaction.atomic():
        given.filter(lesson=lesson.lesson.slug, reason=reason, occasion=occasion).delete()
        classroom.services.touch(membership.cohort)
