"""What is somebody's own is kept in no cache: every address is asked, as everybody who has something of their own."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.conventions.permission_table import ROLES, ROWS

# Where everybody gets the same, and verifiers ask often.
PUBLIC = {"badges:status", "badges:jwks", "badges:key", "badges:issuer", "badges:achievement"}


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


def words(said: str) -> set[str]:
    return {word.strip().lower() for word in said.split(",")}


@pytest.mark.slow
def test_what_a_page_or_the_api_answers_whoever_is_logged_in_is_kept_nowhere(world: World) -> None:
    kept, asked = [], 0
    for row in ROWS:
        if row.name in PUBLIC:
            continue
        for role in ROLES if row.path.startswith("/api/v1/") else ROLES[1:]:
            for method in row.answers:
                cache.clear()
                answer = matrix.ask(world, row, method, role)
                asked += 1
                if not {"private", "no-store"} <= words(answer.get("Cache-Control", "")):
                    kept.append(f"{method} {row.path} as {role}: {answer.get('Cache-Control')}")

    assert kept == []
    assert asked > 500


def test_public_keys_and_what_was_revoked_may_be_kept_by_anybody(world: World) -> None:
    rows = [row for row in ROWS if row.name in PUBLIC]

    said = {row.name: matrix.ask(world, row, "GET", "student")["Cache-Control"] for row in rows}

    assert set(said) == PUBLIC
    assert all("public" in words(each) for each in said.values())


def test_an_answer_of_the_api_depends_on_the_token_as_on_the_cookie(world: World) -> None:
    for client in (Client(), world.clients["student"]):
        answer = client.get("/api/v1/me/")

        assert {"authorization", "cookie"} <= words(answer["Vary"])


def test_a_page_that_is_nobodys_stays_where_it_is(db: None) -> None:
    """Else what was typed would be gone for whoever goes back to it."""
    assert "Cache-Control" not in Client().get("/join/")
