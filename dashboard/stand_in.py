"""A student's own pages as they see them, for their instructor: to look at, or to enter what was done on paper.

Every page stays under its student's address: whatever it links or sends to comes back here, never to the instructor's
own page of the lesson. Looking changes nothing and notes nothing as seen; what is entered says who entered it.
"""

from __future__ import annotations

import functools
import re

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import badges.views
import lessons.views
from classroom.access import instructor_required
from classroom.models import Membership
from dashboard.students import student_of
from lessons.activities.predict import views as predict


@never_cache
@require_safe
@instructor_required
def arc(request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str) -> HttpResponse:
    """The student's arc."""
    found = _stood_in_for(membership, student, mode)
    return _kept_here(lessons.views.show_arc(request, found, lesson), found)


@never_cache
@require_safe
@instructor_required
def part(request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str, part: str) -> HttpResponse:
    """One part as the student sees it."""
    found = _stood_in_for(membership, student, mode)
    show = badges.views.show_part if part == "badge" else functools.partial(lessons.views.show_part, part=part)
    return _kept_here(show(request, found, lesson=lesson), found)


@never_cache
@require_safe
@instructor_required
def submission(
    request: HttpRequest, membership: Membership, student: int, mode: str, lesson: str, number: int
) -> HttpResponse:
    """One thing that the student handed in."""
    found = _stood_in_for(membership, student, mode)
    return _kept_here(lessons.views.show_submission(request, found, lesson, number), found)


@require_POST
@instructor_required
def check(request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str) -> HttpResponse:
    """Enter a worksheet or a text from paper."""
    found = _stood_in_for(membership, student)
    return _kept_here(lessons.views.take_answer(request, found, lesson, activity), found)


@require_POST
@instructor_required
def seal(request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str) -> HttpResponse:
    """Enter a prediction from paper."""
    found = _stood_in_for(membership, student)
    return _kept_here(predict.take_prediction(request, found, lesson, activity), found)


@require_POST
@instructor_required
def reconcile(
    request: HttpRequest, membership: Membership, student: int, lesson: str, activity: str, item: str
) -> HttpResponse:
    """Enter from paper what was seen, and what was made of it."""
    found = _stood_in_for(membership, student)
    return _kept_here(predict.take_reconciliation(request, found, lesson, activity, item), found)


def _stood_in_for(membership: Membership, student: int, mode: str = "paper") -> Membership:
    found = student_of(membership, student)
    found.helper, found.is_looked_at = membership, mode == "page"
    found.way_back = reverse("dashboard:student", args=[found.cohort.slug, found.pk])
    return found


def _kept_here(answer: HttpResponse, student: Membership) -> HttpResponse:
    """Let what an answer leads to under the lesson lead to the same page of this student."""
    mode = "page" if student.is_looked_at else "paper"
    own = f"/c/{student.cohort.slug}/lessons/"
    here = reverse(f"dashboard:{mode}-arc", args=[student.cohort.slug, student.pk, "x"]).removesuffix("x/")
    if where := answer.get("Location"):
        answer["Location"] = where.replace(own, here, 1)
    text = answer.content.decode()
    # Addresses alone: what the student wrote stays as it is.
    address = rf'((?:href|action|hx-[a-z]+)="){re.escape(own)}(?![^"]*\.ipynb)'
    answer.content = re.sub(address, rf"\g<1>{here}", text).encode()
    return answer
