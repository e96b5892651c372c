"""Runs from the page: asked for, taken back, and how far they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import classroom.services
import experiments.services
from classroom.access import member_required, require_post
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import NotFound, Refusal
from lessons import part_page, selectors
from lessons.activities.experiment import outcomes, page, runs
from lessons.activities.experiment.forms import StartForm, WithdrawForm
from lessons.activities.experiment.schema import Experiment
from lessons.forms import ShownForm


@require_post
@member_required
def start(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Ask for a run; then show how far it is."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = StartForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("Something on this page is missing. Go back, reload and start again."))
    part_page.refuse_somebody_else(form, membership)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "trial": sent["trial"], "item": sent["item"]}

    def act() -> None:
        runs.start(membership, loaded, activity, trial=sent["trial"], settings=request.POST.dict(), seed=sent["seed"])

    return part_page.part_after(act, request, Acting(membership), loaded, found, shown)


@require_post
@member_required
def withdraw(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Take back the wish for a run."""
    loaded = selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("Something on this page is missing. Go back, reload and try again."))
    part_page.refuse_somebody_else(form, membership)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "trial": sent["trial"], "item": sent["item"]}
    shown |= {"taken_back": True}

    def act() -> None:
        contexts = outcomes.contexts_of(loaded.lesson.slug, activity, sent["trial"])
        for run in filter(None, (sent["run"], sent["beside"])):
            experiments.services.withdraw(membership, run, contexts)

    return part_page.part_after(act, request, Acting(membership), loaded, found, shown)


@never_cache
@require_safe
@member_required
def poll(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """What has moved since ``?v=``, else 204: a run on its way, the class's runs beside it, or the whole part."""
    acting, loaded = Acting(membership), selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.find_activity(membership, loaded, activity)
    classroom.services.note_activity(acting, has_typed="typed" in request.GET)
    if not isinstance(found_activity, Experiment):
        raise NotFound(_("There are no runs here."))
    asked = ShownForm(request.GET)
    shown = asked.cleaned_data if asked.is_valid() else {}
    trial = found_activity.trial(shown.get("trial", "")) or found_activity.trials[0]
    before = request.GET.get("v", "")
    if before == page.token(membership, loaded.lesson, found_activity, trial):
        return HttpResponse(status=204)
    row = selectors.progress_of(membership, loaded).get(found.key)
    found_page = selectors.activity_page(acting, loaded, found, found_activity, row, shown)
    # By the page's own token, which is older than all that it shows: an end that came meanwhile is told next time.
    moved = page.moved(before, found_page.sheet.token)
    if moved == page.Moved.PART:
        if not (found_page.sheet.is_active or found_page.sheet.picture):
            shown = {**shown, "trial": ""}  # the question that waited draws it; here stands what comes next
        context = part_page.context_after(acting, loaded, found, shown)
        return part_page.in_place(request, acting, loaded, found, context)
    context = {"acting": acting, "membership": membership, "lesson": loaded.lesson, "part": found}
    context |= {"page": found_page, "asked": shown}
    piece = "_finds" if moved == page.Moved.CLASS else "_trial"
    return render(request, f"activities/experiment/{piece}.html", context)
