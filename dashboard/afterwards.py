"""What is looked at when class is over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classroom.access import instructor_required
from classroom.models import Membership
from dashboard import replay as replays
from dashboard.views import chosen_lesson


@never_cache
@require_safe
@instructor_required
def replay(request: HttpRequest, membership: Membership) -> HttpResponse:
    """How the room moved at each reveal, and the slips over time; made to be printed."""
    lesson = chosen_lesson(membership, request.GET.get("lesson"))
    context = {"membership": membership, "lesson": lesson.lesson, "replay": replays.replay(membership, lesson)}
    return render(request, "dashboard/replay.html", context)
