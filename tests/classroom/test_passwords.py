"""Passwords: a hash that OWASP calls strong enough, and those that were made before it."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import get_hasher, make_password
from django.test import Client
from pytest_django import Settings

import downhill.settings
from classroom.models import User
from tests.classroom.test_accounts import log_in
from tests.factories import PASSWORD

# Memory in KiB and passes, each with one lane, as the OWASP Password Storage Cheat Sheet lists them.
OWASP = {(47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5)}


@pytest.fixture
def _as_served(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = downhill.settings.PASSWORD_HASHERS


@pytest.fixture
def _from_before(db: None, settings: Settings) -> None:
    """Sam, with a hash as Django makes it unasked."""
    settings.PASSWORD_HASHERS = downhill.settings.PASSWORD_HASHERS
    User.objects.create(username="sam", password=make_password(PASSWORD, hasher="pbkdf2_sha256"))


@pytest.mark.pure
@pytest.mark.usefixtures("_as_served")
def test_a_password_is_hashed_with_argon2id_at_one_of_owasps_settings() -> None:
    made = get_hasher().decode(make_password(PASSWORD))

    assert made["variety"] == "argon2id"
    assert (made["memory_cost"], made["time_cost"]) in OWASP
    assert made["parallelism"] == 1


@pytest.mark.usefixtures("_from_before")
def test_an_older_hash_opens_once_more_and_is_replaced_by_a_log_in() -> None:
    first, again = log_in("sam"), log_in("sam")

    assert [first.status_code, again.status_code] == [302, 302]
    assert User.objects.get().password.startswith("argon2$argon2id$")


@pytest.mark.usefixtures("_from_before")
def test_a_wrong_password_replaces_nothing() -> None:
    assert log_in("sam", "wrong").status_code == 200
    assert User.objects.get().password.startswith("pbkdf2_sha256$")


@pytest.mark.usefixtures("_from_before")
def test_a_hash_that_is_replaced_is_no_new_password_and_ends_no_token() -> None:
    sent = {"username": "sam", "password": PASSWORD}
    token = Client().post("/api/v1/token/", sent, "application/json").json()["token"]
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))

    log_in("sam")

    assert Client().get("/api/v1/me/", headers={"Authorization": f"Token {token}"}).status_code == 200


@pytest.mark.usefixtures("_from_before")
def test_an_old_hash_that_is_being_replaced_does_not_undo_a_new_password() -> None:
    logging_in, told_a_new_one = User.objects.get(), User.objects.get()
    told_a_new_one.set_password("four quite plain words")
    told_a_new_one.save()

    assert logging_in.check_password(PASSWORD)

    assert User.objects.get().check_password("four quite plain words")
