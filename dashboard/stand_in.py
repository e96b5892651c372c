"""A student's own pages as they see them, for their instructor: to look at, or to enter what was done on paper.

Every page stays under its student's address: whatever it links or sends to comes back here, never to the instructor's
own page of the lesson. Looking changes nothing and notes nothing as seen, but that somebody looked; what is entered
says who entered it.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import badges.views
import lessons.views
from classroom import looks
from classroom.access import instructor_required, require_post
from classroom.acting import Acting
from classroom.models import Look, Membership
from dashboard.students import student_of
from lessons.activities.predict import views as predict_views


@never_cache
@require_safe
@instructor_required
def arc(request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str) -> HttpResponse:
    """The student's arc."""
    return lessons.views.show_arc(request, _acting(membership, student, mode), lesson)


@never_cache
@require_safe
@instructor_required
def part(request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str, part: str) -> HttpResponse:
    """One part as the student sees it."""
    acting = _acting(membership, student, mode)
    if part == "badge":
        return badges.views.show_part(request, acting, lesson)
    return lessons.views.show_part(request, acting, lesson, part)


@never_cache
@require_safe
@instructor_required
def submission(
    request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str, number: int
) -> HttpResponse:
    """One thing that the student handed in."""
    return lessons.views.show_submission(request, _acting(membership, student, mode), lesson, number)


@require_post
@instructor_required
def check(request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str) -> HttpResponse:
    """Enter a worksheet or a text from paper."""
    return lessons.views.take_answer(request, _acting(membership, student), lesson, activity)


@require_post
@instructor_required
def seal(request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str) -> HttpResponse:
    """Enter a prediction from paper."""
    return predict_views.take_prediction(request, _acting(membership, student), lesson, activity)


@require_post
@instructor_required
def reconcile(
    request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str, item: str
) -> HttpResponse:
    """Enter from paper what was seen, and what was made of it."""
    return predict_views.take_reconciliation(request, _acting(membership, student), lesson, activity, item)


def _acting(membership: Membership, student: int, mode: str = "paper") -> Acting:
    """The instructor in the place of a student: `page` to look, `paper` to enter."""
    found = student_of(membership, student)
    looks.at_members(membership.user, Look.Kind.LESSON, [found.pk])
    return Acting(
        member=found,
        by=membership,
        is_looking=mode == "page",
        routes=f"dashboard:{mode}-",
        way_back=reverse("dashboard:student", args=[membership.cohort.slug, student]),
    )
