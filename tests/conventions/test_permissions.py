"""The permission matrix: every address × method × role gives the answer of the table, and a hole is reported."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import ModuleType
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

import downhill.urls
from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.conventions.permission_table import METHODS, ROLES, ROWS, Row

pytestmark = pytest.mark.services

ROW_OF = {row.name: row for row in ROWS}
OF_A_COHORT = [row for row in ROWS if "{cohort}" in row.path and not row.path.startswith("/admin/")]


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put a view that asks nobody for anything in front of all addresses."""

    def unguarded(request: HttpRequest, **names: str) -> HttpResponse:
        return HttpResponse("every student's answers")

    def at(pattern: str, name: str) -> None:
        module = ModuleType("urls_with_a_hole")
        module.urlpatterns = [path(pattern, unguarded, name=name), *downhill.urls.urlpatterns]  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return at


def test_every_address_has_a_row() -> None:
    assert matrix.without_row(ROWS) == []


def test_every_row_has_an_address() -> None:
    assert matrix.without_address(ROWS) == []


def space_of(row: Row) -> str:
    return row.name.partition(":")[0] if ":" in row.name else "outside"


@pytest.mark.slow
@pytest.mark.parametrize("space", sorted({space_of(row) for row in ROWS}))
def test_everybody_gets_the_answer_of_the_table(world: World, space: str) -> None:
    found = []
    for row in ROWS:
        if space_of(row) == space:
            cache.clear()
            found += matrix.mismatches(world, row)

    assert found == []


def test_the_matrix_is_large() -> None:
    cells = len(ROWS) * len(METHODS) * len(ROLES)

    print(f"\npermission matrix: {len(ROWS)} addresses x {len(METHODS)} methods x {len(ROLES)} roles = {cells} cells")
    assert cells > 1500


def test_a_planted_address_without_a_row_is_reported(plant: Callable[[str, str], None]) -> None:
    plant("c/<slug:cohort>/answers/", "answers")

    assert matrix.without_row(ROWS, "urls_with_a_hole") == ["answers"]


def test_a_planted_view_without_a_guard_is_reported(world: World, plant: Callable[[str, str], None]) -> None:
    plant("c/<slug:cohort>/class/", "dashboard:grid")

    with override_settings(ROOT_URLCONF="urls_with_a_hole"):
        found = matrix.mismatches(world, ROW_OF["dashboard:grid"])

    assert "GET /c/{cohort}/class/ as anonymous: 200, and the table says to the log-in" in found
    assert "GET /c/{cohort}/class/ as student: 200, and the table says 403" in found
    assert "GET /c/{cohort}/class/ as other_instructor: 200, and the table says 404" in found


def _ask(client: Client, row: Row, cohort: str, names: dict[str, object]) -> tuple[int, str]:
    method = next(each for each in ("POST", "GET", "DELETE") if each in row.answers).lower()
    body = row.body if method == "post" else None
    kind = {"content_type": "application/json"} if row.path.startswith("/api/") and body else {}
    address = row.path.format(**{**names, "cohort": cohort})
    answer = getattr(client, method)(address, body, **kind)
    # The masked token of the log-out form differs in every answer.
    return answer.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


@pytest.mark.parametrize("role", ["other_student", "other_instructor", "admin"])
def test_a_class_that_is_not_mine_looks_like_one_that_does_not_exist(world: World, role: str) -> None:
    for row in OF_A_COHORT:
        cache.clear()
        real = _ask(world.clients[role], row, "ours", world.names)
        imagined = _ask(world.clients[role], row, "no-such-class", world.names)

        assert real == imagined, row.path
        assert real[0] == 404, row.path


def test_a_student_at_the_admin_door_is_refused_in_calm_words(world: World) -> None:
    answer = world.clients["student"].get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "Only admins can open the admin site." in answer.content.decode()


def test_a_page_in_use_is_not_swapped_for_a_log_in_form(world: World) -> None:
    page = world.clients["anonymous"].get("/c/ours/class/grid/", headers={"HX-Request": "true"})

    assert page.status_code == 401
    assert "Log in again in another tab" in page.content.decode()


def test_another_students_page_of_my_own_class_opens_for_its_instructor_alone(world: World) -> None:
    address = "/c/ours/class/students/{student}/".format(**world.names)

    assert world.clients["student"].get(address).status_code == 403
    assert world.clients["instructor"].get(address).status_code == 200


def test_an_instructor_does_not_find_students_of_another_class(world: World) -> None:
    address = "/c/other/class/students/{student}/".format(**world.names)

    assert world.clients["other_instructor"].get(address).status_code == 404


POST_ONLY = [row for row in OF_A_COHORT if "/api/" not in row.path and set(row.answers) == {"POST"}]


def test_whoever_sends_logged_out_comes_after_the_log_in_to_the_page_that_they_sent_from(world: World) -> None:
    """A log-in leads to no address that takes only what a form sends, be it the one asked for or the page before."""
    page = "/c/ours/lessons/data-rules-everything/rates/"
    addresses = [row.path.format(**world.names) for row in POST_ONLY]
    assert len(addresses) > 10
    came_from = {
        f"http://testserver{page}?item=half-b": f"{page}?item=half-b",
        "": "/",
        "http://elsewhere.example/page/": "/",
        f"http://testserver{addresses[0]}": "/",
        "http://testserver/nothing/here/": "/",
    }

    led_to = {
        (address, referer): Client().post(address, headers={"Referer": referer}).headers["Location"]
        for address in addresses
        for referer in came_from
    }

    assert led_to == {
        (address, referer): f"/accounts/login/?{urlencode({'next': came_from[referer]}, safe='/')}"
        for address, referer in led_to
    }
