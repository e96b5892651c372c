"""Forms of the admin site. What is saved is what was changed on the page, and only if it is still as the page said."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import cards, tokens
from classroom.models import Cohort, Membership, User
from dashboard.class_settings import ClassForm, initial_of
from office import roles

LONGEST_SHOWN = 120


class Careful(forms.ModelForm):
    """A row's form that never takes back what somebody else has saved since its page was made.

    Attributes
    ----------
    changed : names of the fields that were given another value on this page
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        self.changed: list[str] = []
        self.initial["seen"] = self._as_sent()

    @property
    def changed_data(self) -> list[str]:
        return self.changed if self.is_bound and self.instance.pk else super().changed_data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        seen = _read(cleaned.pop("seen", ""))
        if not self.instance.pk:
            return cleaned
        for name in [name for name in self._watched() if name in cleaned]:
            present, wished = _plain(self.get_initial_for_field(self.fields[name], name)), _plain(cleaned[name])
            was = seen.get(name, present)
            if wished == was:
                cleaned[name] = self.fields[name].clean(present) if wished != present else cleaned[name]
            elif wished != present:
                self.changed.append(name)
                if was != present:
                    self.add_error(name, self._says_overtaken(name))
        if self.errors:
            # What the page shows now is what it has seen.
            sent = QueryDict(mutable=True)
            sent.update(self.data)
            sent[self.add_prefix("seen")] = self._as_sent()
            self.data = sent
        return cleaned

    def _watched(self) -> list[str]:
        return [name for name, field in self.fields.items() if name != "seen" and not field.disabled]

    def _as_sent(self) -> str:
        found = {name: _plain(self.get_initial_for_field(self.fields[name], name)) for name in self._watched()}
        return json.dumps(found)

    def _says_overtaken(self, name: str) -> str:
        value = self.get_initial_for_field(self.fields[name], name)
        if not isinstance(value, list):
            value = dict(getattr(self.fields[name], "choices", ())).get(value, value)
        says = _("Somebody else just changed this to “%(value)s”. Save again to use what you see here.")
        return says % {"value": str(value)[:LONGEST_SHOWN]}


def _read(sent: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(sent)
        if isinstance(found, dict):
            return found
    return {}


def _plain(value: Any) -> Any:
    """A value as it comes back from a page."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return "" if value is None else value


class NewPersonForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "display_name")


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody, or none. What the old one had opened ends, and no other column is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})

    def save(self, commit: bool = True) -> User:
        if self.cleaned_data["set_usable_password"]:
            self.user.set_password(self.cleaned_data["password1"])
        else:
            self.user.set_unusable_password()
        person: User = self.user
        person.save(update_fields=["password"])
        tokens.forget_all(person)
        cards.forget(person)
        return person


class PersonForm(Careful):
    """A person. `actor` is who fills it in."""

    actor: Any = None
    role = forms.ChoiceField(
        label=gettext_lazy("Role on the admin site"),
        required=False,
        help_text=gettext_lazy("Instructors need none: teaching a class opens its pages."),
    )

    class Meta:
        model = User
        fields = ("username", "display_name", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.initial["role"] = roles.of(self.instance)
            chosen: forms.ChoiceField = self.fields["role"]  # type: ignore[assignment]  # as it stands above
            chosen.choices = roles.choices_for(self.actor)
        self.initial["seen"] = self._as_sent()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk == self.actor.pk and cleaned.get("is_active") is False:
            self.add_error("is_active", _("You cannot lock yourself out."))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # A few usernames are from before they were folded. Nobody could choose one now; whoever has it keeps it.
        left: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's, without a stub
        return left if "username" in self.changed else {*left, "username"}


class CohortForm(Careful, ClassForm):
    """A class. How it is paced is decided on its own pages, while it is taught."""

    class Meta:
        model = Cohort
        fields = ("name", "slug", "join_code", "lessons", "gradient_rule", "time_zone", "keep_for")
        error_messages = {
            "slug": {"unique": gettext_lazy("Another class has this address.")},
            "join_code": {"unique": gettext_lazy("Another class has this join code.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cohort = self.instance if self.instance.pk else None
        self.fit(cohort)
        if cohort is not None:
            self.initial.update(initial_of(cohort))
        else:
            self.initial.setdefault("lessons", list(Cohort().lessons))
        self.initial["seen"] = self._as_sent()

    def clean(self) -> dict[str, Any]:
        super().clean()
        return ClassForm.clean(self)


class MembershipForm(Careful):
    class Meta:
        model = Membership
        fields = ("user", "cohort", "role", "student_id")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # Of a member who is stored the class is no field, so Django would not look.
        others = Membership.objects.filter(cohort_id=self.instance.cohort_id).exclude(pk=self.instance.pk)
        if (wished := cleaned.get("student_id")) and others.filter(student_id=wished).exists():
            self.add_error("student_id", _("Somebody else in this class has that student ID."))
        return cleaned
