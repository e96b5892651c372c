"""The page on which a person is erased: what goes, what stays, and their username to be typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import signs
from classroom.models import User
from classroom.refusals import NotFound
from office import roles
from office.desk import Desk, refuse_unless
from privacy import erasure


class EraseForm(forms.Form):
    """The username of a person, typed by whoever erases them."""

    username = forms.CharField(
        label=gettext_lazy("Type the username"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    revokes = forms.BooleanField(
        label=gettext_lazy("Revoke the badges"),
        required=False,
        help_text=gettext_lazy("Anyone who checks a badge file then reads that it is no longer valid."),
    )

    def __init__(self, person: User, n_badges: int, sent: QueryDict | None = None) -> None:
        super().__init__(sent, label_suffix="")
        self.person = person
        if not n_badges:
            del self.fields["revokes"]

    def clean_username(self) -> str:
        typed: str = self.cleaned_data["username"]
        if signs.fold(typed.strip()) != signs.fold(self.person.username):
            raise forms.ValidationError(_("That is not the username of this person."))
        return typed


def may_erase(request: HttpRequest, person: User) -> bool:
    """Tell whether somebody may erase a person: their role allows it, and they outrank them."""
    actor: Any = request.user
    is_allowed = actor.has_perm("classroom.delete_user") and person.pk != actor.pk
    return bool(is_allowed and roles.may_touch(actor, person))


def erase_page(desk: Desk, request: HttpRequest, pk: int) -> HttpResponse:
    """Say what would go and what would stay; erase whose username is typed."""
    refuse_unless(request.user.has_perm("classroom.delete_user"))
    person = desk.get_object(request, str(pk))
    if person is None or erasure.is_erased(person):
        raise NotFound(_("This person has been erased."))
    refuse_unless(may_erase(request, person))
    found = erasure.preview(person)
    form = EraseForm(person, found.n_badges, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actor: Any = request.user
        revokes = form.cleaned_data.get("revokes", False)
        erasure.erase(person, by=actor, revokes=revokes, may=lambda now: roles.may_touch(actor, now))
        messages.success(request, _("Person %(n)d was erased.") % {"n": pk})
        return redirect("admin:classroom_user_changelist")
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "person": person,
        "found": found,
        "form": form,
        "n_backups": settings.BACKUPS_KEPT,
        "title": _("Erase “%(name)s”") % {"name": person},
    }
    return TemplateResponse(request, "admin/erase_person.html", context, status=400 if form.is_bound else 200)
