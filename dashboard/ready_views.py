"""Ready for tonight?: the list before a class, the slide for the back row, and the page that a phone opens."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classroom.access import instructor_required
from classroom.loopback import is_loopback
from classroom.models import Membership
from classroom.refusals import UnknownAct
from dashboard import projector, reach, ready, ready_runs
from dashboard.views import chosen_lesson
from lessons.authoring.loader import LoadedLesson


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def ready_for_tonight(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The list: what is checked, and a button for what is not."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    if request.method == "POST":
        line = _act(request, membership, lesson)
        return redirect(f"{request.get_full_path()}#{line}")
    return render(request, "dashboard/ready.html", _context(request, membership, lesson))


@never_cache
@require_safe
@instructor_required
def ready_since(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The list again if it is newer than ``?v=``, else 204."""
    context = _context(request, membership, chosen_lesson(membership, request.GET.get("lesson")))
    if request.GET.get("v") == context["page"].v:
        return HttpResponse(status=204)
    return render(request, "dashboard/_ready.html", context)


@require_safe
@instructor_required
def slide(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What the wall shows to the back row before class: lines of the sizes that it will have."""
    return render(request, "dashboard/slide.html", {"membership": membership})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, token: str) -> HttpResponse:
    """What a phone opens. It needs no log-in; that it can send is what tells the instructor's page."""
    membership, number, is_same = ready.instructor_of(token, request.session.session_key or "")
    state = "here" if is_same or _is_here(request) else "ask"
    if request.method == "POST" and state == "ask":
        sizes = {name: ready.as_size(request.POST.get(name)) for name in ("width", "height")}
        state = "thanks" if ready.note_phone(membership, number, **sizes) else "used"
    return render(request, "dashboard/phone.html", {"state": state, "class_name": membership.cohort.name})


def _is_here(request: HttpRequest) -> bool:
    """Tell whether it was opened on the computer that Downhill runs on."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return is_loopback(host) or request.META.get("REMOTE_ADDR", "") == reach.room_host()


def _act(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> str:
    """Do what was pressed; give the line that it is about."""
    act = request.POST.get("act", "")
    if act == "canary":
        ready_runs.send_canary(membership)
        return "worker"
    if act == "prepare":
        ready_runs.prepare(membership, lesson.lesson)
        return "runs"
    if act == "stop":
        ready_runs.stop(membership)
        return "runs"
    if act == "back_row":
        ready.note_back_row(membership)
        return "back-row"
    if act == "notebook":
        ready.note_notebook(membership, lesson.lesson, request.POST.get("printed", ""))
        return "notebook"
    raise UnknownAct


def _context(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    way_in = reach.of(request, membership.cohort)
    page = ready.ready_page(membership, lesson.lesson, way_in, request.session.session_key or "")
    phone_url = way_in.url + reverse("dashboard:phone", args=[page.phone_token]) if page.phone_token else ""
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "page": page,
        "reach": way_in,
        "phone_url": phone_url,
        "phone_code": projector.join_code(phone_url) if phone_url else "",
    }
