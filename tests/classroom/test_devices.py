"""Known devices and client addresses: who is counted as whom, when passwords are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.test import Client, RequestFactory
from pytest_django import Settings

from classroom import devices
from classroom.addresses import client_address, client_network
from classroom.models import Membership
from tests.classroom.test_accounts import HOME, SCHOOL, log_in
from tests.factories import MembershipFactory


def ten_wrong(username: str, **more: Any) -> Any:
    return [log_in(username, f"wrong {n}", **more) for n in range(10)][-1]


def at_home_before(username: str) -> Client:
    """A browser in which somebody has logged in and out again."""
    browser = Client()
    log_in(username, client=browser)
    browser.post("/accounts/logout/")
    return browser


@pytest.mark.services
def test_a_student_locks_nobody_out_of_a_browser_that_they_have_used_before(instructor: Membership) -> None:
    own = at_home_before("ines")

    stranger = ten_wrong("ines")

    assert stranger.status_code == 429
    assert log_in("ines").status_code == 429
    assert log_in("ines", client=own).status_code == 302


def test_a_known_device_has_ten_tries_of_its_own(instructor: Membership) -> None:
    own = at_home_before("ines")

    assert ten_wrong("ines", client=own).status_code == 429
    assert log_in("ines", client=own).status_code == 429
    assert log_in("ines", client=own, address=HOME).status_code == 429
    assert log_in("ines").status_code == 302


def test_a_device_is_known_as_that_of_those_who_logged_in_there_and_of_nobody_else(
    instructor: Membership, student: Membership
) -> None:
    shared = at_home_before("sam")

    assert ten_wrong("ines", client=shared).status_code == 429
    assert log_in("ines").status_code == 429


def test_a_form_that_names_two_people_is_a_strangers(instructor: Membership, student: Membership) -> None:
    browser = at_home_before("sam")
    sent = {"login": "ines", "username": "sam", "password": "wrong"}

    for _ in range(10):
        browser.post("/accounts/login/", sent, REMOTE_ADDR=SCHOOL)

    assert log_in("ines").status_code == 429


def test_a_shared_computer_knows_the_ten_who_came_last(cohort: Any) -> None:
    people = [MembershipFactory(cohort=cohort).user.username for _ in range(12)]
    browser = Client()
    for username in people:
        log_in(username, client=browser)
        browser.post("/accounts/logout/")

    known = [len(log_in(username, "wrong", client=browser).wsgi_request.axes_ip_address) > 15 for username in people]

    assert known == [False] * 2 + [True] * 10


def test_the_cookie_of_a_device_names_nobody_and_outlasts_a_log_out(instructor: Membership) -> None:
    browser = at_home_before("ines")

    cookie = browser.cookies[devices.COOKIE]
    number, mark = signing.loads(cookie.value, salt=devices.SALT)

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(number) == 16
    assert mark not in ("ines", str(instructor.user_id))


def test_a_cookie_that_somebody_made_up_is_no_device(instructor: Membership) -> None:
    browser = Client()
    browser.cookies[devices.COOKIE] = signing.dumps(["0" * 16, "mark"], key="another key", salt=devices.SALT)

    assert ten_wrong("ines", client=browser).status_code == 429
    assert log_in("ines").status_code == 429


def test_joining_makes_a_device_known(cohort: Any) -> None:
    browser = Client()

    browser.post("/join/ACDE-3467", {"username": "nora", "display_name": "Nora", "password": "three plain words"})

    assert devices.COOKIE in browser.cookies


@pytest.mark.pure
@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (2, "1.2.3.4, 198.51.100.9, 203.0.113.7", "198.51.100.9"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "unknown", "10.0.0.1"),
        (1, "203.0.113.7,", "10.0.0.1"),
    ],
)
def test_the_proxies_of_ours_are_believed_and_nobody_else(
    settings: Settings, proxies: int, told: str | None, address: str
) -> None:
    settings.TRUST_PROXY = proxies
    headers = {"X-Forwarded-For": told} if told else {}

    assert client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR="10.0.0.1")) == address


@pytest.mark.pure
def test_a_household_of_ipv6_counts_as_one_and_a_socket_file_as_none() -> None:
    ask = RequestFactory().get

    assert client_network(ask("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")) == "2001:db8:1:2::"
    assert client_network(ask("/", REMOTE_ADDR="203.0.113.7")) == "203.0.113.7"
    assert client_network(ask("/", REMOTE_ADDR="")) == ""


@pytest.mark.parametrize("made_up", ["", "1.2.3.4, ", "10.0.0.1, 10.0.0.2, "])
def test_behind_a_proxy_each_client_is_counted_alone_whatever_it_writes_itself(
    student: Membership, settings: Settings, made_up: str
) -> None:
    settings.TRUST_PROXY = 1

    def ask(client: str, password: str) -> int:
        sent = {"login": "sam", "password": password}
        headers = {"X-Forwarded-For": f"{made_up}{client}"}
        return Client().post("/accounts/login/", sent, REMOTE_ADDR="172.18.0.1", headers=headers).status_code

    wrong = [ask(SCHOOL, f"wrong {n}") for n in range(10)]

    assert wrong[-1] == 429
    assert ask(SCHOOL, "three plain words") == 429
    assert ask(HOME, "three plain words") == 302
