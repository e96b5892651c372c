"""The instructor's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classroom.access import instructor_required
from classroom.dashboard import selectors
from classroom.models import Membership
from classroom.refusals import NotFound
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import lesson_of, lessons_of


@never_cache
@require_safe
@instructor_required
def grid(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The class grid."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "lessons": lessons_of(membership.cohort),
        "grid": selectors.grid(membership, lesson),
        "v": page_version(membership),
        "join_url": request.build_absolute_uri(f"/join/{membership.cohort.join_code}"),
    }
    return render(request, "dashboard/grid.html", context)


@never_cache
@require_safe
@instructor_required
def grid_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The grid again if it is newer than ``?v=``, else 204."""
    v = page_version(membership)
    if request.GET.get("v") == v:
        return HttpResponse(status=204)
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {"membership": membership, "lesson": lesson.lesson, "grid": selectors.grid(membership, lesson), "v": v}
    return render(request, "dashboard/_grid.html", context)


@never_cache
@require_safe
@instructor_required
def student(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """One student's timeline."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    found = selectors.student_of(membership, student)
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "student": found,
        "timeline": selectors.timeline(found, lesson),
    }
    return render(request, "dashboard/student.html", context)


@never_cache
@require_safe
@instructor_required
def part(request: HttpRequest, membership: Membership, part: str) -> HttpResponse:
    """One part across the class: how far everyone is, and the slips as counts."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "part": selectors.part_view(membership, lesson, part),
    }
    return render(request, "dashboard/part.html", context)


def chosen_lesson(membership: Membership, slug: str | None) -> LoadedLesson:
    """The lesson asked for, or the cohort's first."""
    if slug:
        return lesson_of(membership, slug)
    lessons = lessons_of(membership.cohort)
    if not lessons:
        raise NotFound(_("This class has no lesson yet. An admin can give it one."))
    return lessons[0]


def page_version(membership: Membership) -> str:
    """The cohort's version and the minute: who is here changes with the clock alone."""
    return f"{membership.cohort.version.number}.{timezone.now():%H%M}"
