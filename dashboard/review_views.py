"""The review queue: read, tick, approve or return; and what an instructor decides about a badge."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

import badges.services
from classroom import looks
from classroom.access import instructor_required, require_post
from classroom.models import Look, Membership
from classroom.refusals import Refusal, UnknownAct
from dashboard import review_queue
from dashboard.students import student_of
from dashboard.views import chosen_lesson, student_context
from lessons import reviews
from lessons.authoring.loader import LoadedLesson
from lessons.models import Review


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def queue(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What waits to be read, and the oldest of it, or the one asked for, to be decided."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    if request.method == "POST":
        return _act(request, membership, lesson)
    return _show(request, membership, lesson)


def _act(request: HttpRequest, membership: Membership, lesson: LoadedLesson) -> HttpResponse:
    sent = request.POST
    try:
        if sent.get("act") == "undo":
            undone = reviews.take_back(membership, _number(sent.get("review", "")))
            return _back(request, undone.submission_id)
        reviews.decide(
            membership,
            _number(sent.get("submission", "")),
            decision=sent.get("act", ""),
            met=review_queue.ticks(sent.dict()),
            comment=sent.get("comment", ""),
        )
    except Refusal as refusal:
        return _show(request, membership, lesson, refusal)
    return _back(request, _number(sent.get("next", "")))


def _back(request: HttpRequest, item: int = 0) -> HttpResponse:
    asked = request.GET.copy()
    asked.pop("item", None)
    if item:
        asked["item"] = str(item)
    return redirect(f"{request.path}?{asked.urlencode()}" if asked else request.path)


def _show(
    request: HttpRequest, membership: Membership, lesson: LoadedLesson, refusal: Refusal | None = None
) -> HttpResponse:
    chosen = _number(request.POST.get("submission") or request.GET.get("item") or "")
    names = request.GET.get("names", "auto")
    errors = refusal.errors if refusal else {}
    typed = request.POST.dict() if errors else None
    shown = review_queue.queue(membership, lesson, chosen=chosen, names=names, typed=typed)
    if shown.at_hand:
        looks.at_members(membership.user, Look.Kind.TEXT, [shown.at_hand.waiting.student])
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "queue": shown,
        "names": names,
        "names_asked": "" if names == "auto" else f"&names={names}",
        "errors": errors,
        "refusal": None if errors else refusal,
        # It is not lost with the decision that it belonged to.
        "comment_left": "" if errors else request.POST.get("comment", "").strip(),
        "approved": Review.Decision.APPROVED,
        "returned": Review.Decision.RETURNED,
    }
    return render(request, "dashboard/reviews.html", context, status=refusal.status if refusal else 200)


@require_post
@instructor_required
def badge(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """Give a student the badge by hand, revoke it, or issue it again; each with a reason."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    found = student_of(membership, student)
    act = {"give": badges.services.give, "revoke": badges.services.revoke, "reissue": badges.services.reissue}.get(
        request.POST.get("act", "")
    )
    if act is None:
        raise UnknownAct
    try:
        act(membership, found, lesson, badges.services.badge_of(lesson), request.POST.get("because", ""))
    except Refusal as refusal:
        if not refusal.errors:
            raise
        context = student_context(request, membership, lesson, found)
        context |= {"errors": refusal.errors, "typed": request.POST.dict()}
        return render(request, "dashboard/student.html", context, status=refusal.status)
    address = reverse("dashboard:student", args=[membership.cohort.slug, found.pk])
    return redirect(f"{address}?{request.GET.urlencode()}#badge" if request.GET else f"{address}#badge")


def _number(sent: str) -> int:
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 18 else 0
