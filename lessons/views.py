"""The student's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import classroom.services
from classroom.access import member_required, require_post
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from classroom.web import is_htmx
from lessons import part_page, selectors, services, stage, strip
from lessons.activities.base import type_of
from lessons.arc import arc_of
from lessons.authoring import markdown
from lessons.authoring.notebook import filled_in
from lessons.class_call import Page
from lessons.forms import ENVELOPE, ShownForm, SubmissionForm


@require_safe
@member_required
def cohort(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A class: straight to its lesson, or the choice where there are several."""
    lessons = selectors.lessons_of(membership.cohort)
    away = selectors.lessons_away(membership.cohort)
    if len(lessons) == 1 and not away:
        return redirect("lessons:arc", membership.cohort.slug, lessons[0].lesson.slug)
    context = {"membership": membership, "lessons": lessons, "away": away, **strip.outside(Acting(membership), lessons)}
    return render(request, "lessons/lessons.html", context)


@never_cache
@require_safe
@member_required
def arc(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The lesson's first page: what it is about, and the way through it."""
    return show_arc(request, Acting(membership), lesson)


def show_arc(request: HttpRequest, acting: Acting, lesson: str) -> HttpResponse:
    """The same for whoever stands in for the member, on a page of theirs."""
    membership = acting.member
    loaded = selectors.lesson_of(membership, lesson)
    is_first_visit = membership.last_active_at is None
    classroom.services.note_activity(acting)
    # The token before what it stands for.
    now = stage.tokens(membership, lesson) if stage.follows(acting) else None
    if now and request.GET.get("v") == now.page:
        return strip.since(request, acting, loaded, now)
    view = stage.read(membership, lesson) if now else None
    content = loaded.lesson
    context = {
        "stage_token": now.page if now else "",
        "acting": acting,
        "membership": membership,
        "lesson": content,
        "arc": arc_of(membership, loaded, view),
        **strip.context(acting, loaded, Page(), view),
        "is_first_visit": is_first_visit,
        "arc_text": loaded.texts[content.arc],
        "hero_text": markdown.to_inline_html(content.hero.text),
        "today": [(promise.icon, markdown.to_inline_html(promise.text)) for promise in content.today],
    }
    return render(request, "lessons/arc.html", context)


@require_safe
@member_required
def notebook(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The lesson's work as a notebook, to take away: it knows its class, the rule there, and where to send things."""
    loaded = selectors.lesson_of(membership, lesson)
    if loaded.notebook is None:
        raise NotFound(_("This lesson has no notebook."))
    cohort = membership.cohort
    given = {"RULE": cohort.gradient_rule, "COHORT": cohort.slug, "URL": request.build_absolute_uri("/")}
    name = f'attachment; filename="{loaded.lesson.notebook}"'
    return HttpResponse(
        filled_in(loaded.notebook, given),
        content_type="application/x-ipynb+json",
        headers={"Content-Disposition": name},
    )


@never_cache
@require_safe
@member_required
def what_i_did(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """What the member did in the lesson, to print: theirs alone, and compared with nobody's."""
    loaded = selectors.lesson_of(membership, lesson)
    acting = Acting(membership)
    classroom.services.note_activity(acting)
    context = {
        "acting": acting,
        "membership": membership,
        "lesson": loaded.lesson,
        "arc": arc_of(membership, loaded),
        "parts": selectors.accounts_of(membership, loaded),
        **strip.context(acting, loaded),
        "has_badge": any(part.badge for part in loaded.lesson.parts),
    }
    return render(request, "lessons/what_i_did.html", context)


@never_cache
@require_safe
@member_required
def submission(request: HttpRequest, membership: Membership, lesson: str, number: int) -> HttpResponse:
    """One thing that the member handed in, as it was sent, with what came of it."""
    return show_submission(request, Acting(membership), lesson, number)


def show_submission(request: HttpRequest, acting: Acting, lesson: str, number: int) -> HttpResponse:
    """The same for an instructor, on a page of the member's."""
    membership = acting.member
    loaded = selectors.lesson_of(membership, lesson)
    found = selectors.submission_of(membership, loaded, number)
    part, activity = selectors.place_of(loaded, found.activity)
    context = {
        "acting": acting,
        "membership": membership,
        "lesson": loaded.lesson,
        "arc": arc_of(membership, loaded),
        "part": part,
        "activity": activity,
        "submission": found,
        "sent": type_of(activity).as_sent(activity, found.answer, found.reply),
        "reviews": [review for review in found.reviews.all() if review.taken_back_at is None],
        "has_badge": any(each.badge for each in loaded.lesson.parts),
        **strip.context(acting, loaded),
    }
    return render(request, "lessons/submission.html", context)


@never_cache
@require_safe
@member_required
def call(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The strip of a page that asks for nothing else, if what the class is at has changed since, else 204."""
    acting, loaded = Acting(membership), selectors.lesson_of(membership, lesson)
    if not request.GET.get("away"):  # in a tab that nobody looks at
        classroom.services.note_activity(acting)
    return strip.alone(request, acting, loaded, request.GET.get("part", ""))


@never_cache
@require_safe
@member_required
def part(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """One part with its activities."""
    return show_part(request, Acting(membership), lesson, part)


def show_part(request: HttpRequest, acting: Acting, lesson: str, part: str) -> HttpResponse:
    """The same for whoever stands in for the member, on a page of theirs; that notes nothing as seen."""
    loaded = selectors.lesson_of(acting.member, lesson)
    found = selectors.part_of(loaded, part)
    classroom.services.note_activity(acting)
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    context = part_page.part_context(acting, loaded, found, shown)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        context = part_page.noted(acting, loaded, found, context)
    return render(request, "lessons/part.html", context)


@never_cache
@require_safe
@member_required
def since(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """The part again if the instructor has opened, closed or read something since ``?v=``, else 204.

    Somebody who is typing on a worksheet keeps it: they are told of what is open elsewhere, and nothing is swapped.
    """
    acting, loaded = Acting(membership), selectors.lesson_of(membership, lesson)
    found = selectors.part_of(loaded, part)
    classroom.services.note_activity(acting, has_typed="typed" in request.GET)
    now = stage.tokens(membership, lesson) if stage.follows(acting) else None
    if part_page.is_as_shown(membership, loaded, found, request.GET.get("v", ""), now.page if now else None):
        return strip.since(request, acting, loaded, now) if now else HttpResponse(status=204)
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    if now and request.GET.get("keeps") and (around := part_page.around(acting, loaded, found, shown)):
        return render(request, "lessons/_stage_alone.html", around)
    context = part_page.part_context(acting, loaded, found, shown)
    return part_page.in_place(request, acting, loaded, found, context)


@require_post
@member_required
def check(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take an answer from the page; show its verdict where it was typed."""
    return take_answer(request, Acting(membership), lesson, activity)


def take_answer(request: HttpRequest, acting: Acting, lesson: str, activity: str) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(acting.member, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("Something on this page is missing. Go back, reload and check again."))
    part_page.refuse_somebody_else(form, acting.member)
    answer = {name: value for name, value in request.POST.items() if name not in ENVELOPE}
    step = form.cleaned_data["step"]
    extra = activity if found_activity.extra else ""
    try:
        receipt = services.submit(
            acting.member, loaded, activity, client_id=form.cleaned_data["id"], step=step, answer=answer, by=acting.by
        )
    except (Forbidden, NotFound) as closed:
        raise part_page.not_now(closed) from closed
    except services.IdTaken as taken:
        says = _(
            "Another answer was sent from this page before, and we stored it. Reload the page, then send this again."
        )
        raise Conflict(says) from taken
    except Refusal as refusal:
        if is_htmx(request) or not refusal.errors:
            raise
        return part_page.with_errors(request, acting, loaded, found, {"activity": extra}, refusal)
    just_now = receipt if receipt.is_new else None
    # A step that is being mended stays on the desk until it is right.
    mending = None if receipt.submission.accepted or receipt.submission.answer.get("go_on") else step
    return part_page.part_again(request, acting, loaded, found, {"activity": extra, "step": mending}, just_now)
