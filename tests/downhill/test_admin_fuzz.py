"""No page of the admin site breaks, whatever is asked of it: walked by what is registered there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.fuzz import NASTY, Found, ask, drawn, fields

pytestmark = [pytest.mark.slow, pytest.mark.services]

BAD_IDS = ("NaN", "1,5", "../etc", "9223372036854775808", "0", "-1", "\0", "9" * 400, "_5F", "½")
QUERIES = (
    *("q", "p", "o", "e", "all", "_facets", "_to_field", "_popup", "_changelist_filters", "_source_model", "next"),
    *("term", "page", "app_label", "model_name", "field_name", "object_repr", "action", "index", "select_across"),
)


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


def _addresses(model: type[Model]) -> Iterator[str]:
    """Pages of a model: its lists and forms, of a row that there is and of many that there are not."""
    space = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    first = model._default_manager.values_list("pk", flat=True).first()
    for name in ("changelist", "add"):
        yield reverse(f"{space}_{name}")
    for key in (first, *BAD_IDS):
        for name in ("change", "history", "delete"):
            if key is not None:
                yield reverse(f"{space}_{name}", args=[quote(str(key))])


def _names(model: type[Model]) -> tuple[str, ...]:
    fields = [field.name for field in model._meta.get_fields()]
    looked_up = [
        f"{name}{how}" for name in fields for how in ("", "__id__exact", "__exact", "__isnull", "__gte", "__x")
    ]
    inline = [f"memberships-0-{name}" for name in ("id", "user", "role")]
    inline += [f"memberships-{name}_FORMS" for name in ("TOTAL", "INITIAL", "MAX_NUM", "MIN_NUM")]
    return (*QUERIES, ACTION_CHECKBOX_NAME, *looked_up, *inline)


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_no_page_of_the_admin_site_breaks_whatever_is_asked_of_it(world: World, model: type[Model]) -> None:
    client, found = world.clients["admin"], Found()
    actions = [*getattr(admin.site._registry[model], "actions", ()), "delete_selected"]
    addresses = [*_addresses(model), reverse("admin:autocomplete"), reverse("admin:index")]

    def look(method: str, path: str, sent: list[tuple[str, str | bytes]]) -> None:
        found.note(ask(client, method, path, sent), f"{method} {resolve(path).view_name}", sent)

    @drawn(1)
    @given(data=st.data())
    def walk(data: st.DataObject) -> None:
        for path in addresses:
            for method in ("GET", "POST"):
                look(method, path, data.draw(fields(_names(model), {})))

    walk()
    for value in NASTY:
        for action in actions:
            look("POST", addresses[0], [("action", str(action)), (ACTION_CHECKBOX_NAME, value), ("post", "yes")])
        for name in ("q", "p", "o", "_to_field", "_changelist_filters", "_facets"):
            look("GET", addresses[0], [(name, value)])

    for path in addresses[:5]:
        for value in ("", "NaN", "id", "password", "cohort__id"):
            look("GET", path, [("_to_field", value)])
        for field in model._meta.get_fields() if path.endswith(("/add/", "/change/")) else ():
            for value in BAD_IDS[:5]:
                look("POST", path, [(field.name, value)])
    found.hold(model._meta.label)
