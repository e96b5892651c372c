"""Sealing a prediction, and making something of what was seen, from the page."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from classroom.access import member_required, require_post
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import NotFound, Refusal
from classroom.web import is_htmx
from lessons import part_page, selectors
from lessons.activities.predict import guesses, sealing
from lessons.activities.predict.forms import PredictionForm, ReadingForm, ReconcileForm, UndoForm
from lessons.activities.predict.guesses import Scale
from lessons.maths import values


@require_post
@member_required
def seal(request: HttpRequest, membership: Membership, lesson: str, activity: str) -> HttpResponse:
    """Seal a prediction from the page; then show what may be seen of it."""
    return take_prediction(request, Acting(membership), lesson, activity)


def take_prediction(request: HttpRequest, acting: Acting, lesson: str, activity: str) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(acting.member, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = PredictionForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("Something on this page is missing. Go back, reload and seal again."))
    part_page.refuse_somebody_else(form, acting.member)
    sent = form.cleaned_data
    shown = {"activity": activity if found_activity.extra else "", "item": sent["item"]}

    def act() -> None:
        sealing.seal(
            acting.member,
            loaded,
            activity,
            client_id=sent["id"],
            item=sent["item"],
            round_=sent["round"],
            choice=sent["choice"],
            second=sent["second"],
            confidence=sent["confidence"],
            because=sent["because"],
            read_as=sent["read_as"],
            by=acting.by,
        )

    return part_page.part_after(act, request, acting, loaded, found, shown)


@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    """Say how the number in a guess's field is read, while it is being typed; nothing while it cannot be."""
    form = ReadingForm(request.GET)
    shown = None
    if form.is_valid():
        sent = form.cleaned_data
        with suppress(ValueError):
            scale = Scale(values.parse(sent["low"]), values.parse(sent["high"]), sent["unit"])
            shown = guesses.read(scale, sent["choice"])
    return render(request, "activities/predict/_reads.html", {"reading": shown})


@require_post
@member_required
def undo(request: HttpRequest, membership: Membership, lesson: str, activity: str, seal: UUID) -> HttpResponse:
    """Take a mis-tapped seal back; show its question with all that had been typed."""
    acting, loaded = Acting(membership), selectors.lesson_of(membership, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = UndoForm(request.POST)
    form.is_valid()
    part_page.refuse_somebody_else(form, membership)
    try:
        sealed = sealing.take_back(membership, loaded, activity, seal)
    except NotFound as gone:
        raise part_page.not_now(gone) from gone
    item = sealed.item if sealed else str(form.cleaned_data.get("item", ""))
    shown = {"activity": activity if found_activity.extra else "", "item": item, "open": True}
    context = part_page.part_context(acting, loaded, found, shown)
    if sealed is not None:
        names = ("choice", "second", "confidence", "because")
        context["typed"] = {name: getattr(sealed, name) for name in names}
        context["taken_back"] = activity
    return render(request, "lessons/_part.html" if is_htmx(request) else "lessons/part.html", context)


@require_post
@member_required
def reconcile(request: HttpRequest, membership: Membership, lesson: str, activity: str, item: str) -> HttpResponse:
    """Keep what was seen, then what is made of it."""
    return take_reconciliation(request, Acting(membership), lesson, activity, item)


def take_reconciliation(request: HttpRequest, acting: Acting, lesson: str, activity: str, item: str) -> HttpResponse:
    """The same from whoever enters it for the member."""
    loaded = selectors.lesson_of(acting.member, lesson)
    found, found_activity = selectors.place_of(loaded, activity)
    form = ReconcileForm(request.POST)
    form.is_valid()
    part_page.refuse_somebody_else(form, acting.member)
    sent = {name: form.cleaned_data.get(name, "") for name in ("saw", "idea", "next_time")}
    shown = {"activity": activity if found_activity.extra else "", "item": item}

    def act() -> None:
        sealing.reconcile(acting.member, loaded, activity, item, **sent, by=acting.by)

    return part_page.part_after(act, request, acting, loaded, found, shown)
