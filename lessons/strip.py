"""Strip under the header of every student's page: the call of the class, and how a page asks for it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classroom.acting import Acting
from lessons import class_call, stage
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.class_call import Page
from lessons.stage import StageView, Tokens


def context(
    acting: Acting, lesson: LoadedLesson, page: Page | None = None, view: StageView | None = None
) -> dict[str, Any]:
    """Collect what the strip of a page shows. A page without a poll of its own has the strip ask for itself."""
    return {
        "class_call": class_call.read(acting, lesson, page or Page(), view),
        "call_polls": page is None and stage.follows(acting),
    }


def outside(acting: Acting, lessons: Sequence[LoadedLesson]) -> dict[str, Any]:
    """Collect the strip of a page that is in no lesson: that of the lesson in which something was opened last."""
    if not acting.is_own or not stage.is_led_for(acting.member):
        return {}
    views = [(stage.read(acting.member, each.lesson.slug), each) for each in lessons]
    newest = max(views, key=lambda each: each[0].moved_at, default=None)
    if newest is None:
        return {}
    view, lesson = newest
    return {"call_of": acting, "call_lesson": lesson.lesson, **context(acting, lesson, view=view)}


def since(request: HttpRequest, acting: Acting, lesson: LoadedLesson, now: Tokens) -> HttpResponse:
    """Answer a poll with the strip alone, if it is newer or who waits is told a new count; else 204."""
    asked = request.GET
    waits = asked.get("sealed", "")
    if asked.get("called", now.call) == now.call and waits in ("", class_call.sealed_token(acting.member)):
        return HttpResponse(status=204)
    call = class_call.read(acting, lesson, Page(), is_here=asked.get("here") == "yes")
    return _in_place(request, "lessons/_class_call.html", acting, lesson, {"class_call": call})


def alone(request: HttpRequest, acting: Acting, lesson: LoadedLesson, part: str) -> HttpResponse:
    """Answer the strip of a page that asks for nothing else, with the rail; 204 if neither is newer."""
    now = stage.tokens(acting.member, lesson.lesson.slug)
    asked = request.GET
    waits = asked.get("sealed", "")
    if asked.get("called") == now.call and waits in ("", class_call.sealed_token(acting.member)):
        return HttpResponse(status=204)
    view = stage.read(acting.member, lesson.lesson.slug)
    found = context(acting, lesson, view=view)
    if not asked.get("bare"):
        arc = arc_of(acting.member, lesson, view)
        found |= {"arc": arc, "part": next((station for station in arc.parts if station.key == part), None)}
    # A page in a tab that nobody looks at asks here too, and by itself again once it is looked at.
    found["call_polls"] = found["call_polls"] and not (asked.get("away") and not asked.get("alone"))
    return _in_place(request, "lessons/_call_alone.html", acting, lesson, found)


def _in_place(
    request: HttpRequest, template: str, acting: Acting, lesson: LoadedLesson, found: dict[str, Any]
) -> HttpResponse:
    given = {"acting": acting, "membership": acting.member, "lesson": lesson.lesson, **found}
    answer = render(request, template, given)
    answer["HX-Reswap"] = "none"
    return answer
