"""Doors: where a password is hashed, which takes long. The web server knows them, and no transaction waits for it."""

from __future__ import annotations

import pytest

from downhill.doors import is_door
from tests import hashers
from tests.conventions import matrix
from tests.conventions.permission_table import ROLES, ROWS

# What the table posts to other ends, as somebody would who means it.
MEANT = {
    "admin:classroom_user_add": {
        "username": "new",
        "display_name": "New",
        "usable_password": "true",
        "password1": "four quite plain words",
        "password2": "four quite plain words",
    },
    "admin:cards": {"who": "all", "cohort": "{cohort_id}"},
    "admin:auth_user_password_change": {
        "usable_password": "true",
        "password1": "four quite plain words",
        "password2": "four quite plain words",
        "set-password": "Change password",
    },
}


@pytest.mark.slow
def test_whatever_hashes_a_password_is_known_as_a_door_and_does_it_outside_a_transaction(db: None) -> None:
    """The test's own hash refuses to work in a transaction, and remembers its work."""
    world = matrix.build_world()
    hashing, unknown = set(), []
    for row in (matrix.meaning(row, MEANT.get(row.name)) for row in ROWS if "POST" in row.answers):
        for role in ROLES:
            hashers.hashed.clear()
            answer = matrix.ask(world, row, "POST", role)
            assert answer.status_code < 500, f"{row.path} as {role}"
            if hashers.hashed:
                hashing.add(row.name)
                if not is_door("POST", answer.request["PATH_INFO"]):
                    unknown.append(f"{row.path} as {role}")

    assert unknown == []
    assert hashing == {
        "account_change_password",
        "account_login",
        "account_reauthenticate",
        "admin:auth_user_password_change",
        "admin:cards",
        "admin:classroom_user_add",
        "api-token",
        "dashboard:password",
        "invited",
        "join",
    }


@pytest.mark.pure
@pytest.mark.parametrize("path", ["/", "/join/", "/accounts/logout/", "/accounts/password/forgotten/", "/api/v1/me/"])
def test_what_hashes_nothing_is_no_door(path: str) -> None:
    assert not is_door("POST", path)


@pytest.mark.pure
def test_a_look_at_a_door_is_as_quick_as_any_page() -> None:
    assert not is_door("GET", "/accounts/login/")
    assert is_door("POST", "/accounts/login/")
