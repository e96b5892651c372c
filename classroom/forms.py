"""Forms for people."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classroom.models import User

TAKEN = "taken"  # what is wrong with a username that somebody has
USERNAME = re.compile(UnicodeUsernameValidator.regex)


def _named(sign: str) -> str:
    """A sign as a sentence can name it, even one that cannot be seen."""
    if sign.isspace():
        return gettext("a space")
    if unicodedata.category(sign)[0] == "C":
        return gettext("an invisible character")
    # An accent alone needs something to sit on.
    return f"“◌{sign}”" if unicodedata.combining(sign) else f"“{sign}”"


class CodeForm(forms.Form):
    # Long enough for a whole address: anyone who was given a link may paste it here.
    code = forms.CharField(label=_("Class code"), max_length=300)


class JoinForm(forms.ModelForm):
    """A new student: username, display name, password, and nothing else."""

    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
        help_text=_("At least 8 characters. Three words in a row are easy to remember."),
    )

    class Meta:
        model = User
        fields = ["username", "display_name"]
        widgets = {
            "username": forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
            "display_name": forms.TextInput(attrs={"autocomplete": "nickname"}),
        }
        help_texts = {"username": _("You use this to log in."), "display_name": _("What your class sees.")}

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"]).lower()
        if not_taken := [letter for letter in dict.fromkeys(username) if not USERNAME.fullmatch(letter)]:
            raise ValidationError(
                _("A username cannot contain %(signs)s. Letters, digits and . - _ + @ are fine."),
                params={"signs": ", ".join(map(_named, not_taken[:3]))},
            )
        # The constraint is on an expression, so its own message would stand beside no field.
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("Somebody already has that username. Add a letter or a number."), code=TAKEN)
        return username

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password"):
            person = User(username=cleaned.get("username", ""), display_name=cleaned.get("display_name", ""))
            try:
                validate_password(cleaned["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned
