"""Order in the room: who is in the class, who may join it, and what an instructor does about it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import looks, services
from classroom.access import instructor_required, require_post
from classroom.models import Look, Membership
from classroom.refusals import Refusal, UnknownAct
from dashboard import merging, people, reach, students

READS_AND_SENDS = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@READS_AND_SENDS
@instructor_required
def list_people(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The people of the class; and the way back for whoever was removed."""
    if request.method == "POST":
        services.take_back(membership, people.removed_student(membership, _number(request.POST.get("student", ""))))
        return redirect("dashboard:people", membership.cohort.slug)
    found = people.people_of(
        membership,
        names=request.GET.get("names", ""),
        shows_usernames=request.GET.get("usernames") == "shown",
    )
    context = {"membership": membership, "people": found, "reach": reach.of(request, membership.cohort)}
    return render(request, "dashboard/people.html", context)


@require_post
@instructor_required
def joining(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Let the code take people in, or nobody."""
    act = {"open": services.open_joining, "close": services.close_joining}.get(request.POST.get("act", ""))
    if act is None:
        raise UnknownAct
    act(membership)
    return redirect(_back(request), membership.cohort.slug)


@never_cache
@READS_AND_SENDS
@instructor_required
def new_code(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Ask whether the class is to get another join code; then make one."""
    if request.method == "POST":
        services.change_code(membership.cohort, request.POST.get("code", ""), by=membership)
        return redirect("dashboard:people", membership.cohort.slug)
    return render(request, "dashboard/new_code.html", {"membership": membership})


@never_cache
@READS_AND_SENDS
@instructor_required
def member(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """One student's place in the class: their name, what the school calls them, and the way out."""
    found = students.student_of(membership, student)
    if request.method != "POST":
        return _member_page(request, membership, found)
    act = request.POST.get("act", "")
    if act in ("remove", "keep_out"):
        services.remove(membership, found, keep_out=act == "keep_out")
        return redirect("dashboard:people", membership.cohort.slug)
    if act != "save":
        raise UnknownAct
    typed = {name: request.POST.get(name, "") for name in ("display_name", "student_id")}
    try:
        services.change_member(membership, found, **typed)
    except Refusal as refused:
        if not refused.errors:
            raise
        found = students.student_of(membership, student)  # as they still are
        return _member_page(request, membership, found, typed=typed, errors=refused.errors, status=400)
    return redirect("dashboard:people", membership.cohort.slug)


@never_cache
@READS_AND_SENDS
@instructor_required
def merge(request: HttpRequest, membership: Membership, student: int) -> HttpResponse:
    """Choose the other account of a student, see what merging the two would do, and merge them."""
    sent = request.POST if request.method == "POST" else request.GET
    other, keep = _number(sent.get("other", "")), _number(sent.get("keep", ""))
    if request.method == "POST":
        stays, double = _pair(student, other, keep)
        merging.merge(membership.cohort, stays, double, by=membership)
        return redirect("dashboard:student", membership.cohort.slug, stays)
    found = students.student_of(membership, student)
    context: dict[str, Any] = {"membership": membership, "student": found, "other": other}
    if other:
        if keep == 0:
            keep = merging.likely_to_stay(found, students.student_of(membership, other))[0].pk
        shown = context["preview"] = merging.preview(membership.cohort, *_pair(student, other, keep))
        if shown.aside:
            looks.at_members(membership.user, Look.Kind.PAGE, [student, other])
    else:
        context["others"] = merging.others(membership, found)
    return render(request, "dashboard/merge.html", context)


def _pair(student: int, other: int, keep: int) -> tuple[int, int]:
    """The account that stays, and the double."""
    return (other, student) if keep == other else (student, other)


def _member_page(
    request: HttpRequest,
    membership: Membership,
    student: Membership,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = typed or {"display_name": student.user.display_name, "student_id": student.student_id}
    context = {"membership": membership, "student": student, "typed": shown, "errors": errors or {}}
    return render(request, "dashboard/member.html", context, status=status)


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0


def _back(request: HttpRequest) -> str:
    return "dashboard:people" if request.POST.get("from") == "people" else "dashboard:grid"
