"""Filters of a list: a choice of few, and one of many that is found by typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from classroom.refusals import Refusal

Condition = Callable[[QuerySet[Any], str], QuerySet[Any]]
LARGEST = 2**63 - 1  # what a database can look for


def says_none() -> str:
    return _("This address names nothing in this list. Go back and open the list again.")


def read_key(model: type[Model], typed: Any) -> Any:
    """Read the key of a row as it stands in an address.

    Raises
    ------
    Refusal
        If no row can have it.
    """
    try:
        key = model._meta.pk.to_python(typed)
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise Refusal(says_none()) from error
    if isinstance(key, int) and abs(key) > LARGEST:
        raise Refusal(says_none())
    return key


class _Filter(admin.SimpleListFilter):
    def has_output(self) -> bool:
        return True

    @property
    def control_id(self) -> str:
        return f"by-{self.parameter_name}"


class OneOf(_Filter):
    """One of a few values, each with its words."""

    options: Callable[[], Iterable[tuple[str, Any]]]
    condition: Condition

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(value, str(words)) for value, words in type(self).options()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in (None, ""):
            return queryset
        if self.value() not in {value for value, _words in self.lookup_choices}:
            raise Refusal(says_none())
        return type(self).condition(queryset, str(self.value()))

    @property
    def control(self) -> SafeString:
        chosen = forms.Select(choices=[("", _("all")), *self.lookup_choices])
        return chosen.render(str(self.parameter_name), self.value() or "", {"id": self.control_id})


def one_of(
    name: str,
    label: Any,
    options: Iterable[tuple[str, Any]] | Callable[[], Iterable[tuple[str, Any]]],
    condition: Condition,
) -> type[OneOf]:
    """A filter by a few values.

    Parameters
    ----------
    options : each value and its words, or what gives them once everything is loaded
    condition : gives the rows that a value stands for
    """
    given = options if callable(options) else lambda: options
    facts = {
        "parameter_name": name,
        "title": label,
        "options": staticmethod(given),
        "condition": staticmethod(condition),
    }
    return type("OneOf", (OneOf,), facts)


def yes_or_no(name: str, label: Any, yes: Any, no: Any, field: str) -> type[OneOf]:
    """A filter by a column that is true or false."""
    return one_of(name, label, (("yes", yes), ("no", no)), lambda rows, value: rows.filter(**{field: value == "yes"}))


class Picked(_Filter):
    """A row of another list, found by typing a part of its name."""

    field: Field[Any, Any]
    condition: Callable[[QuerySet[Any], Model], QuerySet[Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        self.site = model_admin.admin_site
        self.request = request
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in (None, ""):
            return queryset
        found = self._rows().filter(pk=read_key(self._model, self.value())).first()
        return queryset.none() if found is None else type(self).condition(queryset, found)

    @property
    def _model(self) -> Any:
        return self.field.related_model

    def _rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.site.get_model_admin(self._model).get_queryset(self.request)
        return rows

    @property
    def control(self) -> SafeString:
        widget = KeptToRows(self.field, self.site, placeholder=_("all"))
        chosen = forms.ModelChoiceField(self._rows(), required=False, widget=widget)
        return SafeString(chosen.widget.render(str(self.parameter_name), self.value() or "", {"id": self.control_id}))


def picked(name: str, label: Any, field: Any, condition: Callable[[QuerySet[Any], Any], QuerySet[Any]]) -> type[Picked]:
    """A filter by a row of another list.

    Parameters
    ----------
    field : a foreign key to that list
    condition : gives the rows that belong to one of the other list
    """
    facts = {"parameter_name": name, "title": label, "field": field, "condition": staticmethod(condition)}
    return type("Picked", (Picked,), facts)


class KeptToRows(AutocompleteSelect):
    """Django's choice by typing, which shows what was sent again: only what can be the key of a row."""

    def __init__(self, *args: Any, placeholder: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placeholder = placeholder

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": self.placeholder}

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        kept = []
        for each in value:
            try:
                read_key(self.field.remote_field.model, each)
            except Refusal:
                continue
            kept.append(each)
        return super().optgroups(name, kept or [""], attr)
