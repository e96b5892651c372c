"""No page of the admin site breaks, whatever is asked of it: walked by what is registered there."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.fuzz import NASTY, Found, ask, drawn, fields
from tests.fuzz.admin_site import BAD_IDS, names_of, pages_of, pages_of_none

pytestmark = [pytest.mark.slow, pytest.mark.services]


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_no_page_of_the_admin_site_breaks_whatever_is_asked_of_it(world: World, model: type[Model]) -> None:
    client, found = world.clients["admin"], Found()
    actions = [*getattr(admin.site._registry[model], "actions", ()), "delete_selected"]
    addresses = [*pages_of(model), *pages_of_none(model)]

    def look(method: str, path: str, sent: list[tuple[str, str | bytes]]) -> None:
        found.note(ask(client, method, path, sent), f"{method} {resolve(path).view_name}", sent)

    @drawn(1)
    @given(data=st.data())
    def walk(data: st.DataObject) -> None:
        for path in addresses:
            for method in ("GET", "POST"):
                look(method, path, data.draw(fields(names_of(model), {})))

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
