"""The student's pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import classroom.services
from classroom.access import member_required
from classroom.models import Membership
from classroom.refusals import Refusal
from lessons import selectors, services
from lessons.authoring import markdown
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Part
from lessons.forms import SubmissionForm


@require_safe
@member_required
def cohort(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A class: straight to its lesson, or the choice where there are several."""
    lessons = selectors.lessons_of(membership.cohort)
    if len(lessons) == 1:
        return redirect("lessons:arc", membership.cohort.slug, lessons[0].lesson.slug)
    return render(request, "lessons/lessons.html", {"membership": membership, "lessons": lessons})


@never_cache
@require_safe
@member_required
def arc(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The lesson's first page: what it is about, and the way through it."""
    loaded = selectors.lesson_of(membership, lesson)
    classroom.services.note_activity(membership)
    content = loaded.lesson
    context = {
        "membership": membership,
        "lesson": content,
        "arc": selectors.arc(membership, loaded),
        "arc_text": loaded.texts[content.arc],
        "hero_text": markdown.to_inline_html(content.hero.text),
        "today": [(promise.icon, markdown.to_inline_html(promise.text)) for promise in content.today],
    }
    return render(request, "lessons/arc.html", context)


@never_cache
@require_safe
@member_required
def part(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """One part with its activities."""
    loaded = selectors.lesson_of(membership, lesson)
    found = selectors.part_of(loaded, part)
    classroom.services.note_activity(membership)
    return render(request, "lessons/part.html", _part_context(membership, loaded, found))


@require_POST
@member_required
def check(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take an answer from the page; show its verdict where it was typed."""
    loaded = selectors.lesson_of(membership, lesson)
    found, _activity = selectors.find_activity(membership, loaded, activity)
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This sheet is incomplete. Go back, reload the page and check again."))
    answer = {name: value for name, value in request.POST.items() if name not in ("id", "step", "csrfmiddlewaretoken")}
    services.submit(
        membership,
        loaded,
        activity,
        client_id=form.cleaned_data["id"],
        step=form.cleaned_data["step"],
        answer=answer,
    )
    if not request.htmx:
        return redirect("lessons:part", membership.cohort.slug, lesson, found.key)
    classroom.services.note_activity(membership)
    return render(request, "lessons/_part.html", _part_context(membership, loaded, found))


def _part_context(membership: Membership, lesson: LoadedLesson, part: Part) -> dict[str, Any]:
    row = selectors.progress_of(membership, lesson).get(part.key)
    arc = selectors.arc(membership, lesson)
    pages = [selectors.activity_page(membership, lesson, activity, row) for activity in part.activities]
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "arc": arc,
        "part": next(station for station in arc.parts if station.key == part.key),
        "prose": lesson.texts[part.prose],
        "pages": pages,
        "saved_at": max((page.saved_at for page in pages if page.saved_at), default=None),
        "laws": [law for law in lesson.lesson.laws if law.part == part.key],
    }
