"""The class, its parts, its students and its replay, as their instructors see them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import classroom.services
from classroom import looks
from classroom.access import instructor_required, require_post
from classroom.models import Look, Membership, Rehearsal
from classroom.refusals import NotFound, Refusal
from classroom.selectors import is_projected
from classroom.web import is_htmx
from dashboard import after_class, grid_options, grid_rows, parts, reach, students
from dashboard.grid import IN_LEGEND, SHAPES, class_page
from dashboard.replay import replay_of
from lessons import help_calls, reviews
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import LessonAway, lesson_of, lessons_away, lessons_of
from privacy import retention


@never_cache
@require_safe
@instructor_required
def grid(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The class: its grid, who needs help now, the slips, and what is to be read."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = _class_context(request, membership, lesson)
    context |= {
        "lessons": lessons_of(membership.cohort),
        "away": lessons_away(membership.cohort),
        "rehearsal": Rehearsal.objects.filter(cohort=membership.cohort).first(),
        "reach": reach.of(request, membership.cohort),
        "kept": retention.near_end_of(membership.cohort),
        "missed": after_class.missed_by(membership.cohort, lesson),
    }
    return render(request, "dashboard/grid.html", context)


@never_cache
@require_safe
@instructor_required
def grid_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The grid again if it is newer than ``?v=``, else 204."""
    if request.GET.get("v") == page_version(membership):
        return HttpResponse(status=204)
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    return render(request, "dashboard/_class.html", _class_context(request, membership, lesson))


@require_post
@instructor_required
def help_given(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Mark a call for help as answered, or let it wait again."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    sent = request.POST
    act = {"helped": help_calls.give_help, "undo": help_calls.take_back}.get(sent.get("act", ""))
    student = sent.get("student", "")
    if act is None or not (student.isascii() and student.isdigit() and len(student) < 18):
        raise Refusal(_("We could not tell whom you helped. Reload the page and press it again."))
    act(
        membership,
        lesson,
        student=int(student),
        reason=sent.get("reason", ""),
        occasion=sent.get("occasion", ""),
    )
    return _class_again(request, membership, lesson)


@require_post
@instructor_required
def runs_again(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Ask once more for a run that failed, for all who wait for it."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    help_calls.ask_again(membership, lesson, request.POST.get("activity", ""))
    return _class_again(request, membership, lesson)


def _class_again(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> HttpResponse:
    if is_htmx(request):
        membership.cohort.version.refresh_from_db()
        return render(request, "dashboard/_class.html", _class_context(request, membership, lesson))
    return redirect(f"{reverse('dashboard:grid', args=[membership.cohort.slug])}?{request.GET.urlencode()}")


def _class_context(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    options = grid_options.read(request.GET.dict(), request.GET.get("lesson", "")[:60])
    v = page_version(membership)
    page = class_page(membership, lesson, options)
    base = reverse("dashboard:student", args=[membership.cohort.slug, 0]).removesuffix("0/")
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "page": page,
        "base": base,
        "rows": grid_rows.as_html(page.rows, base=base, lesson=lesson.lesson.slug),
        "grid_options": options,
        "legend": [(shape, SHAPES[shape]) for shape in IN_LEGEND],
        "v": v,
    }


@never_cache
@require_safe
@instructor_required
def part(request: HttpRequest, membership: Membership, part: str) -> HttpResponse:
    """One part across the class: how far everyone is, predictions, and slips as counts."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "part": parts.part_view(membership, lesson, part),
    }
    return render(request, "dashboard/part.html", context)


@never_cache
@require_safe
@instructor_required
def replay(request: HttpRequest, membership: Membership) -> HttpResponse:
    """How the room moved at each reveal, and the slips over time; made to be printed."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {"membership": membership, "lesson": lesson.lesson, "replay": replay_of(membership, lesson)}
    return render(request, "dashboard/replay.html", context)


@never_cache
@require_safe
@instructor_required
def student(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """One student's timeline, and what an instructor can settle for them."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    found = students.student_of(membership, student)
    return render(request, "dashboard/student.html", student_context(request, membership, lesson, found))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def password(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """Ask whether a student is to get a new password; then say it once."""
    found = students.student_of(membership, student)
    said = classroom.services.reset_password(membership, found) if request.method == "POST" else ""
    context = {"membership": membership, "student": found, "password": said}
    return render(request, "dashboard/password.html", context)


@require_post
@instructor_required
def aloud(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """Tick that something was explained aloud, or take that back."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    found = students.student_of(membership, student)
    is_heard = request.POST.get("act") != "undo"
    reviews.explained_aloud(membership, lesson, found, request.POST.get("activity", ""), is_heard=is_heard)
    address = reverse("dashboard:student", args=[membership.cohort.slug, found.pk])
    return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)


def student_context(
    request: HttpRequest, membership: Membership, lesson: LoadedLesson, student: Membership
) -> dict[str, Any]:
    """What the page of one student shows; that somebody looked is noted."""
    looks.at_members(membership.user, Look.Kind.PAGE, [student.pk])
    asked = request.GET.get("part", "")
    chosen = next((part for part in lesson.lesson.parts if part.key == asked), None)
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "student": student,
        "part": chosen,
        "page": students.student_page(student, lesson, chosen.key if chosen else ""),
    }


def chosen_lesson(membership: Membership, slug: str | None) -> LoadedLesson:
    """The lesson asked for, or the cohort's first."""
    if slug:
        return lesson_of(membership, slug)
    lessons = lessons_of(membership.cohort)
    if not lessons:
        if away := lessons_away(membership.cohort):
            raise LessonAway(away[0])
        raise NotFound(_("This class has no lesson yet. An admin can give it one."))
    return lessons[0]


def page_version(membership: Membership) -> str:
    """The cohort's version and the minute, since who is here changes with the clock alone; and is it projected?"""
    version = membership.cohort.version
    return f"{version.number}.{timezone.now():%H%M}{'p' * is_projected(version)}"
