"""What every activity's form sends, and what a part's address asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

# Enough for whatever a person types into a cell, and for the 10,000 characters that somebody pastes.
MAX_CHARACTERS = 10_000


class SubmissionForm(forms.Form):
    """The part of a plain form post that every activity shares."""

    id = forms.UUIDField()
    step = forms.IntegerField(min_value=1, max_value=100)
    # Whose sheet it is: on a shared device somebody else may have logged in meanwhile.
    member = forms.IntegerField(required=False)
    # What the page shows already, by the names that it was given.
    shown = forms.CharField(required=False, max_length=1000)


class ShownForm(forms.Form):
    """Which extra activity, which step to mend, which item, which trial and run a part's address asks for.

    `closer` asks for a closer look at what a reveal draws; `taken_back` says that a run was.
    """

    activity = forms.SlugField(required=False)
    step = forms.IntegerField(required=False, min_value=1, max_value=100)
    item = forms.SlugField(required=False)
    closer = forms.BooleanField(required=False)
    rate = forms.CharField(required=False, max_length=40)
    trial = forms.SlugField(required=False)
    run = forms.UUIDField(required=False)
    taken_back = forms.BooleanField(required=False)


# What a form post carries beside the answer.
ENVELOPE = frozenset({*SubmissionForm.base_fields, "csrfmiddlewaretoken"})


def why_unreadable(reason: str) -> str:
    """Why a number cannot be told, for the reason of an `UnreadableNumber`; how to write one comes after."""
    return {
        "long": _("That is too long for a number here."),
        "not_finite": _("We cannot calculate with that number."),
        "unclear": _("That could be two numbers. Leave out commas and spaces between thousands."),
        "percent": _("This is not a percentage. Leave out the %."),
    }.get(reason, _("We cannot read that as a number."))


def typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(_("Send a number, or a number as text."))
    text = str(value).strip()
    if len(text) > MAX_CHARACTERS:
        raise ValueError(_("This is too long for a number. Use at most %(n)d characters.") % {"n": MAX_CHARACTERS})
    # A database cannot keep these, and no keyboard makes them.
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(_("This contains characters that cannot be stored."))
    return text
