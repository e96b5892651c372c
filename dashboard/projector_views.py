"""The front of the room: lead a class, and show it on the wall."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import classroom.services
from classroom.access import instructor_required
from classroom.models import Membership, Pace
from classroom.refusals import UnknownAct
from classroom.web import is_htmx
from dashboard import next_act, projector, reach
from dashboard.next_act import Press
from dashboard.views import chosen_lesson, page_version
from experiments import liveness
from experiments.liveness import Silence
from lessons import pacing, room, skipping, voting
from lessons.authoring.loader import LoadedLesson


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def lead(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Lead the class: its parts, votes and reveals, and the end of the session."""
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    asked = _asked_for(request)
    if request.method == "POST":
        asked = _act(request, membership, loaded)
        if not is_htmx(request):
            return redirect(_address("dashboard:lead", request, membership, loaded, asked))
        membership.cohort.version.refresh_from_db()
    template = "dashboard/_lead.html" if is_htmx(request) else "dashboard/lead.html"
    return render(request, template, _lead_context(request, membership, loaded, asked))


@never_cache
@require_safe
@instructor_required
def lead_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The page again if it is newer than ``?v=``, else 204: another instructor may be leading too."""
    if request.GET.get("v") == _lead_version(membership, liveness.silence()):
        return HttpResponse(status=204)
    loaded = chosen_lesson(membership, request.GET.get("lesson"))
    return render(request, "dashboard/_lead.html", _lead_context(request, membership, loaded, _asked_for(request)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def present(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The projector: one question, how many have answered, one button; with ``?remote=1``, the phone that moves it."""
    asked = _asked_for(request)
    if request.method == "POST":
        lesson = chosen_lesson(membership, request.GET.get("lesson"))
        asked = _act(request, membership, lesson)
        if not is_htmx(request):
            return redirect(_address("dashboard:present", request, membership, lesson, asked))
        membership.cohort.version.refresh_from_db()
    if not _is_remote(request):
        classroom.services.note_projector(membership.cohort)
    context = _room_context(request, membership, asked)
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
    context = _room_context(request, membership, _asked_for(request))
    return render(request, context["template"], context)


CLASS_ACTS = {"lead_class": pacing.lead_class, "end_class": pacing.end_class}
PART_ACTS = {"open_part": pacing.open_part, "close_part": pacing.close_part, "free_part": pacing.free_part}
QUESTION_ACTS = {
    "open_vote": voting.open_vote,
    "close_vote": voting.close_vote,
    "reveal": voting.reveal,
    "take_back": voting.take_back_reveal,
    "skip": skipping.skip,
    "take_up": skipping.take_up,
}
SHOWN_AHEAD = 3
# What may have to be asked once before it is done, and the words of whoever is sure.
SURE = {
    "reveal": gettext_lazy("Reveal it"),
    "open_part": gettext_lazy("Open them"),
    "free_part": gettext_lazy("Open them"),
    "open_vote": gettext_lazy("Open them"),
    "end_class": gettext_lazy("End class"),
}
ROOM_ACTS = {
    "bring": room.bring,
    "pause": room.pause,
    "resume": room.resume,
    "unsay": room.unsay,
    "stop_timer": room.stop_timer,
}


def _act(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> Press | None:
    """Do what was pressed; give it back, and do nothing, where a question has to be answered first."""
    sent = request.POST
    act = sent.get("act", "")
    place = sent.get("activity", ""), sent.get("item", "")
    if act in SURE and not sent.get("sure"):
        press = Press(act, str(SURE[act]), sent.get("part", ""), *place)
        if projector.question_to_ask(membership, lesson, press):
            return press
    _do(membership, lesson, act, place, sent)
    return None


def _do(
    membership: Membership, lesson: LoadedLesson, act: str, place: tuple[str, str], sent: Mapping[str, str]
) -> None:
    if act == "not_now":
        return
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
        if all(place):
            voting.show(membership, lesson, *place)
    elif act in QUESTION_ACTS:
        QUESTION_ACTS[act](membership, lesson, *place)
    else:
        raise UnknownAct


def _asked_for(request: HttpRequest) -> Press | None:
    """What the address says was pressed, and has to be asked about first."""
    act, __, rest = request.GET.get("ask", "").partition(":")
    part, activity, item = [*rest.split("/", 2), "", "", ""][:3]
    return Press(act, str(SURE[act]), part, activity, item) if act in SURE else None


def _since(v: str, lesson: LoadedLesson, kept: Mapping[str, str]) -> str:
    """What a page asks with whether there is news, which is what it was asked for."""
    query = {"v": v, "lesson": lesson.lesson.slug, **{name: value for name, value in kept.items() if value}}
    return urlencode(query, safe="/:")


def _ask(press: Press | None) -> dict[str, str]:
    return {"ask": f"{press.act}:{press.part}/{press.activity}/{press.item}"} if press else {}


def _lead_version(membership: Membership, worker: Silence | None) -> str:
    """The class's version; a worker falls silent by the clock alone."""
    return page_version(membership) + ".silent" * (worker is not None)


def _lead_context(
    request: HttpRequest, membership: Membership, lesson: LoadedLesson, asked: Press | None
) -> dict[str, Any]:
    worker = liveness.silence()
    v = _lead_version(membership, worker)  # before what it stands for
    way = projector.way(membership, lesson, asked)
    asked = way.lead.asked.press if way.lead.asked else None
    after_that = next_act.after_that(way.lead.coming, way.lead.next)
    return {
        "acts_url": _address("dashboard:lead", None, membership, lesson),
        "since": _since("pending" if way.stage.token.endswith(".pending") else v, lesson, _ask(asked)),
        "lead": way.lead,
        "membership": membership,
        "worker": worker,
        "lesson": lesson.lesson,
        "parts": way.parts,
        "reach": reach.of(request, membership.cohort),
        "at": next((part for part in reversed(way.parts) if part.is_open), None),
        "n_parts": len(lesson.lesson.parts),
        "coming": [next_act.in_words(act) for act in islice(after_that, SHOWN_AHEAD)],
        "to_skip": [next_act.skip(act) for act in way.lead.sheet.to_skip] if way.lead.sheet else [],
        "lead_it": Press("lead_class", _("Lead again") if membership.cohort.ended_at else _("Lead this class")),
        "end_it": Press("end_class", _("End class")),
        "is_led": membership.cohort.pace == Pace.LED,
        "tools": room.tools(way.stage),
        "v": v,
    }


def _room_context(request: HttpRequest, membership: Membership, pressed: Press | None) -> dict[str, Any]:
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    is_remote = _is_remote(request)
    v = page_version(membership)  # before the question that it stands for
    # What is pressed on a question that this page alone looked at goes onto the wall, and the page follows it. While it
    # is asked about, it is shown.
    asked = request.GET.get("question", "") if request.method != "POST" else ""
    if pressed is not None and pressed.item:
        asked = f"{pressed.activity}/{pressed.item}"
    wall = projector.wall(membership, lesson, asked, pressed)
    pressed = wall.lead.asked.press if wall.lead.asked else None
    line = wall.question.line if wall.question else None
    kept = {"question": wall.pinned, "remote": request.GET.get("remote", ""), **_ask(pressed)}
    # While a reveal can still be taken back every poll is answered: it opens with the clock alone.
    is_pending = wall.stage.token.endswith(".pending")
    way_in = reach.of(request, membership.cohort)
    has_code = not (wall.question or is_remote or membership.cohort.archived or way_in.is_loopback)
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "wall": wall,
        "question": wall.question,
        "lead": wall.lead,
        "acts_url": _address("dashboard:present", request, membership, lesson),
        "since": _since("pending" if is_pending else v, lesson, kept),
        # What can be done with the question that is shown, where the next act is about another one.
        "also": next(iter(line.presses), None) if line and wall.is_next_about_another else None,
        "first": Press("show", _("First question"), "", wall.first.activity, wall.first.item) if wall.first else None,
        "lead_it": Press(
            "lead_class",
            _("Lead again") if membership.cohort.ended_at else _("Lead this class"),
            "",
            *((line.activity, line.item) if line else ("", "")),
        ),
        "on": wall.question.after if wall.question else wall.first if wall.lead.next else None,
        "is_led": membership.cohort.pace == Pace.LED,
        "is_remote": is_remote,
        "tools": room.tools(wall.stage),
        "template": "dashboard/_remote.html" if is_remote else "dashboard/_question.html",
        "reach": way_in,
        "qr": projector.join_code(way_in.join_url) if has_code else "",
        "v": "pending" if is_pending else v,
    }


def _is_remote(request: HttpRequest) -> bool:
    return bool(request.GET.get("remote"))


def _address(
    name: str, request: HttpRequest | None, membership: Membership, lesson: LoadedLesson, asked: Press | None = None
) -> str:
    """Where a page sends to, and one without JavaScript goes on: at what is on the wall now."""
    remote = {"remote": "1"} if request is not None and _is_remote(request) else {}
    query = {"lesson": lesson.lesson.slug, **remote, **_ask(asked)}
    return f"{reverse(name, args=[membership.cohort.slug])}?{urlencode(query)}"
