"""The student's pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import classroom.services
from classroom.access import member_required
from classroom.models import Membership
from classroom.refusals import Forbidden, Refusal
from lessons import selectors, services
from lessons.authoring import markdown
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Part
from lessons.forms import ENVELOPE, ShownForm, SubmissionForm


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
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    context = _part_context(membership, loaded, found, shown.get("activity", ""), shown.get("step"))
    return render(request, "lessons/part.html", context)


@require_POST
@member_required
def check(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take an answer from the page; show its verdict where it was typed."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.find_activity(membership, loaded, activity)
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This sheet is incomplete. Go back, reload the page and check again."))
    if form.cleaned_data["member"] not in (None, membership.pk):
        raise Forbidden(_("Somebody else has logged in on this device since. Nothing was sent in their name."))
    answer = {name: value for name, value in request.POST.items() if name not in ENVELOPE}
    step = form.cleaned_data["step"]
    receipt = services.submit(membership, loaded, activity, client_id=form.cleaned_data["id"], step=step, answer=answer)
    # A step that is being mended stays on the desk until it is right.
    mending = None if receipt.submission.accepted or receipt.submission.answer.get("go_on") else step
    extra = activity if found_activity.extra else ""
    if not request.htmx:
        shown = {"activity": extra, "step": mending}
        query = urlencode({name: value for name, value in shown.items() if value})
        address = reverse("lessons:part", args=[membership.cohort.slug, lesson, found.key])
        return redirect(f"{address}?{query}" if query else address)
    classroom.services.note_activity(membership)
    return render(request, "lessons/_part.html", _part_context(membership, loaded, found, extra, mending))


def _part_context(
    membership: Membership, lesson: LoadedLesson, part: Part, extra: str = "", step: int | None = None
) -> dict[str, Any]:
    """Collect what a part's page shows: its core activities, or the one `extra` asked for."""
    row = selectors.progress_of(membership, lesson).get(part.key)
    arc = selectors.arc(membership, lesson)
    chosen = [activity for activity in part.activities if activity.extra and activity.key == extra]
    shown = chosen or [activity for activity in part.activities if not activity.extra]
    pages = [
        selectors.activity_page(
            membership, lesson, selectors.find_activity(membership, lesson, activity.key)[1], row, step
        )
        for activity in shown
    ]
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "arc": arc,
        "part": next(station for station in arc.parts if station.key == part.key),
        "prose": lesson.texts[part.prose],
        "pages": pages,
        "extras": [activity for activity in part.activities if activity.extra and activity not in shown],
        "is_extra": bool(chosen),
        "saved_at": max((page.saved_at for page in pages if page.saved_at), default=None),
        "laws": [law for law in lesson.lesson.laws if law.part == part.key],
    }
