"""The instructor's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import classroom.selectors
from classroom.access import instructor_required
from classroom.dashboard import selectors
from classroom.models import Membership
from classroom.refusals import NotFound
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import lesson_of, lessons_of


@never_cache
@require_GET
@instructor_required
def grid(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The class grid."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "lessons": lessons_of(membership.cohort),
        "grid": selectors.grid(membership, lesson),
        "join_url": request.build_absolute_uri(f"/join/{membership.cohort.join_code}"),
    }
    return render(request, "dashboard/grid.html", context)


@never_cache
@require_GET
@instructor_required
def grid_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The grid again if it is newer than ``?v=``, else 204."""
    if is_unchanged(request.GET.get("v"), membership):
        return HttpResponse(status=204)
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {"membership": membership, "lesson": lesson.lesson, "grid": selectors.grid(membership, lesson)}
    return render(request, "dashboard/_grid.html", context)


@never_cache
@require_GET
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


def chosen_lesson(membership: Membership, slug: str | None) -> LoadedLesson:
    """The lesson asked for, or the cohort's first."""
    if slug:
        return lesson_of(membership, slug)
    lessons = lessons_of(membership.cohort)
    if not lessons:
        raise NotFound(_("This class has no lesson yet. An admin can give it one."))
    return lessons[0]


def is_unchanged(version: str | None, membership: Membership) -> bool:
    """Does the page that asks hold the newest version already?"""
    return version == str(classroom.selectors.version_of(membership.cohort))
