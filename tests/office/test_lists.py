"""What all lists of the admin site have in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.models import Cohort, LearningEvent, Membership, User
from office.desk import ROWS
from tests.factories import CohortFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.services

DESKS = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
BAD_IDS = ["NaN", "1,5", "../etc", "9223372036854775808", "-1", "0x1", "١", "1 OR 1=1", "'", "\0", "", "a" * 300]


def page_of(client: Client, address: str) -> tuple[list[str], Client]:
    page = client.get(address)
    assert page.status_code == 200, page.text
    return [str(row) for row in page.context["cl"].result_list], page


def walk(client: Client, address: str, way: str) -> list[list[str]]:
    """The pages of a list, one after the other."""
    found = []
    while address is not None:
        rows, page = page_of(client, address)
        found.append(rows)
        step = getattr(page.context["cl"], way)
        address = address.partition("?")[0] + step if step else None
    return found


def test_pages_go_on_from_a_row_and_back_and_miss_nobody(desk: Client) -> None:
    User.objects.bulk_create(UserFactory.build(username=f"s{n:03}", display_name=f"s{n:03}") for n in range(2 * ROWS))
    address = "/admin/classroom/user/"

    there = walk(desk, address, "older")
    last = page_of(desk, address)[1]
    for __ in range(2):
        last = page_of(desk, address + last.context["cl"].older)[1]
    back = walk(desk, address + last.context["cl"].newer, "newer")

    assert [len(rows) for rows in there] == [ROWS, ROWS, 1]
    assert len({name for rows in there for name in rows}) == 2 * ROWS + 1
    assert back[0] == there[1]
    assert back[1] == there[0]


def test_a_row_that_came_meanwhile_moves_nobody_to_another_page(desk: Client) -> None:
    User.objects.bulk_create(UserFactory.build(username=f"s{n:03}", display_name=f"s{n:03}") for n in range(ROWS + 5))
    rows, page = page_of(desk, "/admin/classroom/user/")

    UserFactory(username="aaron")
    second, __ = page_of(desk, "/admin/classroom/user/" + page.context["cl"].older)

    assert set(rows) & set(second) == set()
    assert len(second) == 6


def test_rows_of_one_moment_are_told_apart(desk: Client, student: Membership) -> None:
    at = timezone.now() - timedelta(days=1)
    events = [LearningEvent(membership=student, kind="part_done", at=at) for __ in range(2 * ROWS + 3)]
    LearningEvent.objects.bulk_create(events)

    pages = walk(desk, "/admin/classroom/learningevent/", "older")

    assert [len(rows) for rows in pages] == [ROWS, ROWS, 4]


@pytest.mark.parametrize("address", DESKS)
def test_a_place_that_is_none_is_refused(desk: Client, address: str) -> None:
    for place in ("NaN", "[]", "[1]", '["x", "y", "z"]', '["9223372036854775808"]', "{", "[" * 5000):
        for way in ("after", "before"):
            assert desk.get(f"{address}?{urlencode({way: place})}").status_code in (200, 400), place


@pytest.mark.parametrize("address", DESKS)
@pytest.mark.parametrize("at", range(len(BAD_IDS)))
def test_a_bad_id_is_refused_and_no_error(desk: Client, student: Membership, address: str, at: int) -> None:
    key = BAD_IDS[at]
    where = urlencode({"": key})[1:].replace("+", "%20")
    asked = [
        desk.get(f"{address}{where}/change/"),
        desk.get(f"{address}{where}/history/"),
        desk.get(f"{address}{where}/delete/"),
        desk.get(f"{address}?class={where}"),
        desk.get(f"{address}?person={where}"),
        desk.get(f"{address}?q={where}&o={where}&p={where}"),
        desk.get(f"{address}?_to_field={where}"),
        desk.get(f"{address}add/?user={where}&cohort={where}"),
        *(desk.post(address, {"action": name, "_selected_action": key}) for name in ("move", "archive", "cancel", "")),
        desk.post(f"{address}add/", {"user": key, "cohort": key, "role": key}),
        desk.post(f"{address}{student.pk}/change/", {"user": key, "cohort": key, "role": key, "seen": key}),
    ]

    assert {answer.status_code for answer in asked} <= {200, 302, 400, 403, 404, 405, 409}


def test_a_key_that_no_row_can_have_is_400(desk: Client) -> None:
    for key in ("NaN", "1,5", "9223372036854775808"):
        assert desk.get(f"/admin/classroom/user/{key}/change/").status_code == 400
        chosen = {"action": "archive", "_selected_action": key}
        assert desk.post("/admin/classroom/cohort/", chosen).status_code == 400


@pytest.mark.parametrize("query", ["?q=%00", "?cohort__id__exact=x", "?o=999", "?p=999", "?nonsense=1", "?_facets=1"])
@pytest.mark.parametrize("address", DESKS)
def test_a_strange_query_does_not_break_a_list(desk: Client, address: str, query: str) -> None:
    assert desk.get(f"{address}{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize("address", DESKS)
def test_no_list_counts_all_its_rows_or_lists_all_classes(desk: Client, student: Membership, address: str) -> None:
    CohortFactory.create_batch(3)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = desk.get(address)

    table = page.context["cl"].model._meta.db_table
    counts = [each["sql"] for each in asked.captured_queries if f'COUNT(*) AS "__count" FROM "{table}"' in each["sql"]]
    assert counts == []
    assert len(asked) <= 12
    assert page.text.count("<option") < 60


def test_a_filter_of_a_row_that_is_gone_shows_nothing(desk: Client, student: Membership) -> None:
    rows, __ = page_of(desk, "/admin/classroom/membership/?class=999999")

    assert rows == []


def test_filters_are_put_together(desk: Client, client_of: Callable[[User], Client]) -> None:
    one = MembershipFactory()
    MembershipFactory(user=one.user)
    MembershipFactory(cohort=one.cohort)

    rows, __ = page_of(desk, f"/admin/classroom/membership/?class={one.cohort_id}&person={one.user_id}")

    assert rows == [str(one)]


def test_a_class_is_found_by_typing(desk: Client) -> None:
    CohortFactory.create_batch(3)
    cohort = CohortFactory(name="Evening class")
    asked = {"app_label": "classroom", "model_name": "membership", "field_name": "cohort", "term": "evening"}

    found = desk.get(f"/admin/autocomplete/?{urlencode(asked)}")

    assert json.loads(found.text)["results"] == [{"id": str(cohort.pk), "text": "Evening class"}]


@pytest.mark.parametrize("number", ["NaN", "0", "99999999999999999999"])
def test_a_strange_page_of_what_is_found_is_no_error(desk: Client, number: str) -> None:
    Cohort.objects.all().delete()
    asked = {"app_label": "classroom", "model_name": "membership", "field_name": "cohort", "page": number}

    assert desk.get(f"/admin/autocomplete/?{urlencode(asked)}").status_code in (200, 404)
