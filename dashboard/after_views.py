"""After class: who missed it and what comes next, and what each student did, to be printed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classroom import looks
from classroom.access import instructor_required
from classroom.models import Look, Membership
from dashboard import after_class
from dashboard.students import student_of
from dashboard.views import chosen_lesson
from privacy import retention


@never_cache
@require_safe
@instructor_required
def after(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Who missed the class, the mission, and how the next session begins."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    page = after_class.after_class(membership, lesson)
    kept = retention.near_end_of(membership.cohort)
    context = {"membership": membership, "lesson": lesson.lesson, "page": page, "kept": kept}
    return render(request, "dashboard/after.html", context)


@never_cache
@require_safe
@instructor_required
def did(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """What one student did, for them or their parents: compared with nobody's."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    found = student_of(membership, student)
    looks.at_members(membership.user, Look.Kind.DID, [found.pk])
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "pages": [after_class.did(found, lesson)],
        "student": found,
    }
    return render(request, "dashboard/did.html", context)


@never_cache
@require_safe
@instructor_required
def did_by_all(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The same of everybody who did something, a page each, in one print."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    pages = after_class.did_by_all(membership.cohort, lesson)
    looks.at_members(membership.user, Look.Kind.DID, [page.id for page in pages])
    context = {"membership": membership, "lesson": lesson.lesson, "pages": pages}
    return render(request, "dashboard/did.html", context)
