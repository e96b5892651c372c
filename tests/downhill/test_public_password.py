"""The demo's public password opens nothing to anybody but its own computer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from classroom import tokens
from classroom.models import Cohort, Token, User
from downhill import demo

pytestmark = pytest.mark.django_db
ALONE = ["localhost", "127.0.0.1"]


@pytest.fixture
def people(settings: Settings) -> None:
    """The demo's people as an ordinary first start makes them, at a Downhill that only its computer reaches."""
    settings.ALLOWED_HOSTS = ALONE
    demo.make(is_public=True)


def token_status(password: str = "downhill", **request: Any) -> int:
    sent = json.dumps({"username": "admin", "password": password})
    request = {"SERVER_NAME": "127.0.0.1", **request}
    return Client().post("/api/v1/token/", sent, "application/json", **request).status_code


@pytest.mark.usefixtures("people")
def test_the_computer_itself_gets_in() -> None:
    assert token_status() == 200
    assert token_status(REMOTE_ADDR="::1") == 200
    assert token_status(REMOTE_ADDR="::ffff:127.0.0.1") == 200


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "request_of",
    [
        {"REMOTE_ADDR": "192.168.1.30"},
        {"REMOTE_ADDR": ""},  # a socket file, which a proxy speaks to
        {"HTTP_X_FORWARDED_FOR": "192.168.1.30"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=192.168.1.30"},
        {"HTTP_X_FORWARDED_HOST": "class.test"},
    ],
)
def test_nobody_else_does(request_of: dict[str, str]) -> None:
    assert token_status(**request_of) == 403


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("others", [{"ALLOWED_HOSTS": [*ALONE, "class.test"]}, {"ALLOWED_HOSTS": ["*"]}, {"LAN": True}])
def test_not_even_the_computer_itself_where_others_are_to_reach_it(settings: Settings, others: dict[str, Any]) -> None:
    for name, value in others.items():
        setattr(settings, name, value)

    assert token_status() == 403


@pytest.mark.usefixtures("people")
def test_the_log_in_page_says_why(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]

    page = Client(SERVER_NAME="class.test").post("/accounts/login/", {"login": "admin", "password": "downhill"})

    assert page.status_code == 200
    assert "This password is public" in page.content.decode()


@pytest.mark.usefixtures("people")
def test_it_is_refused_for_everybody_and_every_other_password_is_judged_as_ever(settings: Settings) -> None:
    User.objects.create_user("sam", "downhill")
    settings.LAN = True

    sent = json.dumps({"username": "sam", "password": "downhill"})

    assert Client().post("/api/v1/token/", sent, "application/json", SERVER_NAME="127.0.0.1").status_code == 403
    assert token_status("not it") == 400


def test_nobody_can_choose_it() -> None:
    with pytest.raises(ValidationError, match="Everyone can read this password"):
        validate_password("downhill")


@pytest.mark.usefixtures("people")
def test_whoever_still_has_it_gets_a_new_one_and_what_was_had_with_it_ends() -> None:
    changed = User.objects.get(username="instructor")
    changed.set_password("three plain words")
    changed.save()
    for user in User.objects.filter(username__in=demo.PEOPLE):
        tokens.make(user)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.post("/accounts/login/", {"login": "admin", "password": "downhill"})
    assert browser.get("/admin/").status_code == 200

    fresh = demo.renew_public()

    assert set(fresh) == {"student", "admin"}
    assert list(Token.objects.values_list("user__username", flat=True)) == ["instructor"]
    assert browser.get("/admin/").status_code == 302
    assert token_status(fresh["admin"], REMOTE_ADDR="192.168.1.30") == 200
    assert demo.renew_public() == {}


def test_a_demo_for_others_is_made_without_it(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]

    call_command("seed_demo", "--yes-on-a-real-server")

    assert not any(user.check_password("downhill") for user in User.objects.all())
    assert "downhill" not in capsys.readouterr().out


def test_a_demo_has_no_place_where_others_come_in(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]
    with pytest.raises(CommandError, match="a demo has no place there"):
        call_command("seed_demo")
    assert not User.objects.exists()

    settings.ALLOWED_HOSTS = ALONE
    call_command("seed_demo")
    assert User.objects.get(username="student").check_password("downhill")


def test_new_passwords_are_printed_where_there_is_a_demo(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("admin", "of somebody real")
    with pytest.raises(CommandError, match="There is no demo class here"):
        call_command("demo_passwords")

    Cohort.objects.all().delete()
    demo.make(is_public=True)
    call_command("demo_passwords")

    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert set(printed) == set(demo.PEOPLE)
    assert all(User.objects.get(username=name).check_password(password) for name, password in printed.items())
