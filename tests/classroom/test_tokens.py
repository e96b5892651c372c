"""Tokens: what notebooks log in with, seen and forgotten by the person whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from classroom import tokens
from classroom.models import Membership, Token, User
from classroom.refusals import Refusal
from tests.factories import PASSWORD, MembershipFactory, UserFactory

NOTEBOOKS = "/accounts/notebooks/"


def notebook(key: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Token {key}"})


def works(key: str) -> bool:
    return notebook(key).get("/api/v1/me/").status_code == 200


def ask(name: str = "") -> Any:
    sent = {"username": "sam", "password": PASSWORD, **({"name": name} if name else {})}
    return Client().post("/api/v1/token/", sent, "application/json").json()["token"]


def test_each_log_in_gives_a_key_of_its_own_that_is_stored_nowhere(student: Membership) -> None:
    first, second = ask("Kaggle"), ask()

    assert first != second
    assert works(first)
    assert works(second)
    assert [first, second] != list(Token.objects.values_list("digest", flat=True))
    assert set(Token.objects.values_list("name", flat=True)) == {"Kaggle", ""}


def test_of_more_than_ten_the_one_that_was_not_used_for_longest_goes(
    student: Membership, clock: Callable[[datetime], None]
) -> None:
    now = timezone.now()
    keys = []
    for n in range(10):
        clock(now + timedelta(minutes=n))
        keys.append(tokens.make(student.user))
    clock(now + timedelta(hours=2))
    assert works(keys[0])  # it is in use

    keys.append(tokens.make(student.user))

    assert [works(key) for key in keys] == [True, False] + [True] * 9


def test_a_token_ends_ninety_days_after_its_last_use(student: Membership, clock: Callable[[datetime], None]) -> None:
    now, key = timezone.now(), tokens.make(student.user)

    clock(now + timedelta(days=89))
    used = works(key)
    clock(now + timedelta(days=170))
    used_again = works(key)
    clock(now + timedelta(days=261))

    assert (used, used_again, works(key)) == (True, True, False)
    assert notebook(key).get("/api/v1/me/").json()["detail"] == "This token does not work. Log in again for a new one."


def test_a_use_is_written_once_an_hour_and_costs_one_query_otherwise(
    student: Membership, clock: Callable[[datetime], None], django_assert_num_queries: Any
) -> None:
    key, later = tokens.make(student.user), timezone.now() + timedelta(hours=3)
    clock(later)

    token = tokens.with_key(key)
    assert token is not None
    with django_assert_num_queries(1):
        tokens.note_use(token)
    with django_assert_num_queries(1):
        again = tokens.with_key(key)
        assert again is not None
        assert again.user.username == "sam"
        tokens.note_use(again)

    assert again.last_used_at == later


def test_a_new_password_ends_the_tokens_made_with_the_old_one(db: None) -> None:
    user = UserFactory()
    key, stale = tokens.make(user), User.objects.get()

    user.set_password("three new words")
    user.save()

    assert not works(key)
    with pytest.raises(Refusal):
        tokens.make(stale)


def test_a_person_who_was_switched_off_has_no_token_that_works(student: Membership) -> None:
    key = tokens.make(student.user)

    User.objects.update(is_active=False)

    assert not works(key)


def test_a_notebook_sees_its_persons_tokens_and_forgets_one(student: Membership) -> None:
    mine = notebook(tokens.make(student.user, "Kaggle"))
    other = tokens.make(student.user)
    theirs = tokens.make(MembershipFactory().user)

    listed = mine.get("/api/v1/tokens/").json()
    gone = mine.delete(f"/api/v1/tokens/{listed[0]['id']}/")
    again = mine.delete(f"/api/v1/tokens/{listed[0]['id']}/")
    not_mine = mine.delete(f"/api/v1/tokens/{Token.objects.get(user__username__startswith='person').pk}/")

    assert [row["name"] for row in listed] == ["", "Kaggle"]
    assert set(listed[0]) == {"id", "name", "made_at", "last_used_at", "expires_at"}
    assert (gone.status_code, again.status_code, not_mine.status_code) == (204, 404, 404)
    assert not works(other)
    assert works(theirs)


def test_the_page_lists_my_notebooks_and_forgets_the_one_or_all(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(student.user)
    kept, gone = tokens.make(student.user, "At home"), tokens.make(student.user, "Kaggle")
    theirs = tokens.make(MembershipFactory().user, "Theirs")

    page = browser.get(NOTEBOOKS).content.decode()
    browser.post(NOTEBOOKS, {"notebook": Token.objects.get(name="Kaggle").pk})
    one = (works(kept), works(gone))
    browser.post(NOTEBOOKS, {"notebook": Token.objects.get(name="Theirs").pk})
    browser.post(NOTEBOOKS, {"notebook": 10**30})
    browser.post(NOTEBOOKS, {"act": "forget_all"})

    assert "At home" in page
    assert "Kaggle" in page
    assert "Theirs" not in page
    assert not re.search(r"[0-9a-f]{40}", page.replace("csrf", ""))
    assert one == (True, False)
    assert not works(kept)
    assert works(theirs)
    assert "No notebook is logged in." in browser.get(NOTEBOOKS).content.decode()


@pytest.mark.parametrize(("sent", "still_works"), [({}, True), ({"notebooks": "on"}, False)])
def test_a_log_out_takes_the_notebooks_along_if_asked(
    student: Membership, client_of: Callable[[User], Client], sent: dict[str, str], still_works: bool
) -> None:
    key, browser = tokens.make(student.user), client_of(student.user)

    asked = browser.get("/accounts/logout/").content.decode()
    browser.post("/accounts/logout/", sent)

    assert 'name="notebooks"' in asked
    assert "_auth_user_id" not in browser.session
    assert works(key) is still_works


def test_who_has_no_notebook_is_asked_nothing(student: Membership, client_of: Callable[[User], Client]) -> None:
    assert 'name="notebooks"' not in client_of(student.user).get("/accounts/logout/").content.decode()


def test_the_admin_site_prints_no_key(student: Membership, client_of: Callable[[User], Client]) -> None:
    key = tokens.make(student.user, "Kaggle")
    admin = client_of(UserFactory(is_staff=True, is_superuser=True))

    pages = [admin.get(f"/admin/classroom/user/{each}") for each in ("", f"{student.user_id}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    for page in pages:
        assert key not in page.text
        assert Token.objects.get().digest not in page.text


@pytest.mark.services
def test_tokens_of_the_version_before_still_work_and_can_be_read_by_nobody(student: Membership) -> None:
    class TokenBefore(models.Model):
        key = models.CharField(max_length=40, primary_key=True)
        user = models.IntegerField(db_column="user_id")
        created = models.DateTimeField()

        class Meta:
            app_label = "tests"
            db_table = "authtoken_token"
            managed = False

        def __str__(self) -> str:
            return self.key

    made = timezone.now() - timedelta(days=400)
    with connection.cursor() as cursor:
        columns = "key varchar(40) PRIMARY KEY, user_id bigint, created timestamp with time zone"
        cursor.execute(f"CREATE TABLE authtoken_token ({columns})")
    TokenBefore.objects.create(key="a" * 40, user=student.user_id, created=made)

    class Before:
        @staticmethod
        def get_model(_app: str, name: str) -> Any:
            return TokenBefore if name == "TokenBefore" else apps.get_model("classroom", name)

    import_module("classroom.migrations.0011_tokens").digest(Before, connection.schema_editor())

    assert works("a" * 40)
    assert Token.objects.get().made_at == made
    assert not TokenBefore.objects.exists()
