"""The student's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import classroom.services
import experiments.services
from classroom.access import member_required
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from lessons import hand_steps, measured, running, sealing, selectors, services, sources, stage, trials
from lessons.authoring import markdown
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Experiment, HandSteps, Part, SourceCheck
from lessons.forms import (
    ENVELOPE,
    PredictionForm,
    ReconcileForm,
    ShownForm,
    StartForm,
    SubmissionForm,
    WithdrawForm,
)
from lessons.models import PartState
from lessons.trials import ExperimentSheet


@require_safe
@member_required
def cohort(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A class: straight to its lesson, or the choice where there are several."""
    lessons = selectors.lessons_of(membership.cohort)
    if len(lessons) == 1:
        return redirect("lessons:arc", membership.cohort.slug, lessons[0].lesson.slug)
    return render(request, "lessons/lessons.html", {"membership": membership, "lessons": lessons})


@never_cache
@require_safe
@member_required
def arc(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The lesson's first page: what it is about, and the way through it."""
    return show_arc(request, membership, lesson)


def show_arc(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The same for whoever stands in for the member, on a page of theirs."""
    loaded = selectors.lesson_of(membership, lesson)
    classroom.services.note_activity(membership)
    token = stage.token(membership, lesson) if stage.follows(membership) else ""
    if token and request.GET.get("v") == token:
        return HttpResponse(status=204)
    content = loaded.lesson
    context = {
        "stage_token": token,
        "membership": membership,
        "lesson": content,
        "arc": selectors.arc(membership, loaded),
        "arc_text": loaded.texts[content.arc],
        "hero_text": markdown.to_inline_html(content.hero.text),
        "today": [(promise.icon, markdown.to_inline_html(promise.text)) for promise in content.today],
    }
    return render(request, "lessons/arc.html", context)


@require_safe
@member_required
def notebook(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The lesson's work as a notebook, to take away."""
    loaded = selectors.lesson_of(membership, lesson)
    if loaded.notebook is None:
        raise NotFound(_("This lesson has no notebook."))
    name = f'attachment; filename="{loaded.lesson.notebook}"'
    return HttpResponse(loaded.notebook, content_type="application/x-ipynb+json", headers={"Content-Disposition": name})


@never_cache
@require_safe
@member_required
def submission(request: HttpRequest, membership: Membership, lesson: str, number: int) -> HttpResponse:
    """One thing that the member handed in, as it was sent, with what came of it."""
    return show_submission(request, membership, lesson, number)


def show_submission(request: HttpRequest, membership: Membership, lesson: str, number: int) -> HttpResponse:
    """The same for an instructor, on a page of the member's."""
    loaded = selectors.lesson_of(membership, lesson)
    found = selectors.submission_of(membership, loaded, number)
    part, activity = selectors.place_of(loaded, found.activity)
    context = {
        "membership": membership,
        "lesson": loaded.lesson,
        "arc": selectors.arc(membership, loaded),
        "part": part,
        "activity": activity,
        "submission": found,
        "text": "" if isinstance(activity, SourceCheck) else str(found.answer.get("text", "")),
        "lines": sources.table(activity, found.answer) if isinstance(activity, SourceCheck) else (),
        "cells": hand_steps.shown_cells(found.answer, found.reply) if isinstance(activity, HandSteps) else (),
        "reviews": [review for review in found.reviews.all() if review.taken_back_at is None],
        "has_badge": any(each.badge for each in loaded.lesson.parts),
    }
    return render(request, "lessons/submission.html", context)


@never_cache
@require_safe
@member_required
def part(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """One part with its activities."""
    return show_part(request, membership, lesson, part)


def show_part(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """The same for whoever stands in for the member, on a page of theirs; that notes nothing as seen."""
    loaded = selectors.lesson_of(membership, lesson)
    found = selectors.part_of(loaded, part)
    classroom.services.note_activity(membership)
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    context = _part_context(membership, loaded, found, shown)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        context = _noted(membership, loaded, found, context)
    return render(request, "lessons/part.html", context)


@never_cache
@require_safe
@member_required
def since(request: HttpRequest, membership: Membership, lesson: str, part: str) -> HttpResponse:
    """The part again if the instructor has opened or closed something since ``?v=``, else 204.

    Somebody who is typing on a worksheet keeps it: they are told of what is open elsewhere, and nothing is swapped.
    """
    loaded = selectors.lesson_of(membership, lesson)
    found = selectors.part_of(loaded, part)
    classroom.services.note_activity(membership)
    if request.GET.get("v") == stage.token(membership, lesson):
        return HttpResponse(status=204)
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    context = _part_context(membership, loaded, found, shown)
    if request.GET.get("keeps") and not context["is_locked"]:
        return render(request, "lessons/_stage.html", context)
    return _in_place(request, membership, loaded, found, context)


@require_POST
@member_required
def check(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take an answer from the page; show its verdict where it was typed."""
    return take_answer(request, membership, lesson, activity)


def take_answer(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This sheet is incomplete. Go back, reload the page and check again."))
    _refuse_somebody_else(form, membership)
    answer = {name: value for name, value in request.POST.items() if name not in ENVELOPE}
    step = form.cleaned_data["step"]
    extra = activity if found_activity.extra else ""
    try:
        receipt = services.submit(
            membership, loaded, activity, client_id=form.cleaned_data["id"], step=step, answer=answer
        )
    except (Forbidden, NotFound) as closed:
        raise _not_now(closed) from closed
    except Refusal as refusal:
        if request.htmx or not refusal.errors:
            raise
        return _with_errors(request, membership, loaded, found, {"activity": extra}, refusal)
    # A step that is being mended stays on the desk until it is right.
    mending = None if receipt.submission.accepted or receipt.submission.answer.get("go_on") else step
    return _part_again(request, membership, loaded, found, {"activity": extra, "step": mending})


@require_POST
@member_required
def seal(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Seal a prediction from the page; then show what may be seen of it."""
    return take_prediction(request, membership, lesson, activity)


def take_prediction(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = PredictionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This question is incomplete. Go back, reload the page and seal again."))
    _refuse_somebody_else(form, membership)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "item": sent["item"]}

    def act() -> None:
        sealing.seal(
            membership,
            loaded,
            activity,
            client_id=sent["id"],
            item=sent["item"],
            round_=sent["round"],
            choice=sent["choice"],
            second=sent["second"],
            confidence=sent["confidence"],
            because=sent["because"],
        )

    return _part_after(act, request, membership, loaded, found, shown)


@require_POST
@member_required
def reconcile(request: HttpRequest, membership: Membership, lesson: str, activity: str, item: str) -> HttpResponse:
    """Keep what was seen, then what is made of it."""
    return take_reconciliation(request, membership, lesson, activity, item)


def take_reconciliation(
    request: HttpRequest, membership: Membership, lesson: str, activity: str, item: str
) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = ReconcileForm(request.POST)
    form.is_valid()
    _refuse_somebody_else(form, membership)
    sent = {name: form.cleaned_data.get(name, "") for name in ("saw", "idea", "next_time")}
    shown = {"activity": activity if found_activity.extra else "", "item": item}

    def act() -> None:
        sealing.reconcile(membership, loaded, activity, item, **sent)

    return _part_after(act, request, membership, loaded, found, shown)


@require_POST
@member_required
def start(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Ask for a run; then show how far it is."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = StartForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This page is incomplete. Go back, reload it and start again."))
    _refuse_somebody_else(form, membership)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "trial": sent["trial"]}

    def act() -> None:
        running.start(
            membership, loaded, activity, trial=sent["trial"], settings=request.POST.dict(), seed=sent["seed"]
        )

    return _part_after(act, request, membership, loaded, found, shown)


@require_POST
@member_required
def withdraw(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take back the wish for a run."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("This page is incomplete. Go back, reload it and try again."))
    _refuse_somebody_else(form, membership)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "trial": sent["trial"], "taken_back": True}

    def act() -> None:
        contexts = measured.contexts_of(loaded.lesson.slug, activity, sent["trial"])
        for run in filter(None, (sent["run"], sent["beside"])):
            experiments.services.withdraw(membership, run, contexts)

    return _part_after(act, request, membership, loaded, found, shown)


@never_cache
@require_safe
@member_required
def runs(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """What has moved since ``?v=``, else 204: a run on its way, the class's runs beside it, or the whole part."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.find_activity(membership, loaded, activity)
    classroom.services.note_activity(membership)
    if not isinstance(found_activity, Experiment):
        raise NotFound(_("There are no runs here."))
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    trial = found_activity.trial(shown.get("trial", "")) or found_activity.trials[0]
    before = request.GET.get("v", "")
    if before == trials.token(membership, loaded.lesson, found_activity, trial):
        return HttpResponse(status=204)
    row = selectors.progress_of(membership, loaded).get(found.key)
    page = selectors.activity_page(membership, loaded, found, found_activity, row, shown)
    # By the page's own token, which is older than all that it shows: an end that came meanwhile is told next time.
    moved = trials.moved(before, page.sheet.token)
    if moved == trials.Moved.PART:
        return _in_place(request, membership, loaded, found, _part_context(membership, loaded, found, shown))
    context = {"membership": membership, "lesson": loaded.lesson, "part": found, "page": page, "asked": shown}
    piece = "_finds" if moved == trials.Moved.CLASS else "_trial"
    return render(request, f"lessons/activities/{piece}.html", context)


def _not_now(closed: Refusal) -> Conflict:
    """What is closed or gone in a class that is the sender's own: a device that waited would hold back what follows."""
    return Conflict(closed.detail)


def _refuse_somebody_else(form: Any, membership: Membership) -> None:
    if form.cleaned_data.get("member") not in (None, membership.pk):
        raise Forbidden(_("Somebody else has logged in on this device since. Nothing was sent in their name."))


def _part_after(
    act: Callable[[], None],
    request: HttpRequest,
    membership: Membership,
    lesson: LoadedLesson,
    part: Part,
    shown: Mapping[str, Any],
) -> HttpResponse:
    """Do what was sent and show the part; what could not be read is said at its field, with all that was typed."""
    try:
        act()
    except (Forbidden, NotFound) as closed:
        raise _not_now(closed) from closed
    except Refusal as refusal:
        if request.htmx or not refusal.errors:
            raise
        return _with_errors(request, membership, lesson, part, shown, refusal)
    return _part_again(request, membership, lesson, part, shown)


def _in_place(
    request: HttpRequest, membership: Membership, lesson: LoadedLesson, part: Part, context: dict[str, Any]
) -> HttpResponse:
    """Answer a poll of something smaller with the whole part."""
    answer = render(request, "lessons/_part.html", _noted(membership, lesson, part, context))
    answer["HX-Retarget"], answer["HX-Reswap"] = "#part", "outerHTML"
    return answer


def _part_again(
    request: HttpRequest, membership: Membership, lesson: LoadedLesson, part: Part, shown: Mapping[str, Any]
) -> HttpResponse:
    """Show the part after something was sent: in place where htmx asked, else at its address."""
    if not request.htmx:
        query = urlencode({name: value for name, value in shown.items() if value})
        address = reverse("lessons:part", args=[membership.cohort.slug, lesson.lesson.slug, part.key])
        return redirect(f"{address}?{query}" if query else address)
    classroom.services.note_activity(membership)
    context = _noted(membership, lesson, part, _part_context(membership, lesson, part, shown))
    return render(request, "lessons/_part.html", context)


def _with_errors(
    request: HttpRequest,
    membership: Membership,
    lesson: LoadedLesson,
    part: Part,
    shown: Mapping[str, Any],
    refusal: Refusal,
) -> HttpResponse:
    """Show a whole page once more with what was typed and what is wrong with it."""
    typed = request.POST.dict()
    asked = {**shown, "open": True, "typed": typed, "errors": refusal.errors}
    context = _part_context(membership, lesson, part, asked)
    context |= {"errors": refusal.errors, "typed": typed, "asked": {**context["asked"], "typed": "", "errors": ""}}
    return render(request, "lessons/part.html", context, status=refusal.status)


def _part_context(membership: Membership, lesson: LoadedLesson, part: Part, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Collect what a part's page shows once what its finished runs measured is in the member's progress.

    The worker sees to that; the page does it again for the moment between the two, and for a worker that fell.
    """
    context = _laid_out(membership, lesson, part, asked)
    if membership.helper is not None:
        return context
    behind = [page for page in context["pages"] if isinstance(page.sheet, ExperimentSheet) and page.sheet.is_behindhand]
    for page in behind:
        running.catch_up(membership, lesson, page.key, page.sheet.trial.key)
    return _laid_out(membership, lesson, part, asked) if behind else context


def _laid_out(membership: Membership, lesson: LoadedLesson, part: Part, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Collect what a part's page shows: its core activities, or the one extra that was asked for.

    The token is read before all that it stands for: what is opened meanwhile is asked for again, and never missed.
    """
    token = stage.read(membership, lesson.lesson.slug).token if stage.follows(membership) else ""
    row = selectors.progress_of(membership, lesson).get(part.key)
    arc = selectors.arc(membership, lesson)
    station = next(station for station in arc.parts if station.key == part.key)
    activities = () if station.is_locked else part.activities
    chosen = [each for each in activities if each.extra and each.key == asked.get("activity")]
    shown = chosen or [each for each in activities if not each.extra]
    # Runs are read before the questions that wait for them: one that ends in between is told by the next poll.
    laid_out = {
        each.key: selectors.activity_page(
            membership, lesson, part, selectors.as_met(membership, lesson, each), row, asked
        )
        for each in sorted(shown, key=lambda each: not isinstance(each, Experiment))
    }
    pages = [laid_out[each.key] for each in shown]
    # Whoever is about to answer a question stays at it when the page changes under them.
    at_hand = next((page.sheet.item.key for page in pages if _is_asking(page)), "")
    return {
        "membership": membership,
        "lesson": lesson.lesson,
        "arc": arc,
        "part": station,
        "is_locked": station.is_locked,
        "prose": lesson.texts[part.prose],
        "pages": pages,
        "extras": [each for each in activities if each.extra and each not in shown],
        "is_extra": bool(chosen),
        "asked": {name: value for name, value in {**asked, "item": asked.get("item") or at_hand}.items() if value},
        "goes_on": _where_the_class_is(membership, arc, station),
        "stage_token": token,
        "keeps": any(page.template.endswith("hand_steps.html") for page in pages),
        "saved_at": max((page.saved_at for page in pages if page.saved_at), default=None),
        "laws": [law for law in lesson.lesson.laws if law.part == part.key],
    }


def _noted(membership: Membership, lesson: LoadedLesson, part: Part, context: dict[str, Any]) -> dict[str, Any]:
    """Remember what a page reveals for the first time, and lay out anew all that had waited for that look.

    The token stays the older one: what was opened meanwhile is asked for again.
    """
    if membership.helper is not None:
        return context  # whoever stands in for a member sees it in their stead, and they have not
    fresh = {page.key: page for page in context["pages"] if sealing.note_reveal(membership, lesson, page)}
    if not fresh:
        return context
    again = _part_context(membership, lesson, part, context["asked"])
    pages = [fresh.get(page.key, page) for page in again["pages"]]
    return {**again, "pages": pages, "stage_token": context["stage_token"]}


def _where_the_class_is(
    membership: Membership, arc: selectors.Arc, here: selectors.PartOnArc
) -> selectors.PartOnArc | None:
    """The last part that is open to a led class, if it lies ahead: the class moves on by the clock."""
    opened = [each for each in arc.parts if not (each.is_locked or each.is_badge or each.state == PartState.SOON)]
    is_ahead = stage.is_led_for(membership) and bool(opened) and opened[-1].number > here.number
    return opened[-1] if is_ahead else None


def _is_asking(page: selectors.ActivityPage) -> bool:
    item = getattr(page.sheet, "item", None)
    return item is not None and item.state == "form"
