"""The front of the room: lead a class, and show it on the wall."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import classroom.services
from classroom.access import instructor_required
from classroom.models import Membership, Pace
from classroom.refusals import Refusal
from classroom.web import is_htmx
from dashboard import projector, reach
from dashboard.views import chosen_lesson, page_version
from experiments import liveness
from lessons import pacing, room, voting
from lessons.authoring.loader import LoadedLesson


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def lead(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Lead the class: its parts, votes and reveals, and the end of the session."""
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    if request.method == "POST":
        _act(request, membership, loaded)
        if not is_htmx(request):
            return redirect(request.get_full_path())
    template = "dashboard/_lead.html" if is_htmx(request) else "dashboard/lead.html"
    return render(request, template, _lead_context(request, membership, loaded))


@never_cache
@require_safe
@instructor_required
def lead_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The page again if it is newer than ``?v=``, else 204: another instructor may be leading too."""
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    context = _lead_context(request, membership, loaded)
    if request.GET.get("v") == context["v"]:
        return HttpResponse(status=204)
    return render(request, "dashboard/_lead.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def present(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The projector: one question, how many have answered, one button; with ``?remote=1``, the phone that moves it."""
    if request.method == "POST":
        lesson = chosen_lesson(membership, request.GET.get("lesson"))
        _act(request, membership, lesson)
        if not is_htmx(request):
            return redirect(_address(request, membership, lesson))
        membership.cohort.version.refresh_from_db()
    if not _is_remote(request):
        classroom.services.note_projector(membership.cohort)
    context = _room_context(request, membership)
    return render(request, context["template"] if is_htmx(request) else "dashboard/present.html", context)


@never_cache
@require_safe
@instructor_required
def present_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The projector's question again if anything changed since ``?v=``, else 204."""
    if not _is_remote(request):
        classroom.services.note_projector(membership.cohort)
    if request.GET.get("v") == page_version(membership):
        return HttpResponse(status=204)
    context = _room_context(request, membership)
    return render(request, context["template"], context)


CLASS_ACTS = {"lead_class": pacing.lead_class, "end_class": pacing.end_class}
PART_ACTS = {"open_part": pacing.open_part, "close_part": pacing.close_part, "free_part": pacing.free_part}
QUESTION_ACTS = {
    "open_vote": voting.open_vote,
    "close_vote": voting.close_vote,
    "reveal": voting.reveal,
    "take_back": voting.take_back_reveal,
}
ROOM_ACTS = {
    "bring": room.bring,
    "pause": room.pause,
    "resume": room.resume,
    "unsay": room.unsay,
    "stop_timer": room.stop_timer,
}


def _act(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> None:
    """Do what was pressed."""
    sent = request.POST
    act = sent.get("act", "")
    place = sent.get("activity", ""), sent.get("item", "")
    if act == "show":
        voting.show(membership, lesson, *place)
    elif act == "hands":
        hands = {name.removeprefix("hands-"): typed for name, typed in sent.items() if name.startswith("hands-")}
        voting.count_hands(membership, lesson, *place, hands)
    elif act in ROOM_ACTS:
        ROOM_ACTS[act](membership, lesson)
    elif act == "say":
        room.say(membership, lesson, sent.get("message", ""))
    elif act == "start_timer":
        room.start_timer(membership, lesson, sent.get("minutes", ""))
    elif act in CLASS_ACTS:
        CLASS_ACTS[act](membership)
        if all(place):
            voting.show(membership, lesson, *place)
    elif act in PART_ACTS:
        PART_ACTS[act](membership, lesson, sent.get("part", ""))
    elif act in QUESTION_ACTS:
        QUESTION_ACTS[act](membership, lesson, *place)
    else:
        raise Refusal(_("We could not tell which button you pressed. Reload the page and press it again."))


def _lead_context(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    tools = room.tools(membership, lesson)  # before what the page's token stands for
    way, worker = projector.way(membership, lesson), liveness.silence()
    return {
        "membership": membership,
        "worker": worker,
        "lesson": lesson.lesson,
        "parts": way.parts,
        "reach": reach.of(request, membership.cohort),
        "is_led": membership.cohort.pace == Pace.LED,
        "tools": tools,
        # A worker falls silent by the clock alone.
        "v": f"{way.token}.{tools.number}{'.silent' * (worker is not None)}",
    }


def _room_context(request: HttpRequest, membership: Membership) -> dict[str, Any]:
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    is_remote = _is_remote(request)
    v = page_version(membership)  # before the question that it stands for
    # What is pressed on a question that this page alone looked at goes onto the wall, and the page follows it.
    asked = request.GET.get("question", "") if request.method != "POST" else ""
    wall = projector.wall(membership, lesson, asked)
    # While a reveal can still be taken back every poll is answered: it opens with the clock alone.
    is_pending = wall.token.endswith(".pending")
    way_in = reach.of(request, membership.cohort)
    has_code = not (wall.question or is_remote or membership.cohort.archived or way_in.is_loopback)
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "wall": wall,
        "question": wall.question,
        "is_led": membership.cohort.pace == Pace.LED,
        "is_remote": is_remote,
        "tools": room.tools(membership, lesson),
        "template": "dashboard/_remote.html" if is_remote else "dashboard/_question.html",
        "reach": way_in,
        "qr": projector.join_code(way_in.join_url) if has_code else "",
        "remote": "&remote=1" if is_remote else "",
        "v": "pending" if is_pending else v,
    }


def _is_remote(request: HttpRequest) -> bool:
    return bool(request.GET.get("remote"))


def _address(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> str:
    """Where a page without JavaScript goes on after something was pressed: at what is on the wall now."""
    query = {"lesson": lesson.lesson.slug, **({"remote": "1"} if _is_remote(request) else {})}
    return f"{reverse('dashboard:present', args=[membership.cohort.slug])}?{urlencode(query)}"
