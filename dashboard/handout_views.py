"""The print pack: sheets of a lesson for paper, on A4 or Letter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classroom.access import instructor_required
from classroom.models import Membership
from dashboard import handouts
from dashboard.views import chosen_lesson

PAPERS = {"a4": "A4", "letter": "Letter"}  # sizes, whatever the language


@never_cache
@require_safe
@instructor_required
def pack(request: HttpRequest, membership: Membership, kind: str = "") -> HttpResponse:
    """Everything to print for a class, or the sheets of one kind."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    stacks = handouts.print_pack(membership.cohort, lesson)
    asked = request.GET.get("paper", "")
    shown = (handouts.stack_of(stacks, kind),) if kind else stacks
    context = {
        "membership": membership,
        "lesson": lesson.lesson,
        "stacks": stacks,
        "sheets": tuple(enumerate((sheet for stack in shown for sheet in stack.sheets), start=1)),
        "kind": kind,
        "paper": asked if asked in PAPERS else "a4",
        "papers": PAPERS.items(),
    }
    return render(request, "dashboard/handouts.html", context)
