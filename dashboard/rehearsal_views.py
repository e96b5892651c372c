"""Practise before class: begin a rehearsal, end it, delete it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom.access import instructor_required
from classroom.models import Membership, Rehearsal
from classroom.refusals import Conflict, Refusal, UnknownAct
from rehearsal import services, tasks
from rehearsal.services import MOST_SEED, MOST_SPEED, MOST_STUDENTS

HOW = {"self": gettext_lazy("at their own pace"), "led": gettext_lazy("as you lead them")}


class RehearsalForm(forms.Form):
    students = forms.IntegerField(label=gettext_lazy("Students"), min_value=1, max_value=MOST_STUDENTS, initial=30)
    speed = forms.IntegerField(
        label=gettext_lazy("Speed"),
        min_value=1,
        max_value=MOST_SPEED,
        initial=5,
        help_text=gettext_lazy("1 is real time. At 5, two hours take 24 minutes."),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=MOST_SEED,
        initial=1,
        help_text=gettext_lazy("The same number gives the same students with the same slips."),
    )
    pace = forms.ChoiceField(
        label=gettext_lazy("Pace"), choices=list(HOW.items()), initial="led", widget=forms.RadioSelect
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def rehearse(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A class of one's own: begin a rehearsal beside it. A rehearsal: end or delete it."""
    rehearsal = Rehearsal.objects.filter(cohort=membership.cohort).first()
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if rehearsal is not None:
        return _of_a_rehearsal(request, membership, rehearsal, act)
    if act == "begin":
        return _begin(request, membership)
    if act:
        raise UnknownAct
    return _page(request, membership, RehearsalForm(initial=_asked_for(request)))


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address fills in beforehand, as a link to a rehearsal of one minute does."""
    return {name: request.GET[name][:10] for name in RehearsalForm.base_fields if name in request.GET}


def _begin(request: HttpRequest, membership: Membership) -> HttpResponse:
    form = RehearsalForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, form, status=400)
    sent = form.cleaned_data
    try:
        with transaction.atomic():
            begun = services.begin(
                membership,
                n_students=sent["students"],
                speed=sent["speed"],
                seed=sent["seed"],
                is_led=sent["pace"] == "led",
            )
            transaction.on_commit(lambda: tasks.call(begun.pk))
    except Conflict as conflict:
        form.add_error(None, str(conflict.detail))
        return _page(request, membership, form, status=409)
    return redirect("dashboard:grid", begun.cohort.slug)


def _of_a_rehearsal(request: HttpRequest, membership: Membership, rehearsal: Rehearsal, act: str) -> HttpResponse:
    if act == "delete":
        services.delete(rehearsal)
        return redirect("home")
    if act == "end":
        services.end(rehearsal)
        return redirect("dashboard:grid", membership.cohort.slug)
    if act:
        raise Refusal(_("This class is a rehearsal. Start another one from your own class."))
    return _page(request, membership, None, rehearsal=rehearsal)


def _page(
    request: HttpRequest, membership: Membership, form: RehearsalForm | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    others = Rehearsal.objects.filter(cohort__memberships__user=membership.user).select_related("cohort")
    context = {"membership": membership, "form": form, "others": others.order_by("-began_at"), **more}
    return render(request, "dashboard/rehearse.html", context, status=status)
