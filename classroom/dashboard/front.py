"""The front of the room: lead a class, and show it on the wall."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classroom.access import instructor_required
from classroom.dashboard import room
from classroom.dashboard.views import chosen_lesson, page_version
from classroom.models import Membership, Pace
from classroom.refusals import Refusal
from lessons import leading
from lessons.authoring.loader import LoadedLesson


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def lead(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Lead the class: its parts, votes and reveals, and the end of the session."""
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    if request.method == "POST":
        _act(request, membership, loaded)
        if not request.htmx:
            return redirect(request.get_full_path())
    template = "dashboard/_lead.html" if request.htmx else "dashboard/lead.html"
    return render(request, template, _lead_context(membership, loaded))


@never_cache
@require_safe
@instructor_required
def lead_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The page again if it is newer than ``?v=``, else 204: another instructor may be leading too."""
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    context = _lead_context(membership, loaded)
    if request.GET.get("v") == context["v"]:
        return HttpResponse(status=204)
    return render(request, "dashboard/_lead.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def present(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The projector: one question, how many have answered, one button."""
    if request.method == "POST":
        _act(request, membership, chosen_lesson(membership, request.GET.get("lesson")))
        if not request.htmx:
            return redirect(request.get_full_path())
    template = "dashboard/_question.html" if request.htmx else "dashboard/present.html"
    return render(request, template, _room_context(request, membership))


@never_cache
@require_safe
@instructor_required
def present_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The projector's question again if anything changed since ``?v=``, else 204."""
    if request.GET.get("v") == page_version(membership):
        return HttpResponse(status=204)
    return render(request, "dashboard/_question.html", _room_context(request, membership))


CLASS_ACTS = {"lead_class": leading.lead_class, "end_class": leading.end_class}
PART_ACTS = {"open_part": leading.open_part, "close_part": leading.close_part, "free_part": leading.free_part}
QUESTION_ACTS = {
    "open_vote": leading.open_vote,
    "close_vote": leading.close_vote,
    "reveal": leading.reveal,
    "take_back": leading.take_back_reveal,
}


def _act(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> None:
    """Do what was pressed."""
    sent = request.POST
    act = sent.get("act", "")
    if act in CLASS_ACTS:
        CLASS_ACTS[act](membership)
    elif act in PART_ACTS:
        PART_ACTS[act](membership, lesson, sent.get("part", ""))
    elif act in QUESTION_ACTS:
        QUESTION_ACTS[act](membership, lesson, sent.get("activity", ""), sent.get("item", ""))
    else:
        raise Refusal(_("We could not read what was pressed. Reload the page and press it again."))


def _lead_context(membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    way = room.way(membership, lesson)
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "parts": way.parts,
        "is_led": membership.cohort.pace == Pace.LED,
        "v": way.token,
    }


def _room_context(request: HttpRequest, membership: Membership) -> dict[str, Any]:
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    v = page_version(membership)  # before the question that it stands for
    question = room.question(membership, lesson, request.GET.get("question", ""))
    # While a reveal can still be taken back every poll is answered: it opens with the clock alone.
    is_pending = question is not None and question.token.endswith(".pending")
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "question": question,
        "is_led": membership.cohort.pace == Pace.LED,
        "v": "pending" if is_pending else v,
    }
