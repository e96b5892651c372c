"""Addresses of the admin site and names that its forms might know, by what is registered there."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse

BAD_IDS = ("NaN", "1,5", "../etc", "9223372036854775808", "0", "-1", "\0", "9" * 400, "_5F", "½")
QUERIES = (
    *("q", "p", "o", "e", "all", "_facets", "_to_field", "_popup", "_changelist_filters", "_source_model", "next"),
    *("term", "page", "app_label", "model_name", "field_name", "object_repr", "action", "index", "select_across"),
    *("class", "person", "member", "keep", "instead", "to", "copied", "text", "into", "look", "kept", "mark", "apply"),
)
# Pages beside the lists and forms.
OTHERS = ("index", "autocomplete", "cards", "roster", "roster-file")


def pages_of(model: type[Model]) -> Iterator[str]:
    """Pages of a model: its list and forms, those of a row that there is, and the pages beside."""
    for name in ("changelist", "add"):
        yield reverse(f"{_space(model)}_{name}")
    if (first := model._default_manager.values_list("pk", flat=True).first()) is not None:
        yield from _pages_of_row(model, first)
    for name in OTHERS:
        yield reverse(f"admin:{name}")


def pages_of_none(model: type[Model]) -> Iterator[str]:
    """Pages of rows that there are not."""
    for key in BAD_IDS:
        yield from _pages_of_row(model, key)


def _pages_of_row(model: type[Model], key: object) -> Iterator[str]:
    for name in ("change", "history", "delete"):
        yield reverse(f"{_space(model)}_{name}", args=[quote(str(key))])


def _space(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def names_of(model: type[Model]) -> tuple[str, ...]:
    fields = [field.name for field in model._meta.get_fields()]
    looked_up = [
        f"{name}{how}" for name in fields for how in ("", "__id__exact", "__exact", "__isnull", "__gte", "__x")
    ]
    inline = [f"memberships-0-{name}" for name in ("id", "user", "role")]
    inline += [f"memberships-{name}_FORMS" for name in ("TOTAL", "INITIAL", "MAX_NUM", "MIN_NUM")]
    return (*QUERIES, ACTION_CHECKBOX_NAME, *looked_up, *inline)
